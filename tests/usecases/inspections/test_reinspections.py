"""Owns the proof of the last round: another inspector looks, and only then a finding is closed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import permutations
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.inspections.domain.reinspections import (
    NotIndependent,
    ReinspectedByChecker,
    ReinspectedByFirstInspector,
    ReinspectedByRectifier,
    ReinspectedByResponsible,
    ReinspectionDecided,
)
from services.inspections.schemas import (
    FailReinspection,
    FindingHistoryView,
    FindingView,
    ListReinspections,
    PassReinspection,
    ReinspectionView,
)
from services.inspections.usecases.findings import get_finding, link_case
from services.inspections.usecases.inspections import record_inspection
from services.inspections.usecases.reinspection_reading import (
    ReinspectionNotFound,
    get_reinspection,
    list_reinspections,
)
from services.inspections.usecases.reinspections import (
    ReinspectionMove,
    fail_reinspection,
    open_reinspection,
    pass_reinspection,
)
from shared.contracts.grid import CaseClosedV1, OwnerState
from shared.contracts.inspections import (
    FindingClosedV1,
    ReinspectionFailedV1,
    ReinspectionOpenedV1,
    ReinspectionPassedV1,
)
from shared.database import Transactions
from shared.errors import Rejected
from shared.http.etags import Stale
from shared.ids import new_id
from shared.messaging.leap import STEP, leap
from tests.databases import SetClock
from tests.factories import COMMUNITY, case_closed, case_filed
from tests.observe import outbox_of
from tests.tokens import somebody
from tests.usecases.inspections.stories import (
    INSPECTOR,
    NEIGHBOUR,
    NOW,
    finding,
    heard,
    inspected,
    inspection,
    reinspection,
    rows,
)

ANYONE = somebody()
CASE, MENDER, CHECKER, OTHER = (new_id() for _ in range(4))
SECRETARY, HEAD = new_id(), new_id()
MENDED, NOT_MENDED = PassReinspection(note="现场已清理"), FailReinspection(reason="旧家具仍在")
LATER = NOW + timedelta(days=3)


def owner(first: UUID, direct: UUID) -> OwnerState:
    return OwnerState(
        post_id=new_id(),
        post_code="sanyuan-1",
        post_name="三元一村社区",
        first_responsible_id=first,
        directly_responsible_id=direct,
    )


def closed(raised: FindingView, **values: Any) -> CaseClosedV1:
    defaults = {
        "finding_id": raised.id,
        "case_id": CASE,
        "closed_at": NOW,
        "resolved_by": MENDER,
        "closed_by": CHECKER,
    }
    return case_closed(**(defaults | values))


def opened(db: Transactions, raised: FindingView, **values: Any) -> UUID:
    return reinspection(db, raised, **vars(closed(raised, **values)))


def passed(db: Transactions, id_: UUID, by: UUID = OTHER, seen: str | None = None) -> Any:
    expected = None if seen is None else frozenset({seen})
    move = ReinspectionMove(id_, somebody(subject=by), expected)
    return db.run(pass_reinspection, move, MENDED)


def failed(db: Transactions, id_: UUID, by: UUID = OTHER) -> ReinspectionView:
    return db.run(fail_reinspection, ReinspectionMove(id_, somebody(subject=by)), NOT_MENDED)


def seen(db: Transactions, raised: FindingView) -> FindingHistoryView:
    return db.read(get_finding, raised.id, ANYONE)


def shown(db: Transactions, id_: UUID) -> ReinspectionView:
    return db.read(get_reinspection, id_, ANYONE)


def said(db: Transactions, *names: str) -> list[Any]:
    return [data for name, data in outbox_of(db) if name in names]


def test_a_closed_case_opens_a_reinspection_for_another_inspector(db: Transactions):
    raised = finding(db)
    id_ = opened(db, raised, territorial=owner(SECRETARY, HEAD), overdue=True)
    excluded = sorted([INSPECTOR, MENDER, CHECKER, SECRETARY, HEAD])
    assert shown(db, id_) == ReinspectionView(
        id=id_,
        finding_id=raised.id,
        case_id=CASE,
        area_code=COMMUNITY,
        title=raised.title,
        state="open",
        opened_at=NOW,
        overdue=True,
        excluded_ids=excluded,
        inspector_id=None,
        decided_at=None,
        note=None,
        deadline=None,
        version=1,
    )
    assert said(db, "reinspection_opened.v1") == [
        ReinspectionOpenedV1(
            reinspection_id=id_,
            finding_id=raised.id,
            case_id=CASE,
            area_code=COMMUNITY,
            title=raised.title,
            opened_at=NOW,
            version=1,
            excluded_ids=excluded,
        )
    ]


@pytest.mark.parametrize("overdue", [False, True])
def test_a_passed_reinspection_closes_the_finding_and_says_both(  # I05, I08
    db: Transactions, clock: SetClock, overdue: bool
):
    raised = finding(db)
    id_ = opened(db, raised, overdue=overdue)
    clock.set(LATER)
    done = passed(db, id_)
    assert (done.state, done.inspector_id, done.decided_at, done.note, done.version) == (
        "passed",
        OTHER,
        LATER,
        "现场已清理",
        2,
    )
    now = seen(db, raised)
    assert (now.state, now.closed_at, now.overdue, now.version) == ("closed", LATER, overdue, 3)
    assert said(db, "reinspection_passed.v1", "finding_closed.v1") == [
        ReinspectionPassedV1(
            reinspection_id=id_,
            finding_id=raised.id,
            case_id=CASE,
            area_code=COMMUNITY,
            title=raised.title,
            opened_at=NOW,
            version=2,
            inspector_id=OTHER,
            decided_at=LATER,
        ),
        FindingClosedV1(
            finding_id=raised.id,
            inspection_id=raised.inspection_id,
            area_code=COMMUNITY,
            checklist_code="compound-order",
            item_code="no-piling",
            title=raised.title,
            severity=3,
            deadline=raised.deadline,
            raised_at=NOW,
            version=3,
            case_id=CASE,
            closed_at=LATER,
            overdue=overdue,
            reinspected_by=OTHER,
        ),
    ]


def test_a_failed_reinspection_presses_for_rectification_with_a_new_deadline(  # I05, I08
    db: Transactions, clock: SetClock
):
    raised = finding(db)
    id_ = opened(db, raised)
    clock.set(LATER)
    deadline = datetime(2026, 12, 1, 16, tzinfo=UTC)  # five natural days after 26 November
    done = failed(db, id_)
    assert (done.state, done.deadline, done.note) == ("failed", deadline, "旧家具仍在")
    now = seen(db, raised)
    assert (now.state, now.deadline, now.closed_at) == ("in_rectification", deadline, None)
    assert said(db, "reinspection_passed.v1", "finding_closed.v1") == []
    assert said(db, "reinspection_failed.v1") == [
        ReinspectionFailedV1(
            reinspection_id=id_,
            finding_id=raised.id,
            case_id=CASE,
            area_code=COMMUNITY,
            title=raised.title,
            opened_at=NOW,
            version=2,
            inspector_id=OTHER,
            decided_at=LATER,
            reason="旧家具仍在",
            deadline=deadline,
        )
    ]


def test_found_pressed_looked_at_again_and_told_until_it_is_mended(  # I07
    db: Transactions, clock: SetClock
):
    raised = finding(db)
    db.once(heard(case_filed(finding_id=raised.id, case_id=CASE)), link_case)
    first = opened(db, raised, version=3)
    failed(db, first)
    clock.set(LATER)
    second = opened(db, raised, version=6)
    passed(db, second)
    assert [(s.state, s.case_version, s.reinspection_id) for s in seen(db, raised).steps] == [
        ("raised", None, None),
        ("in_rectification", 1, None),
        ("awaiting_reinspection", 3, first),
        ("in_rectification", 3, first),
        ("awaiting_reinspection", 6, second),
        ("closed", 6, second),
    ]
    assert [name for name, _ in outbox_of(db)][2:] == [
        "reinspection_opened.v1",
        "reinspection_failed.v1",
        "reinspection_opened.v1",
        "reinspection_passed.v1",
        "finding_closed.v1",
    ]


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (INSPECTOR, ReinspectedByFirstInspector),
        (MENDER, ReinspectedByRectifier),
        (CHECKER, ReinspectedByChecker),
        (SECRETARY, ReinspectedByResponsible),
        (HEAD, ReinspectedByResponsible),
    ],
)
@pytest.mark.parametrize("decide", [passed, failed])
def test_whoever_had_a_part_is_refused_and_nothing_changes(  # I02
    db: Transactions, decide: Any, who: UUID, refusal: type[NotIndependent]
):
    raised = finding(db)
    id_ = opened(db, raised, functional=owner(SECRETARY, HEAD))
    before = (seen(db, raised), shown(db, id_), rows(db))
    with pytest.raises(refusal):
        decide(db, id_, who)
    assert (seen(db, raised), shown(db, id_), rows(db)) == before


FEW = st.sampled_from([UUID(int=number) for number in range(1, 7)])
CLOSES = st.lists(st.tuples(FEW, FEW, FEW, FEW), min_size=1, max_size=3)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=FEW, closes=CLOSES, tried=st.lists(FEW, min_size=1, max_size=4))
def test_whoever_the_persons_are_no_finding_closes_by_one_who_had_a_part(  # I02
    ready_db: Transactions, first: UUID, closes: list[tuple[UUID, ...]], tried: list[UUID]
):
    request, caller = inspection("no-piling"), somebody(subject=first)
    (raised,) = ready_db.run(record_inspection, request, caller).findings
    for number, (mender, checker, *owners) in enumerate(closes):
        parties = {"resolved_by": mender, "closed_by": checker, "functional": owner(*owners)}
        id_ = opened(ready_db, raised, case_id=raised.id, version=3 + number, **parties)
    involved = {first}.union(*closes)
    for who in tried:
        with suppress(NotIndependent, ReinspectionDecided):
            passed(ready_db, id_, who)
    end = shown(ready_db, id_)
    assert end.inspector_id == next((who for who in tried if who not in involved), None)
    assert (seen(ready_db, raised).state == "closed") == (end.inspector_id is not None)


def test_who_mended_it_the_first_time_may_not_look_at_the_second(db: Transactions):
    raised = finding(db)
    failed(db, opened(db, raised, version=3))
    second = opened(db, raised, version=6, resolved_by=new_id(), closed_by=new_id())
    for who, refusal in ((MENDER, ReinspectedByRectifier), (CHECKER, ReinspectedByChecker)):
        with pytest.raises(refusal):
            passed(db, second, who)
    # who failed it had no part in mending it
    assert passed(db, second, OTHER).state == "passed"


@pytest.mark.parametrize("order", list(permutations((3, 6, 6))))
def test_the_highest_close_counts_in_whatever_order_and_however_often_closes_come(
    db: Transactions, order: tuple[int, ...]
):
    raised, mender = finding(db), new_id()
    for version in order:
        by = MENDER if version == 3 else mender
        db.once(heard(closed(raised, version=version, resolved_by=by)), open_reinspection)
    assert rows(db)["reinspections"] == 1
    id_ = said(db, "reinspection_opened.v1")[-1].reinspection_id
    with pytest.raises(ReinspectedByRectifier):
        passed(db, id_, mender)
    passed(db, id_)
    assert seen(db, raised).steps[-1].case_version == 6


def test_a_close_said_again_after_a_failed_reinspection_opens_none(db: Transactions):
    raised = finding(db)
    failed(db, opened(db, raised, version=3))
    before = rows(db)
    db.once(heard(closed(raised, version=3)), open_reinspection)
    assert rows(db) == before | {"inbox": before["inbox"] + 1}


def test_a_case_closed_again_after_a_restore_of_grid_leaves_its_finding_closed(db: Transactions):
    raised = finding(db)
    id_ = opened(db, raised)
    passed(db, id_)
    before = seen(db, raised)
    db.once(heard(closed(raised, version=1003)), open_reinspection)
    after = seen(db, raised)
    assert (after.state, after.closed_at, after.overdue) == (
        before.state,
        before.closed_at,
        before.overdue,
    )
    assert len(said(db, "reinspection_opened.v1")) == len(said(db, "finding_closed.v1")) == 1


def test_after_a_restore_open_reinspections_outrank_what_was_lost_and_decided_ones_stay(
    db: Transactions,
):
    decided, still_open = opened(db, finding(db)), opened(db, finding(db))
    passed(db, decided)
    before = {id_: shown(db, id_).version for id_ in (decided, still_open)}
    db.run(leap, "inspections", 1)
    assert shown(db, decided).version == before[decided]
    assert shown(db, still_open).version == before[still_open] + STEP


def test_a_decision_is_final(db: Transactions):
    id_ = opened(db, finding(db))
    passed(db, id_)
    before = rows(db)
    for decide in (passed, failed):
        with pytest.raises(ReinspectionDecided, match="passed"):
            decide(db, id_)
    assert rows(db) == before


def test_a_reinspection_that_another_close_changed_is_decided_anew(db: Transactions):
    raised = finding(db)
    id_ = opened(db, raised, version=3)
    opened(db, raised, version=6)
    with pytest.raises(Stale) as refused:
        passed(db, id_, seen="1")
    assert refused.value.current == shown(db, id_)
    assert passed(db, id_, seen="2").state == "passed"


@pytest.mark.parametrize(("seen_", "refusal"), [("1", Stale), (None, ReinspectionDecided)])
def test_of_two_inspectors_who_decide_at_once_one_wins_and_the_other_is_told(
    db: Transactions, seen_: str | None, refusal: type[Rejected]
):
    raised = finding(db)
    id_ = opened(db, raised)
    start = Barrier(2)

    def decide(who: UUID) -> UUID | Rejected:
        start.wait()
        try:
            return UUID(str(passed(db, id_, who, seen_).inspector_id))
        except Rejected as refused:
            return refused

    inspectors = [new_id(), new_id()]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(decide, inspectors))
    (winner,) = (answer for answer in answers if isinstance(answer, UUID))
    (refused,) = (answer for answer in answers if isinstance(answer, Rejected))
    assert type(refused) is refusal
    assert shown(db, id_).inspector_id == winner
    if isinstance(refused, Stale):
        assert refused.current == shown(db, id_)
    assert len(said(db, "finding_closed.v1")) == 1
    assert [step.finding_version for step in seen(db, raised).steps] == [1, 2, 3]


def test_the_list_is_newest_first_by_area_and_state(ready_db: Transactions):
    near = inspected(ready_db, "no-parking", "no-piling").findings
    (far,) = inspected(ready_db, "manholes", area_code=NEIGHBOUR).findings
    ids = [opened(ready_db, each, case_id=new_id()) for each in (*near, far)]
    passed(ready_db, ids[0])

    def listed(*areas: str, **values: Any) -> list[object]:
        request = ListReinspections(**values)
        page = ready_db.read(list_reinspections, request, somebody(*areas))
        return [view.id for view in page.items]

    assert listed() == listed(area="320508019") == ids[::-1]
    assert listed(area=COMMUNITY) == listed(COMMUNITY) == [ids[1], ids[0]]
    assert listed(state="passed") == [ids[0]]
    assert listed(state="open") == [ids[2], ids[1]]
    assert listed("320507") == []
    first = ready_db.read(list_reinspections, ListReinspections(limit=2), ANYONE)
    assert listed(after=first.next) == [ids[0]]


def test_a_reinspection_elsewhere_is_not_found(db: Transactions):
    id_ = opened(db, finding(db))
    with pytest.raises(ReinspectionNotFound):
        db.read(get_reinspection, id_, somebody("320507"))
    with pytest.raises(ReinspectionNotFound):
        db.run(pass_reinspection, ReinspectionMove(id_, somebody("320507")), MENDED)
