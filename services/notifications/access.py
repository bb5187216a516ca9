"""Owns who may do what in `notifications`: role × action, and the clients' scopes."""

from shared.auth.access import OWN, Access, Rule, allow
from shared.auth.roles import EVERYONE

# one's own, or an administrator's: the use case tells, as it knows whose it is
_OWN_OR_ADMINISTRATOR = OWN
_OPERATORS = allow("operator", "administrator", by_area=False)

ACCESS: Access = {
    # which messages to a role one sees, the role and its areas decide
    "list_messages": OWN,
    "get_message": OWN,
    "read_message": OWN,
    "get_message_summary": OWN,
    "put_recipient": Rule(
        frozenset(EVERYONE), "notifications.recipients:write", by_area=False, any_person=True
    ),
    "get_recipient": _OWN_OR_ADMINISTRATOR,
    "unmask_recipient": _OWN_OR_ADMINISTRATOR,
    "export_recipient": _OWN_OR_ADMINISTRATOR,
    "erase_recipient": allow("administrator", by_area=False),
    "list_deliveries": _OPERATORS,
    "retry_delivery": _OPERATORS,
}
