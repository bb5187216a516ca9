"""Owns what the tests of volunteers begin with: communities, a volunteer, an activity, a case."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.volunteers.schemas.activities import ActivityView, PublishActivity
from services.volunteers.schemas.attendance import SignUpView, WithCode
from services.volunteers.schemas.volunteers import OwnVolunteerView, RegisterVolunteer
from services.volunteers.usecases.activities import get_check_in_code, publish_activity
from services.volunteers.usecases.attendance import Outcome, check_in, check_out
from services.volunteers.usecases.cases import learn_case
from services.volunteers.usecases.sign_ups import sign_up
from services.volunteers.usecases.volunteers import register_volunteer
from shared.contracts.grid import (
    AreasImportedV1,
    AreaState,
    CaseClosedV1,
    CaseDispatchedV1,
    CaseReopenedV1,
    OwnerState,
)
from shared.database import Transactions
from shared.errors import Rejected
from shared.ids import new_id
from shared.messaging.envelope import Event
from shared.messaging.topology import event_of
from shared.register.learning import learn_areas
from tests.factories import COMMUNITY
from tests.tokens import somebody

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
START = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
NEIGHBOUR = "320508019019"
SECRETARY = UUID("01931f6a-2c40-7c11-9d0e-5b1f6a2c4001")
ID_NUMBER = "11010519491231002X"
"""The example of GB 11643."""


def ready(db: Transactions) -> None:
    """Give the service two communities."""
    named = ((COMMUNITY, "三元一村社区居委会"), (NEIGHBOUR, "白莲社区居委会"))
    areas = [AreaState(code=code, name=n, level="community", version=1) for code, n in named]
    db.run(learn_areas, [AreasImportedV1(import_id=new_id(), areas=areas)])


def registered(
    db: Transactions, person: UUID | None = None, name: str = "朱婷", **values: Any
) -> OwnVolunteerView:
    """Register somebody as a volunteer of 三元一村."""
    request = RegisterVolunteer(**({"area_code": COMMUNITY, "real_name": name} | values))
    return db.run(register_volunteer, request, somebody(subject=person or new_id()))


def activity(**values: Any) -> PublishActivity:
    """Return a request to publish a clean-up of two hours on Saturday morning."""
    defaults: dict[str, Any] = {
        "area_code": COMMUNITY,
        "kind": "environment_cleanup",
        "title": "3 单元楼道清理",
        "place": "三元一村 12 幢 3 单元",
        "starts_at": START,
        "ends_at": END,
        "places": 5,
    }
    return PublishActivity(**(defaults | values))


def published(db: Transactions, **values: Any) -> ActivityView:
    """Publish an activity."""
    return db.run(publish_activity, activity(**values), somebody(subject=SECRETARY))


def signed_up(db: Transactions, person: UUID, activity_id: UUID) -> SignUpView:
    """Sign somebody up."""
    return db.run(sign_up, activity_id, somebody(subject=person))


def code_of(db: Transactions, activity_id: UUID) -> str:
    """Return what the organiser shows on the spot."""
    return db.read(get_check_in_code, activity_id, somebody()).code


def other_than(code: str) -> str:
    """Return a wrong code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def checks_in(
    db: Transactions, person: UUID, activity_id: UUID, code: str | None = None
) -> Outcome:
    """Let somebody check in, with the right code when none is given."""
    said = WithCode(code=code or code_of(db, activity_id))
    return db.run(check_in, activity_id, said, somebody(subject=person))


def checks_out(
    db: Transactions, person: UUID, activity_id: UUID, code: str | None = None
) -> Outcome:
    """Let somebody check out, with the right code when none is given."""
    said = WithCode(code=code or code_of(db, activity_id))
    return db.run(check_out, activity_id, said, somebody(subject=person))


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
        "deadline": NOW,
        "filed_at": NOW,
        "version": 2,
        "territorial": _owner("三元一村社区书记"),
        "functional": _owner("物业管理"),
    } | values


def _owner(name: str) -> OwnerState:
    return OwnerState(
        post_id=new_id(),
        post_code="sanyuan1",
        post_name=name,
        first_responsible_id=new_id(),
        directly_responsible_id=new_id(),
    )


def case_dispatched(**values: Any) -> CaseDispatchedV1:
    """Return a `case_dispatched.v1`."""
    return CaseDispatchedV1(**_case(values), dispatched_at=NOW, dispatched_by=None)


def case_reopened(**values: Any) -> CaseReopenedV1:
    """Return a `case_reopened.v1`."""
    return CaseReopenedV1(**_case({"version": 5} | values), reopened_at=NOW, reason="复查未通过")


def case_closed(**values: Any) -> CaseClosedV1:
    """Return a `case_closed.v1`."""
    more = {"resolved_at": NOW, "closed_at": NOW, "closed_by": new_id(), "overdue": False}
    return CaseClosedV1(**_case({"version": 4} | values), **more)


def deliver(db: Transactions, data: Any) -> bool:
    """Let the service hear of a case."""
    known = event_of(type(data))
    queue = known.queue_of("volunteers")
    return db.once(Event(queue, new_id(), known.name, NOW, {}, b"", data), learn_case)


def dispatched(db: Transactions, **values: Any) -> UUID:
    """Let the service hear of a dispatched case; return its id."""
    event = case_dispatched(**values)
    deliver(db, event)
    return event.case_id


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs in threads that start together; return what each returned, or its refusal."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return job()
        except Rejected as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def execute(db: Transactions, statement: str, **values: Any) -> None:
    """Change rows as one can who owns the database."""
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


def rows(db: Transactions, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return what a query finds."""
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


_TABLES = (
    "volunteers",
    "activities",
    "sign_ups",
    "sign_up_steps",
    "attendances",
    "hours_entries",
    "cases",
    "outbox",
    "audit_log",
    "person_keys",
)


def counts(db: Transactions) -> dict[str, int]:
    """Return the number of rows of every table that work writes to."""
    return {table: rows(db, f"SELECT count(*) FROM {table}")[0][0] for table in _TABLES}
