"""Owns the HTTP door of `grid`: which address runs which use case."""

from uuid import UUID

from services.grid import schemas
from services.grid.domain.areas import AreaTree
from services.grid.domain.register_rows import RegisterRefused
from services.grid.uploads import REQUEST_BODY, row_report, uploaded_register
from services.grid.usecases import areas, case_reading, cases, imports
from services.grid.usecases.cases import CaseMove
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.etags import (
    ETAG,
    IfMatch,
    IfMatchHeader,
    Tagged,
    expected_version,
    fingerprinted,
    tagged,
)
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

AREAS = Routes("areas", __name__, description="区划登记册 / the register of areas")
CASES = Routes("cases", __name__, description="案件 / cases")
BLUEPRINTS = [AREAS, CASES]

AREAS.register_error_handler(RegisterRefused, row_report)


@AREAS.post("/areas/imports")
@AREAS.doc(requestBody=REQUEST_BODY)
@AREAS.response(201, shows(schemas.ImportReport))
def import_areas() -> schemas.ImportReport:
    """Load a register file: all of it, or nothing and a report by row"""
    with uploaded_register() as file:
        return run(imports.import_areas, file)


@AREAS.get("/areas")
@AREAS.arguments(accepts(schemas.ListAreas), location="query")
@AREAS.response(200, shows(schemas.AreaPage))
def list_areas(wanted: schemas.ListAreas) -> schemas.AreaPage:
    """The provinces, the areas right under one, or a search by name and level"""
    return read(areas.list_areas, wanted)


@AREAS.get("/areas/<code>")
@AREAS.response(200, shows(schemas.AreaView), headers=ETAG)
def get_area(code: str) -> Tagged[schemas.AreaView]:
    """An area with those it lies in"""
    return fingerprinted(read(areas.get_area, code))


@AREAS.get("/areas/<code>/tree")
@AREAS.arguments(accepts(schemas.Depth), location="query")
@AREAS.response(200, shows(AreaTree))
def get_area_tree(within: schemas.Depth, code: str) -> AreaTree:
    """An area and those under it, nested"""
    return read(areas.get_area_tree, code, within.depth)


@CASES.get("/cases")
@CASES.arguments(accepts(schemas.ListCases), location="query")
@CASES.response(200, shows(schemas.CasePage))
def list_cases(wanted: schemas.ListCases) -> schemas.CasePage:
    """Cases of an area and all under it, the newest first"""
    return read(case_reading.list_cases, wanted, caller())


@CASES.get("/cases/<uuid:case_id>")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def get_case(case_id: UUID) -> Tagged[schemas.CaseView]:
    """A case with its history"""
    return tagged(read(case_reading.get_case, case_id, caller()))


@CASES.post("/cases/<uuid:case_id>/resolve")
@CASES.arguments(accepts(schemas.ResolveCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def resolve_case(
    request: schemas.ResolveCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Report the problem as mended"""
    move = CaseMove(case_id, caller(), expected_version(seen))
    return tagged(run(cases.resolve_case, move, request))


@CASES.post("/cases/<uuid:case_id>/return")
@CASES.arguments(accepts(schemas.ReturnCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def return_case(
    request: schemas.ReturnCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Give the case back after a check on the spot"""
    move = CaseMove(case_id, caller(), expected_version(seen))
    return tagged(run(cases.return_case, move, request))


@CASES.post("/cases/<uuid:case_id>/close")
@CASES.arguments(accepts(schemas.CloseCase))
@CASES.arguments(IfMatch, location="headers")
@CASES.response(200, shows(schemas.CaseView), headers=ETAG)
def close_case(
    request: schemas.CloseCase, seen: IfMatchHeader, case_id: UUID
) -> Tagged[schemas.CaseView]:
    """Close the case after a check on the spot by another person"""
    move = CaseMove(case_id, caller(), expected_version(seen))
    return tagged(run(cases.close_case, move, request))
