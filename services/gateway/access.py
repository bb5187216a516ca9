"""Owns who may do what in `gateway`: role × action, and the clients' scopes."""

from services.gateway.sign_in_access import SIGN_IN_ACCESS
from shared.auth.access import OWN, Access, allow
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
# accounts are administered for the whole installation, not by area
_ADMINISTRATOR = allow("administrator", by_area=False)

ACCESS: Access = {
    "create_account": _ADMINISTRATOR,
    "import_accounts": _ADMINISTRATOR,
    "list_accounts": _ADMINISTRATOR,
    "get_account": _ADMINISTRATOR,
    "rename_account": _ADMINISTRATOR,
    "grant_role": _ADMINISTRATOR,
    "end_grant": _ADMINISTRATOR,
    "block_account": _ADMINISTRATOR,
    "unblock_account": _ADMINISTRATOR,
    "close_account": _ADMINISTRATOR,
    "give_activation_code": _ADMINISTRATOR,
    "unmask_name": _ADMINISTRATOR,
    "export_account": _ADMINISTRATOR,
    "erase_account": _ADMINISTRATOR,
    "get_own_account": OWN,
    "export_own_account": OWN,
    "list_names": allow(*_STAFF, scope="gateway.people:read"),
    "list_audit": allow("administrator", "operator", by_area=False),
    **SIGN_IN_ACCESS,
}
