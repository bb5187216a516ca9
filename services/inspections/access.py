"""Owns who may do what in `inspections`: role × action, and the clients' scopes."""

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
_INSPECTORS: tuple[Role, ...] = ("inspector", "district_office")

# what is looked at is known to everyone (plan row I02: 公开、公正)
_CHECKLISTS = allow_everyone(scope="inspections.checklists:read")

ACCESS: Access = {
    "get_area": allow_everyone(scope="inspections.checklists:read"),
    "publish_checklist": allow(
        "district_office", "committee", scope="inspections.checklists:write", by_area=False
    ),
    "list_checklists": _CHECKLISTS,
    "get_checklist": _CHECKLISTS,
    # those who are inspected don't record it (plan row I02: separation of roles)
    "record_inspection": allow(*_INSPECTORS, scope="inspections.inspections:write"),
    "get_inspection": allow(*_STAFF, scope="inspections.inspections:read"),
    "list_inspections": allow(*_STAFF, scope="inspections.inspections:read"),
    "get_finding": allow(*_STAFF, scope="inspections.findings:read"),
    "list_findings": allow(*_STAFF, scope="inspections.findings:read"),
    "get_reinspection": allow(*_STAFF, scope="inspections.reinspections:read"),
    "list_reinspections": allow(*_STAFF, scope="inspections.reinspections:read"),
    # of these persons, those who had no part in it: domain/reinspections.py
    "pass_reinspection": allow(*_INSPECTORS, scope="inspections.reinspections:write"),
    "fail_reinspection": allow(*_INSPECTORS, scope="inspections.reinspections:write"),
}
