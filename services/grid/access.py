"""Owns who may do what in `grid`: role × action, and the clients' scopes."""

from shared.auth.access import Access, allow, allow_everyone
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

# the register is public: the National Bureau of Statistics publishes it
_REGISTER = allow_everyone(scope="grid.areas:read")

ACCESS: Access = {
    "import_areas": allow("operator", "administrator", scope="grid.areas:write", by_area=False),
    "list_areas": _REGISTER,
    "get_area": _REGISTER,
    "get_area_tree": _REGISTER,
    "list_cases": allow(*_STAFF, scope="grid.cases:read"),
    "get_case": allow(*_STAFF, scope="grid.cases:read"),
    "resolve_case": allow(*_MENDERS, scope="grid.cases:write"),
    "return_case": allow(*_CHECKERS, scope="grid.cases:write"),
    "close_case": allow(*_CHECKERS, scope="grid.cases:write"),
}
