"""Owns the addresses of compounds and their buildings."""

from services.grid.schemas import compounds as schemas
from services.grid.usecases import buildings, compound_reading, compound_summary, compounds
from services.grid.usecases.compounds import CompoundChange
from shared.http.app import run
from shared.http.auth import caller
from shared.http.etags import ETAG, IfMatch, IfMatchHeader, Tagged, expected_version, tagged
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

COMPOUNDS = Routes("compounds", __name__, description="小区与楼栋 / compounds and buildings")


def _asked(code: str, seen: IfMatchHeader, number: str = "") -> CompoundChange:
    said = seen["if_match"] is not None
    return CompoundChange(code, caller(), expected_version(seen), conditional=said, number=number)


@COMPOUNDS.get("/compounds")
@COMPOUNDS.arguments(accepts(schemas.ListCompounds), location="query")
@COMPOUNDS.response(200, shows(schemas.CompoundPage))
def list_compounds(wanted: schemas.ListCompounds) -> schemas.CompoundPage:
    """Compounds of an area and all under it on a day, by code"""
    return run(compound_reading.list_compounds, wanted, caller())


@COMPOUNDS.get("/summaries/compounds")
@COMPOUNDS.arguments(accepts(schemas.Summarise), location="query")
@COMPOUNDS.response(200, shows(schemas.CompoundSummary))
def summarise_compounds(wanted: schemas.Summarise) -> schemas.CompoundSummary:
    """What the compounds of an area come to: sizes, renewal, coverage, posts, lights, facilities"""
    return run(compound_summary.summarise_compounds, wanted, caller())


@COMPOUNDS.get("/compounds/<code>")
@COMPOUNDS.arguments(accepts(schemas.AsOf), location="query")
@COMPOUNDS.response(200, shows(schemas.CompoundView), headers=ETAG)
def get_compound(wanted: schemas.AsOf, code: str) -> Tagged[schemas.CompoundView]:
    """A compound as it is on a day"""
    return tagged(run(compound_reading.get_compound, code, wanted, caller()))


@COMPOUNDS.put("/compounds/<code>")
@COMPOUNDS.arguments(accepts(schemas.PutCompound))
@COMPOUNDS.arguments(IfMatch, location="headers")
@COMPOUNDS.response(200, shows(schemas.CompoundView), headers=ETAG)
@COMPOUNDS.alt_response(201, schema=shows(schemas.CompoundView), description="New", headers=ETAG)
def put_compound(
    request: schemas.PutCompound, seen: IfMatchHeader, code: str
) -> Tagged[schemas.CompoundView]:
    """Record a compound, or what it is from a day on; for one that exists, send If-Match"""
    put = run(compounds.put_compound, _asked(code, seen), request)
    return tagged(put.view, 201 if put.created else 200)


@COMPOUNDS.get("/compounds/<code>/buildings")
@COMPOUNDS.arguments(accepts(schemas.ListBuildings), location="query")
@COMPOUNDS.response(200, shows(schemas.BuildingPage))
def list_buildings(wanted: schemas.ListBuildings, code: str) -> schemas.BuildingPage:
    """A compound's buildings by number"""
    return run(buildings.list_buildings, code, wanted, caller())


@COMPOUNDS.put("/compounds/<code>/buildings/<number>")
@COMPOUNDS.arguments(accepts(schemas.PutBuilding))
@COMPOUNDS.arguments(IfMatch, location="headers")
@COMPOUNDS.response(200, shows(schemas.BuildingView), headers=ETAG)
@COMPOUNDS.alt_response(201, schema=shows(schemas.BuildingView), description="New", headers=ETAG)
def put_building(
    request: schemas.PutBuilding, seen: IfMatchHeader, code: str, number: str
) -> Tagged[schemas.BuildingView]:
    """Record a building, or change it; for one that exists, send If-Match"""
    put = run(buildings.put_building, _asked(code, seen, number), request)
    return tagged(put.view, 201 if put.created else 200)
