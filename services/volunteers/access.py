"""Owns who may do what in `volunteers`: role × action, and the clients' scopes."""

from shared.auth.access import OWN, Access, allow, allow_everyone
from shared.auth.roles import Role

_ORGANISERS: tuple[Role, ...] = ("community_secretary", "street_office", "district_office")
_STAFF: tuple[Role, ...] = (*_ORGANISERS, "zone_secretary", "committee")

# who may come must know of it, wherever they live
_ACTIVITIES = allow_everyone(scope="volunteers.activities:read")
_ORGANISE = allow(*_ORGANISERS, scope="volunteers.activities:write")
# who comes where is between the person and the organisers: no other system sees it
_WHO_COMES = allow(*_ORGANISERS)
# one serves where one likes
_SERVE = allow("resident", "volunteer", by_area=False)

ACCESS: Access = {
    # one registers where one's role holds
    "register_volunteer": allow("resident", "volunteer"),
    "list_volunteers": allow(*_ORGANISERS, scope="volunteers.volunteers:read"),
    "get_volunteer": allow(*_ORGANISERS, scope="volunteers.volunteers:read"),
    "unmask_volunteer": allow(*_ORGANISERS),
    "erase_volunteer": allow("administrator", by_area=False),
    "get_own_volunteer": OWN,
    "export_own_volunteer": OWN,
    "list_activity_kinds": _ACTIVITIES,
    "list_activities": _ACTIVITIES,
    "get_activity": _ACTIVITIES,
    "publish_activity": _ORGANISE,
    "cancel_activity": _ORGANISE,
    "list_sign_ups": _WHO_COMES,
    "get_check_in_code": _WHO_COMES,
    "renew_check_in_code": _WHO_COMES,
    "sign_up": _SERVE,
    "withdraw_sign_up": _SERVE,
    "check_in": _SERVE,
    "check_out": _SERVE,
    "list_own_sign_ups": OWN,
    "list_own_hours": OWN,
    "list_hours": allow(*_STAFF, scope="volunteers.hours:read"),
    "list_audit": allow("administrator", "operator", by_area=False),
}
