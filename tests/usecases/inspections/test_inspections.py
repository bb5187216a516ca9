"""Owns the proof of recording inspections: score, findings and events, or no trace at all."""

from datetime import UTC, datetime, timedelta

import pytest

from services.inspections.domain.deadlines import InspectedInFuture, InspectedTooLongAgo
from services.inspections.domain.scoring import (
    ItemAnsweredTwice,
    ItemsMissing,
    ItemUnknown,
    NoteMissing,
)
from services.inspections.schemas import ListInspections, RecordInspection
from services.inspections.usecases.checklists import publish_checklist
from services.inspections.usecases.inspections import (
    ChecklistUnknown,
    CommunityUnknown,
    InspectionNotFound,
    get_inspection,
    list_inspections,
    record_inspection,
)
from shared.contracts.inspections import FindingRaisedV1, InspectionRecordedV1
from shared.database import Transactions
from shared.errors import Rejected
from shared.http.paging import BadCursor
from shared.ids import new_id
from shared.register.ending import CommunityEnded
from shared.register.learning import learn_area_changes, learn_areas
from tests.factories import COMMUNITY, area_changed
from tests.observe import outbox_of
from tests.tokens import somebody
from tests.usecases.inspections.stories import (
    INSPECTOR,
    MORNING,
    NEIGHBOUR,
    NOW,
    PARKING,
    area,
    checklist,
    imported,
    inspected,
    inspection,
    result,
    rows,
)

ANYONE = somebody()


def test_an_inspection_is_shown_as_it_was_recorded(ready_db: Transactions):
    recorded = inspected(ready_db, "no-piling", "manholes")
    assert ready_db.read(get_inspection, recorded.id, ANYONE) == recorded
    assert (recorded.points, recorded.points_possible, recorded.failed_items) == (10, 50, 2)
    assert (recorded.inspected_at, recorded.recorded_at) == (MORNING, NOW)
    assert [(r.item_code, r.passed) for r in recorded.results] == [
        ("no-parking", True),
        ("no-piling", False),
        ("manholes", False),
    ]


@pytest.mark.parametrize("mode", ["open", "covert", "spot"])
def test_an_inspection_is_open_covert_or_a_spot_check(ready_db: Transactions, mode: str):  # I01
    recorded = inspected(ready_db, mode=mode)
    assert ready_db.read(get_inspection, recorded.id, ANYONE).mode == mode


def test_every_failed_item_raises_a_finding_with_its_own_deadline(ready_db: Transactions):  # I05
    recorded = inspected(ready_db, "no-piling", "manholes")
    assert [(f.item_code, f.severity, f.state, f.deadline) for f in recorded.findings] == [
        ("no-piling", 3, "raised", datetime(2026, 11, 28, 16, tzinfo=UTC)),
        ("manholes", 5, "raised", datetime(2026, 11, 24, 16, tzinfo=UTC)),
    ]


def test_the_inspection_and_each_finding_are_said_in_the_same_commit(ready_db: Transactions):
    recorded = inspected(ready_db, "no-piling", "manholes", mode="spot")
    (first, said), *findings = outbox_of(ready_db)
    assert first == "inspection_recorded.v1"
    assert said == InspectionRecordedV1(
        inspection_id=recorded.id,
        area_code=COMMUNITY,
        checklist_code="compound-order",
        checklist_version=1,
        mode="spot",
        points=10,
        points_possible=50,
        failed_items=2,
        inspected_at=MORNING,
        version=1,
    )
    assert findings == [
        (
            "finding_raised.v1",
            FindingRaisedV1(
                finding_id=raised.id,
                inspection_id=recorded.id,
                area_code=COMMUNITY,
                checklist_code="compound-order",
                item_code=raised.item_code,
                title=raised.title,
                severity=raised.severity,
                deadline=raised.deadline,
                raised_at=NOW,
                version=1,
                note=raised.note,
                inspector_id=INSPECTOR,
            ),
        )
        for raised in recorded.findings
    ]


def test_a_clean_inspection_raises_no_finding(ready_db: Transactions):
    recorded = inspected(ready_db)
    assert (recorded.points, recorded.failed_items, recorded.findings) == (50, 0, [])
    assert [name for name, _ in outbox_of(ready_db)] == ["inspection_recorded.v1"]


