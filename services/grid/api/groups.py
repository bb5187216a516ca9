"""Owns the addresses of groups: zones, joint committees, resident groups, sectors."""

from services.grid.schemas import groups as schemas
from services.grid.schemas.compounds import AsOf
from services.grid.usecases import assignments, groups
from services.grid.usecases.groups import GroupChange
from shared.http.app import run
from shared.http.auth import caller
from shared.http.etags import ETAG, IfMatch, IfMatchHeader, Tagged, expected_version, tagged
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

GROUPS = Routes("groups", __name__, description="管区、联工委、居民小组、片区 / zones and groups")


def _asked(code: str, seen: IfMatchHeader) -> GroupChange:
    said = seen["if_match"] is not None
    return GroupChange(code, caller(), expected_version(seen), conditional=said)


@GROUPS.get("/groups")
@GROUPS.arguments(accepts(schemas.ListGroups), location="query")
@GROUPS.response(200, shows(schemas.GroupPage))
def list_groups(wanted: schemas.ListGroups) -> schemas.GroupPage:
    """Groups of an area and all under it on a day, by code"""
    return run(groups.list_groups, wanted, caller())


@GROUPS.get("/groups/<code>")
@GROUPS.arguments(accepts(AsOf), location="query")
@GROUPS.response(200, shows(schemas.GroupView), headers=ETAG)
def get_group(wanted: AsOf, code: str) -> Tagged[schemas.GroupView]:
    """A group and its members as they are on a day"""
    return tagged(run(groups.get_group, code, wanted, caller()))


@GROUPS.put("/groups/<code>")
@GROUPS.arguments(accepts(schemas.PutGroup))
@GROUPS.arguments(IfMatch, location="headers")
@GROUPS.response(200, shows(schemas.GroupView), headers=ETAG)
@GROUPS.alt_response(201, schema=shows(schemas.GroupView), description="New", headers=ETAG)
def put_group(
    request: schemas.PutGroup, seen: IfMatchHeader, code: str
) -> Tagged[schemas.GroupView]:
    """Set up a group, or say all its members from a day on; for one that exists, send If-Match"""
    put = run(groups.put_group, _asked(code, seen), request)
    return tagged(put.view, 201 if put.created else 200)


@GROUPS.get("/assignments/findings")
@GROUPS.arguments(accepts(schemas.FindAssignments), location="query")
@GROUPS.response(200, shows(schemas.AssignmentFindings))
def list_assignment_findings(wanted: schemas.FindAssignments) -> schemas.AssignmentFindings:
    """Compounds, joint committees and communities that are assigned to nobody on a day"""
    return run(assignments.list_assignment_findings, wanted, caller())
