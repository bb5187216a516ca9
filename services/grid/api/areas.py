"""Owns the addresses of the area register."""

from services.grid.domain.areas import AreaTree
from services.grid.domain.register_rows import RegisterRefused
from services.grid.schemas import areas as schemas
from services.grid.uploads import REQUEST_BODY, row_report, uploaded_register
from services.grid.usecases import areas, imports
from shared.http.app import run
from shared.http.etags import ETAG, Tagged, fingerprinted
from shared.http.openapi_problems import refuses
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.sheets.limits import OldWorkbook, SheetTooLarge, SheetUnreadable
from shared.sheets.reading import SheetEmpty

AREAS = Routes("areas", __name__, description="区划登记册 / the register of areas")
AREAS.register_error_handler(RegisterRefused, row_report)


@AREAS.post("/areas/imports")
@AREAS.doc(requestBody=REQUEST_BODY)
@AREAS.response(201, shows(schemas.ImportReport))
@refuses(SheetEmpty, SheetTooLarge, SheetUnreadable, OldWorkbook)
def import_areas() -> schemas.ImportReport:
    """Load a register file: all of it, or nothing and a report by row"""
    with uploaded_register() as file:
        return run(imports.import_areas, file)


@AREAS.get("/areas")
@AREAS.arguments(accepts(schemas.ListAreas), location="query")
@AREAS.response(200, shows(schemas.AreaPage))
def list_areas(wanted: schemas.ListAreas) -> schemas.AreaPage:
    """The provinces, the areas right under one, or a search by name and level"""
    return run(areas.list_areas, wanted)


@AREAS.get("/areas/<code>")
@AREAS.arguments(accepts(schemas.OnDay), location="query")
@AREAS.response(200, shows(schemas.AreaView), headers=ETAG)
def get_area(asked: schemas.OnDay, code: str) -> Tagged[schemas.AreaView]:
    """An area with those it lies in, as of a day"""
    return fingerprinted(run(areas.get_area, code, asked))


@AREAS.get("/areas/<code>/tree")
@AREAS.arguments(accepts(schemas.Depth), location="query")
@AREAS.response(200, shows(AreaTree))
def get_area_tree(within: schemas.Depth, code: str) -> AreaTree:
    """An area and those under it, nested"""
    return run(areas.get_area_tree, code, within)
