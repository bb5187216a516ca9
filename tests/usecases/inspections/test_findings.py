"""Owns the proof that a finding follows its case in whatever order, and how often, news comes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest

from services.inspections.domain.findings import FindingHasOtherCase, FindingMoveNotAllowed
from services.inspections.schemas import FindingHistoryView, FindingView, ListFindings
from services.inspections.usecases.findings import (
    FindingNotFound,
    get_finding,
    link_case,
    list_findings,
)
from services.inspections.usecases.reinspections import open_reinspection
from shared.contracts.grid import CaseClosedV1, CaseFiledV1
from shared.contracts.inspections import ReinspectionOpenedV1
from shared.database import Transactions
from shared.errors import TooEarly
from shared.ids import new_id
from shared.messaging.envelope import Event
from tests.databases import SetClock
from tests.factories import COMMUNITY, case_closed, case_filed
from tests.observe import outbox_of
from tests.tokens import somebody
from tests.usecases.inspections.stories import (
    NEIGHBOUR,
    NOW,
    finding,
    heard,
    inspected,
    rows,
)

CASE = new_id()
ANYONE = somebody()
CLOSED_AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
HANDLERS: dict[type, Callable[..., None]] = {
    CaseFiledV1: link_case,
    CaseClosedV1: open_reinspection,
}


def filed(raised: FindingView, **values: Any) -> CaseFiledV1:
    return case_filed(finding_id=raised.id, case_id=CASE, **values)


def closed(raised: FindingView, **values: Any) -> CaseClosedV1:
    return case_closed(finding_id=raised.id, case_id=CASE, closed_at=CLOSED_AT, **values)


def deliver(db: Transactions, event: Event) -> bool:
    return db.once(event, HANDLERS[type(event.data)])


def seen(db: Transactions, raised: FindingView) -> FindingHistoryView:
    return db.read(get_finding, raised.id, ANYONE)


def said(db: Transactions) -> list[ReinspectionOpenedV1]:
    return [data for name, data in outbox_of(db) if name == "reinspection_opened.v1"]


def test_a_raised_finding_has_no_case_and_one_step(db: Transactions):
    now = seen(db, finding(db))
    assert (now.state, now.case_id, now.closed_at, now.version) == ("raised", None, None, 1)
    assert [(step.state, step.taken_at) for step in now.steps] == [("raised", NOW)]


def test_a_filed_case_gives_the_finding_its_number_and_puts_it_in_rectification(db: Transactions):
    raised = finding(db)
    deliver(db, heard(filed(raised, case_number="320508202611230000027")))
    now = seen(db, raised)
    assert (now.state, now.case_id, now.case_number) == (
        "in_rectification",
        CASE,
        "320508202611230000027",
    )
    assert said(db) == []


def test_a_closed_case_leaves_the_finding_open_until_it_is_reinspected(db: Transactions):
    raised = finding(db)
    deliver(db, heard(filed(raised)))
    deliver(db, heard(closed(raised)))
    now = seen(db, raised)
    assert (now.state, now.closed_at, now.overdue, now.version) == (
        "awaiting_reinspection",
        None,
        None,
        3,
    )
    assert "finding_closed.v1" not in [name for name, _ in outbox_of(db)]


def test_the_history_tells_every_step_with_the_case_version_that_made_it(
    db: Transactions, clock: SetClock
):
    raised = finding(db)
    clock.set(NOW + timedelta(minutes=1))
    deliver(db, heard(filed(raised)))
    clock.set(NOW + timedelta(days=2))
    deliver(db, heard(closed(raised)))
    steps = [
        (s.finding_version, s.state, s.case_version, s.taken_at) for s in seen(db, raised).steps
    ]
    assert steps == [
        (1, "raised", None, NOW),
        (2, "in_rectification", 1, NOW + timedelta(minutes=1)),
        (3, "awaiting_reinspection", 3, NOW + timedelta(days=2)),
    ]


@pytest.mark.parametrize("order", sorted(set(permutations(("filed", "filed", "closed", "closed")))))
def test_events_in_every_order_and_said_twice_end_in_the_same_state(
    db: Transactions, order: tuple[str, ...]
):
    raised = finding(db)
    data = {"filed": filed(raised), "closed": closed(raised)}
    for name in order:
        deliver(db, heard(data[name]))
    end = replace(seen(db, raised), version=0, steps=[])
    assert end == FindingHistoryView(
        **(
            vars(raised)
            | {
                "state": "awaiting_reinspection",
                "case_id": CASE,
                "case_number": data["closed"].case_number,
                "version": 0,
                "steps": [],
            }
        )
    )
    assert len(said(db)) == 1


@pytest.mark.parametrize("version", [1, 2])
def test_news_no_newer_than_what_was_applied_changes_nothing(db: Transactions, version: int):
    raised = finding(db)
    deliver(db, heard(filed(raised, version=2)))
    before = seen(db, raised)
    deliver(db, heard(closed(raised, version=version)))
    assert seen(db, raised) == before
    assert said(db) == []


def test_a_filing_newer_than_the_close_is_refused_and_changes_nothing(db: Transactions):
    raised = finding(db)
    deliver(db, heard(closed(raised, version=3)))
    before = (seen(db, raised), rows(db))
    with pytest.raises(FindingMoveNotAllowed):
        deliver(db, heard(filed(raised, version=4)))
    assert (seen(db, raised), rows(db)) == before


@pytest.mark.parametrize("make", [case_filed, case_closed])
def test_a_second_case_of_the_same_finding_is_refused_and_changes_nothing(
    db: Transactions, make: Callable[..., Any]
):
    raised = finding(db)
    deliver(db, heard(filed(raised)))
    before = (seen(db, raised), rows(db))
    with pytest.raises(FindingHasOtherCase):
        deliver(db, heard(make(finding_id=raised.id, case_id=new_id(), version=9)))
    assert (seen(db, raised), rows(db)) == before


@pytest.mark.parametrize("make", [case_filed, case_closed])
def test_a_case_that_no_finding_caused_is_none_of_our_business(
    db: Transactions, make: Callable[..., Any]
):
    before = rows(db)
    assert deliver(db, heard(make(finding_id=None)))
    assert rows(db) == before | {"inbox": before["inbox"] + 1}


@pytest.mark.parametrize("make", [case_filed, case_closed])
def test_news_of_a_finding_that_is_not_here_yet_is_too_early_and_stays_unclaimed(
    db: Transactions, make: Callable[..., Any]
):
    before = rows(db)
    with pytest.raises(TooEarly):
        deliver(db, heard(make()))
    assert rows(db) == before


def test_an_event_delivered_twice_is_handled_once(db: Transactions):
    raised = finding(db)
    for event in (heard(filed(raised)), heard(closed(raised))):
        assert [deliver(db, event), deliver(db, event)] == [True, False]
    assert (seen(db, raised).version, len(said(db))) == (3, 1)


def all_at_once(db: Transactions, events: list[Event]) -> list[bool]:
    start = Barrier(len(events))

    def go(event: Event) -> bool:
        start.wait()
        return deliver(db, event)

    with ThreadPoolExecutor(len(events)) as threads:
        return list(threads.map(go, events))


def test_filing_and_close_at_once_end_with_one_reinspection_every_time(db: Transactions):
    first = finding(db)
    for raised in [first, *(inspected(db, "manholes").findings[0] for _ in range(9))]:
        case = {"finding_id": raised.id, "case_id": new_id()}
        assert (
            all_at_once(db, [heard(case_filed(**case)), heard(case_closed(**case))]) == [True] * 2
        )
        now = seen(db, raised)
        assert (now.state, now.case_id) == ("awaiting_reinspection", case["case_id"])
        assert [step.finding_version for step in now.steps] == [*range(1, now.version + 1)]
    assert len(said(db)) == 10


def test_the_same_close_at_once_opens_one_reinspection(db: Transactions):
    raised = finding(db)
    event = heard(closed(raised))
    assert sorted(all_at_once(db, [event] * 4)) == [False] * 3 + [True]
    assert all_at_once(db, [heard(closed(raised)) for _ in range(4)]) == [True] * 4
    assert len(said(db)) == 1
    assert len(seen(db, raised).steps) == 2


def test_the_list_is_newest_first_by_area_and_state(ready_db: Transactions):
    near = inspected(ready_db, "no-parking", "no-piling").findings
    (far,) = inspected(ready_db, "manholes", area_code=NEIGHBOUR).findings
    deliver(ready_db, heard(case_filed(finding_id=near[0].id)))
    deliver(ready_db, heard(case_closed(finding_id=far.id)))

    def listed(**values: Any) -> list[object]:
        page = ready_db.read(list_findings, ListFindings(**values), ANYONE)
        return [view.id for view in page.items]

    assert listed() == listed(area="320508019") == [far.id, near[1].id, near[0].id]
    assert listed(area=COMMUNITY) == [near[1].id, near[0].id]
    assert listed(state="raised") == [near[1].id]
    assert listed(state="in_rectification") == [near[0].id]
    assert listed(state="awaiting_reinspection") == [far.id]
    assert listed(state="awaiting_reinspection", area=COMMUNITY) == []
    assert listed(state="closed") == []
    first = ready_db.read(list_findings, ListFindings(limit=2), ANYONE)
    assert listed(after=first.next) == [near[0].id]
    due = sorted([*near, far], key=lambda one: one.deadline)
    assert listed(sort="deadline") == [one.id for one in due]
    assert listed(sort="deadline", state="raised") == [near[1].id]


def test_an_unknown_finding_is_not_found(db: Transactions):
    with pytest.raises(FindingNotFound):
        db.read(get_finding, new_id(), ANYONE)
