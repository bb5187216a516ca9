"""Owns the making of events for tests; what a test doesn't name has an ordinary value."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.grid import AreaChangedV1, CaseClosedV1, CaseFiledV1
from shared.contracts.inspections import FindingRaisedV1, ReinspectionFailedV1
from shared.ids import new_id

COMMUNITY = "320508019020"
"""三元一村社区, 金阊街道, 姑苏区, 苏州市."""

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def _case(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "case_id": new_id(),
        "case_number": "320508202611230000019",
        "kind": "rectification",
        "case_class": "corridor-clear",
        "area_code": COMMUNITY,
        "title": "楼道堆放杂物",
        "severity": 3,
        "finding_id": new_id(),
        "deadline": NOON,
        "filed_at": NOON,
        "version": 1,
    } | values


def case_filed(**values: Any) -> CaseFiledV1:
    """Return a `case_filed.v1`."""
    return CaseFiledV1(**_case(values))


def case_closed(**values: Any) -> CaseClosedV1:
    """Return a `case_closed.v1`."""
    defaults = {
        "version": 3,
        "resolved_at": NOON,
        "closed_at": NOON,
        "closed_by": new_id(),
        "overdue": False,
        "resolved_by": new_id(),
    }
    return CaseClosedV1(**_case(defaults | values))


def area_changed(**values: Any) -> AreaChangedV1:
    """Return an `area_changed.v1` of a community that goes on for ever."""
    defaults: dict[str, Any] = {
        "area_code": COMMUNITY,
        "name": "三元社区居委会",
        "level": "community",
        "parent_code": COMMUNITY[:9],
        "since": None,
        "until": None,
        "successors": [],
        "version": 2,
    }
    return AreaChangedV1(**(defaults | values))


def finding_raised(**values: Any) -> FindingRaisedV1:
    """Return a `finding_raised.v1`."""
    defaults: dict[str, Any] = {
        "finding_id": new_id(),
        "inspection_id": new_id(),
        "area_code": COMMUNITY,
        "checklist_code": "compound-order",
        "item_code": "corridor-clear",
        "title": "楼道内无堵塞、无堆放杂物",
        "severity": 3,
        "deadline": NOON,
        "raised_at": NOON,
        "version": 1,
        "note": "3 单元二楼楼道堆放纸箱",
    }
    return FindingRaisedV1(**(defaults | values))


def reinspection_failed(**values: Any) -> ReinspectionFailedV1:
    """Return a `reinspection_failed.v1`."""
    defaults: dict[str, Any] = {
        "reinspection_id": new_id(),
        "finding_id": new_id(),
        "case_id": new_id(),
        "area_code": COMMUNITY,
        "title": "楼道内无堵塞、无堆放杂物",
        "opened_at": NOON,
        "version": 2,
        "inspector_id": new_id(),
        "decided_at": NOON,
        "reason": "二楼又堆了纸箱",
        "deadline": NOON,
    }
    return ReinspectionFailedV1(**(defaults | values))
