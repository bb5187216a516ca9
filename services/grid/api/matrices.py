"""Owns the addresses of the responsibility matrix: what is wrong, what holds, who answers."""

from services.grid.domain.matrices import EffectiveInThePast, MatrixHasErrors
from services.grid.findings_report import findings_report
from services.grid.schemas import matrices as schemas
from services.grid.usecases import linting, matrices, owning
from services.grid.usecases.matrices import Activation
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.etags import ETAG, IfMatch, IfMatchHeader, Tagged, expected_version
from shared.http.openapi_problems import refuses
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

MATRICES = Routes("matrices", __name__, description="责任矩阵 / the responsibility matrix")

MATRICES.register_error_handler(MatrixHasErrors, findings_report)


def _tagged(view: schemas.MatrixView) -> Tagged[schemas.MatrixView]:
    """Return an activation with the tag of the last one, which the next has to have seen."""
    return view, 200, {"ETag": f'"{view.latest}"'}


@MATRICES.get("/owners")
@MATRICES.arguments(accepts(schemas.ShowOwners), location="query")
@MATRICES.response(200, shows(schemas.OwnersView))
def get_owners(wanted: schemas.ShowOwners) -> schemas.OwnersView:
    """Who answers for a class of cases in an area on a day, by place and by subject"""
    return run(owning.get_owners, wanted)


@MATRICES.get("/owners/joint")
@MATRICES.arguments(accepts(schemas.ShowOwners), location="query")
@MATRICES.response(200, shows(schemas.JointHandlingView))
def get_joint_handling(wanted: schemas.ShowOwners) -> schemas.JointHandlingView:
    """Who takes part where several units are needed: who leads, assists and coordinates"""
    return run(owning.get_joint_handling, wanted)


@MATRICES.get("/matrices/<district_code>")
@MATRICES.arguments(accepts(schemas.ShowMatrix), location="query")
@MATRICES.response(200, shows(schemas.MatrixView), headers=ETAG)
def get_matrix(wanted: schemas.ShowMatrix, district_code: str) -> Tagged[schemas.MatrixView]:
    """The matrix that a district activated last, or that is in force on a day"""
    return _tagged(read(matrices.get_matrix, district_code, wanted.on))


@MATRICES.get("/matrices/<district_code>/lines")
@MATRICES.arguments(accepts(schemas.ListLines), location="query")
@MATRICES.response(200, shows(schemas.LinePage))
def list_matrix_lines(wanted: schemas.ListLines, district_code: str) -> schemas.LinePage:
    """Its lines: which post answers for which area and class"""
    return read(matrices.list_matrix_lines, district_code, wanted)


@MATRICES.get("/matrices/<district_code>/findings")
@MATRICES.arguments(accepts(schemas.ShowFindings), location="query")
@MATRICES.response(200, shows(schemas.FindingsView))
def list_findings(wanted: schemas.ShowFindings, district_code: str) -> schemas.FindingsView:
    """What the posts of a district (or a city, or an area in it) have wrong on the days ahead"""
    return run(linting.list_findings, district_code, wanted)


@MATRICES.post("/matrices/<district_code>/activate")
@MATRICES.arguments(accepts(schemas.ActivateMatrix))
@MATRICES.arguments(IfMatch, location="headers")
@MATRICES.response(200, shows(schemas.MatrixView), headers=ETAG)
@refuses(MatrixHasErrors, EffectiveInThePast)
def activate_matrix(
    request: schemas.ActivateMatrix, seen: IfMatchHeader, district_code: str
) -> Tagged[schemas.MatrixView]:
    """Let what the posts declare hold from a day on; with an error in it nothing changes"""
    said = seen["if_match"] is not None
    asked = Activation(district_code, caller(), expected_version(seen), conditional=said)
    return _tagged(run(matrices.activate_matrix, asked, request))
