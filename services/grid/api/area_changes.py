"""Owns the addresses of the changes of areas: each holds from a day, and another undoes it."""

from uuid import UUID

from services.grid.schemas import area_changes as schemas
from services.grid.usecases import area_changes as changes
from services.grid.usecases import area_history
from services.grid.usecases.area_changes import AreaCommand
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

AREA_CHANGES = Routes("area changes", __name__, description="区划变更 / changes of areas")
View = schemas.AreaChangeView


@AREA_CHANGES.post("/areas")
@AREA_CHANGES.arguments(accepts(schemas.EstablishArea))
@AREA_CHANGES.response(201, shows(View))
def establish_area(request: schemas.EstablishArea) -> View:
    """A new area from a day on; a grid cell gets its number here"""
    return run(changes.establish_area, caller(), request)


@AREA_CHANGES.post("/areas/<code>/rename")
@AREA_CHANGES.arguments(accepts(schemas.RenameArea))
@AREA_CHANGES.response(201, shows(View))
def rename_area(request: schemas.RenameArea, code: str) -> View:
    """Another name from a day on"""
    return run(changes.rename_area, AreaCommand(code, caller()), request)


@AREA_CHANGES.post("/areas/merge")
@AREA_CHANGES.arguments(accepts(schemas.MergeAreas))
@AREA_CHANGES.response(201, shows(View))
def merge_areas(request: schemas.MergeAreas) -> View:
    """Areas become one from a day on; what lies under them goes along"""
    return run(changes.merge_areas, caller(), request)


@AREA_CHANGES.post("/areas/<code>/split")
@AREA_CHANGES.arguments(accepts(schemas.SplitArea))
@AREA_CHANGES.response(201, shows(View))
def split_area(request: schemas.SplitArea, code: str) -> View:
    """An area becomes several from a day on"""
    return run(changes.split_area, AreaCommand(code, caller()), request)


@AREA_CHANGES.post("/areas/<code>/move")
@AREA_CHANGES.arguments(accepts(schemas.MoveArea))
@AREA_CHANGES.response(201, shows(View))
def move_area(request: schemas.MoveArea, code: str) -> View:
    """An area lies in another one from a day on, under a new code"""
    return run(changes.move_area, AreaCommand(code, caller()), request)


@AREA_CHANGES.post("/areas/<code>/abolish")
@AREA_CHANGES.arguments(accepts(schemas.AbolishArea))
@AREA_CHANGES.response(201, shows(View))
def abolish_area(request: schemas.AbolishArea, code: str) -> View:
    """An area ends on a day, and goes on in no other"""
    return run(changes.abolish_area, AreaCommand(code, caller()), request)


@AREA_CHANGES.get("/area-changes")
@AREA_CHANGES.arguments(accepts(schemas.ListAreaChanges), location="query")
@AREA_CHANGES.response(200, shows(schemas.AreaChangePage))
def list_area_changes(wanted: schemas.ListAreaChanges) -> schemas.AreaChangePage:
    """Changes of an area and all under it, the latest recorded first"""
    return read(area_history.list_area_changes, wanted)


@AREA_CHANGES.get("/area-changes/<uuid:change_id>")
@AREA_CHANGES.response(200, shows(View))
def get_area_change(change_id: UUID) -> View:
    """A change and all that it does"""
    return read(area_history.get_area_change, change_id)


@AREA_CHANGES.post("/area-changes/<uuid:change_id>/revert")
@AREA_CHANGES.arguments(accepts(schemas.RevertAreaChange))
@AREA_CHANGES.response(201, shows(View))
def revert_area_change(request: schemas.RevertAreaChange, change_id: UUID) -> View:
    """Undo a change from a day on; on its own day, as if it had never been"""
    return run(changes.revert_area_change, change_id, caller(), request)
