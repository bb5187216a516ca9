"""Owns who may do what in `grid`: role × action, and the clients' scopes."""

from shared.auth.access import PUBLIC, Access, allow, allow_everyone
from shared.auth.roles import Role

_STAFF: tuple[Role, ...] = (
    "grid_officer",
    "community_secretary",
    "zone_secretary",
    "street_office",
    "department_handler",
    "inspector",
    "district_office",
    "committee",
)
_MENDERS: tuple[Role, ...] = (
    "grid_officer",
    "community_secretary",
    "street_office",
    "department_handler",
)
_CHECKERS: tuple[Role, ...] = (
    "grid_officer",
    "community_secretary",
    "zone_secretary",
    "street_office",
    "district_office",
)

_VERIFIERS: tuple[Role, ...] = ("grid_officer", "community_secretary")
_DISPATCHERS: tuple[Role, ...] = (
    "community_secretary",
    "zone_secretary",
    "street_office",
    "district_office",
)

_RECORDERS: tuple[Role, ...] = ("community_secretary", "street_office", "district_office")

# who answers for what is no secret among those who work here; persons are ids
_POSTS = allow(*_STAFF, scope="grid.posts:read", by_area=False)

# communities and above by the district, cells by the street too (domain/area_changes.py)
_REORGANISE = allow("street_office", "district_office", scope="grid.areas:change")

# the register is public: the National Bureau of Statistics publishes it
_REGISTER = allow_everyone(scope="grid.areas:read")

_DRAWERS: tuple[Role, ...] = ("street_office", "district_office")

ACCESS: Access = {
    "import_areas": allow("operator", "administrator", scope="grid.areas:write", by_area=False),
    "list_areas": _REGISTER,
    "get_area": _REGISTER,
    "get_area_tree": _REGISTER,
    "establish_area": _REORGANISE,
    "rename_area": _REORGANISE,
    "merge_areas": _REORGANISE,
    "split_area": _REORGANISE,
    "move_area": _REORGANISE,
    "abolish_area": _REORGANISE,
    "revert_area_change": _REORGANISE,
    "list_area_changes": _REGISTER,
    "get_area_change": _REGISTER,
    "list_compounds": allow(*_STAFF, scope="grid.compounds:read"),
    "get_compound": allow(*_STAFF, scope="grid.compounds:read"),
    "summarise_compounds": allow(*_STAFF, scope="grid.compounds:read"),
    "put_compound": allow(*_RECORDERS, scope="grid.compounds:write"),
    "list_buildings": allow(*_STAFF, scope="grid.compounds:read"),
    "put_building": allow(*_RECORDERS, scope="grid.compounds:write"),
    "list_groups": allow(*_STAFF, scope="grid.groups:read"),
    "get_group": allow(*_STAFF, scope="grid.groups:read"),
    # zones only by the offices: domain/groups.py
    "put_group": allow(*_RECORDERS, scope="grid.groups:write"),
    "list_assignment_findings": allow(*_STAFF, scope="grid.groups:read"),
    "import_boundaries": allow(*_DRAWERS, scope="grid.boundaries:write"),
    "list_boundaries": allow(*_DRAWERS, scope="grid.boundaries:read"),
    "get_boundary": allow(*_DRAWERS, scope="grid.boundaries:read"),
    "cell_at": allow(*_STAFF, scope="grid.boundaries:read", by_area=False),
    "list_posts": _POSTS,
    "get_post": _POSTS,
    "put_post": allow("street_office", "district_office", scope="grid.posts:write"),
    "appoint_holder": allow("street_office", "district_office", scope="grid.posts:write"),
    "get_owners": _POSTS,
    "get_joint_handling": _POSTS,
    "get_matrix": _POSTS,
    "list_matrix_lines": _POSTS,
    "list_findings": _POSTS,
    "activate_matrix": allow("district_office", scope="grid.posts:write"),
    "list_population": allow(*_STAFF, scope="grid.population:read"),
    "list_population_figures": allow(*_STAFF, scope="grid.population:read"),
    "record_population": allow(
        "community_secretary", "street_office", scope="grid.population:write"
    ),
    "approve_population": allow("street_office", "district_office"),
    "refuse_population": allow("street_office", "district_office"),
    "list_cases": allow(*_STAFF, scope="grid.cases:read"),
    "get_case": allow(*_STAFF, scope="grid.cases:read"),
    "file_case": allow(*_VERIFIERS, scope="grid.cases:write"),
    "refuse_case": allow(*_VERIFIERS, scope="grid.cases:write"),
    "dispatch_case": allow(*_DISPATCHERS, scope="grid.cases:write"),
    "resolve_case": allow(*_MENDERS, scope="grid.cases:write"),
    "return_case": allow(*_CHECKERS, scope="grid.cases:write"),
    "close_case": allow(*_CHECKERS, scope="grid.cases:write"),
    # then the row of the subject decides: put_post of posts, record_population of population
    "import_sheet": allow("community_secretary", "street_office", "district_office"),
    "export_sheet": allow_everyone(),
    "report_problem": PUBLIC,
    "get_report": PUBLIC,
}
