"""Owns what the tests of inspections begin with: an area, a checklist, an inspection, an event."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.inspections.schemas import (
    ChecklistItemRequest,
    FindingView,
    InspectionDetailView,
    ItemResultRequest,
    PublishChecklist,
    RecordInspection,
)
from services.inspections.usecases import checklists, inspections
from services.inspections.usecases.reinspections import open_reinspection
from shared.contracts.grid import AreasImportedV1, AreaState
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging.envelope import Event
from shared.messaging.topology import event_of
from shared.register.learning import learn_areas
from tests.factories import COMMUNITY, case_closed
from tests.observe import outbox_of
from tests.tokens import somebody

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 1, 20, tzinfo=UTC)
NEIGHBOUR = "320508019019"
INSPECTOR = UUID("01931f6a-2c40-7c11-9d0e-5b1f6a2c4001")

PARKING = ChecklistItemRequest(
    code="no-parking", title="无乱停乱放现象", severity=2, points=10, rectify_within_days=3
)
PILING = ChecklistItemRequest(
    code="no-piling", title="无乱堆乱放现象", severity=3, points=15, rectify_within_days=5
)
MANHOLES = ChecklistItemRequest(
    code="manholes", title="窨井设施完好", severity=5, points=25, rectify_within_days=1
)


def area(code: str = COMMUNITY, name: str = "三元一村社区居委会", version: int = 1) -> AreaState:
    """Return a community of the register."""
    return AreaState(code=code, name=name, level="community", version=version)


def imported(*states: AreaState) -> AreasImportedV1:
    """Return an `areas_imported.v1`."""
    return AreasImportedV1(import_id=new_id(), areas=list(states))


def checklist(*items: ChecklistItemRequest, title: str = "小区环境秩序检查表") -> PublishChecklist:
    """Return a request to publish `compound-order`, with all three items when none is given."""
    return PublishChecklist(
        code="compound-order", title=title, items=list(items or (PARKING, PILING, MANHOLES))
    )


def inspection(*failed: str, **values: Any) -> RecordInspection:
    """Return a request to record an inspection in which the named items failed."""
    defaults: dict[str, Any] = {
        "area_code": COMMUNITY,
        "checklist_code": "compound-order",
        "mode": "open",
        "inspected_at": MORNING,
        "results": [result(code, code not in failed) for code in ("manholes", *_OTHERS)],
    }
    return RecordInspection(**(defaults | values))


_OTHERS = ("no-piling", "no-parking")


def result(code: str, passed: bool = True, note: str | None = None) -> ItemResultRequest:
    """Return what was seen of an item; a failed one has a note unless another is given."""
    said = ("" if passed else f"{code} 不合格") if note is None else note
    return ItemResultRequest(item_code=code, passed=passed, note=said)


def ready(db: Transactions) -> None:
    """Give the service two communities and the checklist, so that inspections can come."""
    db.run(learn_areas, [imported(area(), area(NEIGHBOUR, "白莲社区居委会"))])
    db.run(checklists.publish_checklist, checklist())


def inspected(db: Transactions, *failed: str, **values: Any) -> InspectionDetailView:
    """Record an inspection in which the named items failed."""
    request = inspection(*failed, **values)
    return db.run(inspections.record_inspection, request, somebody(subject=INSPECTOR))


def finding(db: Transactions) -> FindingView:
    """Raise one finding in a fresh database."""
    ready(db)
    (raised,) = inspected(db, "no-piling").findings
    return raised


def reinspection(db: Transactions, raised: FindingView, **close: Any) -> UUID:
    """Close the case of a finding, and return the re-inspection that it opened."""
    db.once(heard(case_closed(**({"finding_id": raised.id} | close))), open_reinspection)
    (_, opened) = outbox_of(db)[-1]
    return UUID(str(opened.reinspection_id))


def heard(data: Any, event_id: UUID | None = None) -> Event:
    """Return the event as the worker of inspections gets it."""
    known = event_of(type(data))
    queue = known.queue_of("inspections")
    return Event(queue, event_id or new_id(), known.name, NOW, {}, b"", data)


_TABLES = (
    "areas",
    "checklists",
    "checklist_versions",
    "checklist_items",
    "inspections",
    "inspection_results",
    "findings",
    "finding_steps",
    "reinspections",
    "outbox",
    "inbox",
)


def rows(db: Transactions) -> dict[str, int]:
    """Return the number of rows of every table that work writes to."""
    with db.engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in _TABLES
        }
