"""Owns the addresses of cases."""

from uuid import UUID

from services.grid.schemas import cases as schemas
from services.grid.usecases import case_reading, cases, dispatching, filing, reports
from services.grid.usecases.case_records import CaseMove
from shared.http.app import run
from shared.http.auth import caller
from shared.http.etags import ETAG, IfMatch, IfMatchHeader, Tagged, expected_version, tagged
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

CASES = Routes("cases", __name__, description="案件 / cases")


def _asked(case_id: UUID, seen: IfMatchHeader) -> CaseMove:
    return CaseMove(case_id, caller(), expected_version(seen))


@CASES.get("/cases")
@CASES.arguments(accepts(schemas.ListCases), location="query")
@CASES.response(200, shows(schemas.CasePage))
def list_cases(wanted: schemas.ListCases) -> schemas.CasePage:
    """Cases of an area and all under it: the newest first, or in another order"""
    return run(case_reading.list_cases, wanted, caller())


@CASES.get("/cases/<uuid:case_id>")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def get_case(case_id: UUID) -> Tagged[schemas.CaseView]:
    """A case with its history"""
    return tagged(run(case_reading.get_case, case_id, caller()))


@CASES.post("/cases/<uuid:case_id>/file")
@CASES.arguments(accepts(schemas.FileCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def file_case(
    request: schemas.FileCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Take a report up after a look on the spot"""
    return tagged(run(filing.file_case, _asked(case_id, seen), request))


@CASES.post("/cases/<uuid:case_id>/refuse")
@CASES.arguments(accepts(schemas.RefuseCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def refuse_case(
    request: schemas.RefuseCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Not take a report up, with a reason that whoever reported it can read"""
    return tagged(run(reports.refuse_case, _asked(case_id, seen), request))


@CASES.post("/cases/<uuid:case_id>/dispatch")
@CASES.arguments(accepts(schemas.DispatchCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def dispatch_case(
    request: schemas.DispatchCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Give the case its two owners: the posts named, or those that the matrix finds"""
    return tagged(run(dispatching.dispatch_case, _asked(case_id, seen), request))


@CASES.post("/cases/<uuid:case_id>/resolve")
@CASES.arguments(accepts(schemas.ResolveCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def resolve_case(
    request: schemas.ResolveCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Report the problem as mended"""
    return tagged(run(cases.resolve_case, _asked(case_id, seen), request))


@CASES.post("/cases/<uuid:case_id>/return")
@CASES.arguments(accepts(schemas.ReturnCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def return_case(
    request: schemas.ReturnCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Give the case back after a check on the spot"""
    return tagged(run(cases.return_case, _asked(case_id, seen), request))


@CASES.post("/cases/<uuid:case_id>/close")
@CASES.arguments(accepts(schemas.CloseCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def close_case(
    request: schemas.CloseCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Close the case after a check on the spot by another person"""
    return tagged(run(cases.close_case, _asked(case_id, seen), request))