GOOD = [result("no-parking"), result("no-piling"), result("manholes")]
REFUSED: list[tuple[RecordInspection, type[Rejected], str]] = [
    (inspection(area_code="320508019099"), CommunityUnknown, "area_code"),
    (inspection(checklist_code="unheard-of"), ChecklistUnknown, "checklist_code"),
    (inspection(inspected_at=NOW + timedelta(seconds=1)), InspectedInFuture, "inspected_at"),
    (inspection(inspected_at=NOW - timedelta(days=367)), InspectedTooLongAgo, "inspected_at"),
    (inspection(results=GOOD[:2]), ItemsMissing, "results"),
    (inspection(results=[*GOOD, GOOD[0]]), ItemAnsweredTwice, "results.3.item_code"),
    (inspection(results=[*GOOD, result("x")]), ItemUnknown, "results.3.item_code"),
    (
        inspection(results=[*GOOD[:2], result("manholes", False, " ")]),
        NoteMissing,
        "results.2.note",
    ),
]


@pytest.mark.parametrize(("request_", "refusal", "field"), REFUSED)
def test_a_refused_inspection_names_the_field_and_changes_nothing(
    ready_db: Transactions, request_: RecordInspection, refusal: type[Rejected], field: str
):
    before = rows(ready_db)
    with pytest.raises(refusal) as refused:
        ready_db.run(record_inspection, request_, ANYONE)
    assert (type(refused.value), refused.value.field) == (refusal, field)
    assert rows(ready_db) == before


@pytest.mark.parametrize(("ended_days_ago", "there"), [(1, False), (0, False), (-1, True)])
def test_a_community_is_inspected_up_to_the_day_before_it_ends(
    ready_db: Transactions, ended_days_ago: int, there: bool
):
    until = MORNING.date() - timedelta(days=ended_days_ago)
    ready_db.run(learn_area_changes, [area_changed(until=until, successors=[NEIGHBOUR])])
    if there:
        assert inspected(ready_db).area_code == COMMUNITY
        return
    with pytest.raises(CommunityEnded, match=str(until)):
        inspected(ready_db)


def test_the_current_version_of_the_checklist_counts_and_the_old_inspection_keeps_its_own(
    ready_db: Transactions,
):
    old = inspected(ready_db)
    ready_db.run(publish_checklist, checklist(PARKING))
    with pytest.raises(ItemUnknown):
        inspected(ready_db)
    new = inspected(ready_db, results=[result("no-parking")])
    assert (old.checklist_version, new.checklist_version) == (1, 2)
    assert ready_db.read(get_inspection, old.id, ANYONE) == old


def test_the_list_is_newest_first_within_an_area_prefix_in_pages(ready_db: Transactions):
    ids = [inspected(ready_db, area_code=a).id for a in (COMMUNITY, NEIGHBOUR, COMMUNITY)]

    def listed(**values: object) -> list[object]:
        page = ready_db.read(list_inspections, ListInspections(**values), ANYONE)
        return [view.id for view in page.items]

    assert listed() == listed(area="3205") == listed(area="320508019") == ids[::-1]
    assert listed(area=NEIGHBOUR) == [ids[1]]
    assert listed(area="320507") == []
    first = ready_db.read(list_inspections, ListInspections(limit=2), ANYONE)
    late = inspected(ready_db).id
    assert listed(limit=2, after=first.next) == [ids[0]]
    assert listed(limit=1) == [late]


def test_the_list_can_begin_with_what_was_inspected_last(ready_db: Transactions):
    times = (MORNING, MORNING - timedelta(hours=2), MORNING - timedelta(hours=1))
    first, last, middle = (inspected(ready_db, inspected_at=at).id for at in times)
    wanted = ListInspections(sort="-inspected_at")
    page = ready_db.read(list_inspections, wanted, ANYONE)
    assert [view.id for view in page.items] == [first, middle, last]


@pytest.mark.parametrize("mark", ["x", "bm90IGEgdXVpZA==", "AA==", "区"])
def test_a_mark_that_no_list_gave_out_is_refused(ready_db: Transactions, mark: str):
    with pytest.raises(BadCursor):
        ready_db.read(list_inspections, ListInspections(after=mark), ANYONE)


def test_an_unknown_inspection_is_not_found(db: Transactions):
    with pytest.raises(InspectionNotFound):
        db.read(get_inspection, new_id(), ANYONE)


def test_an_area_learned_later_can_be_inspected(ready_db: Transactions):
    ready_db.run(learn_areas, [imported(area("320508019021", "毛家桥社区居委会"))])
    assert inspected(ready_db, area_code="320508019021").points == 50
