"""Owns the proof of activities: called, perhaps for a case, called off; and what is said of it."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest

from services.volunteers.domain.activities import (
    ActivityBegun,
    ActivityMoveNotAllowed,
    ActivityUnknown,
    CaseAlreadyClosed,
    CaseNotKnown,
    StartsInPast,
)
from services.volunteers.domain.kinds import EVERY_KIND
from services.volunteers.schemas.activities import ActivityView, CancelActivity, ListActivities
from services.volunteers.usecases.activities import cancel_activity, publish_activity
from services.volunteers.usecases.activity_reading import (
    get_activity,
    list_activities,
    list_activity_kinds,
)
from services.volunteers.usecases.areas import CommunityUnknown
from services.volunteers.usecases.sign_ups import withdraw_sign_up
from shared.auth.callers import AreaNotGranted
from shared.contracts.volunteers import ActivityCancelledV1, ActivityPublishedV1
from shared.database import Transactions
from shared.http.paging import BadCursor
from shared.ids import new_id
from shared.register.ending import CommunityEnded
from shared.register.learning import learn_area_changes
from tests.databases import SetClock
from tests.factories import COMMUNITY, area_changed
from tests.observe import outbox_of
from tests.tokens import somebody
from tests.usecases.volunteers.stories import (
    END,
    NEIGHBOUR,
    NOW,
    SECRETARY,
    START,
    activity,
    at_once,
    case_closed,
    case_dispatched,
    case_reopened,
    counts,
    deliver,
    dispatched,
    published,
    registered,
    rows,
    signed_up,
)

HERE = somebody(COMMUNITY, subject=SECRETARY)
RAIN = CancelActivity(reason=" 暴雨预警 ")


def seen(db: Transactions, one: ActivityView) -> ActivityView:
    return db.run(get_activity, one.id)


def listed(db: Transactions, **wanted: object) -> list[str]:
    page = db.run(list_activities, ListActivities(**wanted))  # type: ignore[arg-type]
    return [one.title for one in page.items]


def test_a_call_for_a_case_is_said_with_all_that_others_may_know(db: Transactions):
    case = dispatched(db)
    made = db.run(publish_activity, activity(case_id=case, title=" 清理楼道 "), HERE)
    assert outbox_of(db) == [
        (
            "activity_published.v1",
            ActivityPublishedV1(
                activity_id=made.id,
                area_code=COMMUNITY,
                kind="environment_cleanup",
                title="清理楼道",
                place="三元一村 12 幢 3 单元",
                starts_at=START,
                ends_at=END,
                places=5,
                case_id=case,
                organiser_id=SECRETARY,
                version=1,
                published_at=NOW,
            ),
        )
    ]
    assert seen(db, made) == made
    assert (made.state, made.places_left, made.organiser_id) == ("published", 5, SECRETARY)


def test_every_kind_can_be_called(db: Transactions):  # V31, V32
    kinds = [one.kind for one in db.read(list_activity_kinds).items]
    assert kinds == list(EVERY_KIND)
    assert [published(db, kind=kind).kind for kind in kinds] == kinds


def test_times_are_kept_as_moments_whatever_their_zone(db: Transactions):
    china = timezone(timedelta(hours=8))
    made = published(db, starts_at=START.astimezone(china))
    assert seen(db, made).starts_at == START
    assert made.starts_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"area_code": NEIGHBOUR}, AreaNotGranted),
        ({"area_code": "320508019020", "starts_at": NOW}, StartsInPast),
        ({"case_id": new_id()}, CaseNotKnown),
    ],
)
def test_a_wrong_call_is_refused_and_leaves_no_trace(
    db: Transactions, wrong: dict[str, object], refusal: type[Exception]
):
    before = counts(db)
    with pytest.raises(refusal):
        db.run(publish_activity, activity(**wrong), HERE)
    assert counts(db) == before


def test_a_community_that_the_register_does_not_have_is_refused(db: Transactions):
    with pytest.raises(CommunityUnknown, match="320508019099"):
        db.run(publish_activity, activity(area_code="320508019099"), somebody())


def test_nothing_is_called_for_in_a_community_that_has_ended_by_then(db: Transactions):
    day = activity().starts_at.date()
    db.run(learn_area_changes, [area_changed(until=day + timedelta(days=1))])
    published(db)
    db.run(learn_area_changes, [area_changed(until=day, version=3)])
    with pytest.raises(CommunityEnded):
        published(db)


def test_nobody_is_called_for_a_case_of_another_community_or_a_closed_one(db: Transactions):
    elsewhere = dispatched(db, area_code=NEIGHBOUR)
    closed = dispatched(db)
    deliver(db, case_closed(case_id=closed))
    with pytest.raises(CaseNotKnown):
        published(db, case_id=elsewhere)
    with pytest.raises(CaseAlreadyClosed):
        published(db, case_id=closed)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_news_of_a_case_in_any_order_ends_with_the_highest_version(
    db: Transactions, order: tuple[int, ...]
):
    case = new_id()
    news = [
        case_dispatched(case_id=case),
        case_closed(case_id=case),
        case_reopened(case_id=case, title="楼道再次堆放杂物"),
    ]
    for place in order:
        deliver(db, news[place])
    known = rows(db, "SELECT id, case_number, area_code, title, is_open, version FROM cases")
    assert known == [
        (case, news[0].case_number, COMMUNITY, "楼道再次堆放杂物", True, 5),
    ]


def test_older_and_equal_news_of_a_case_changes_nothing(db: Transactions):
    case = new_id()
    deliver(db, case_closed(case_id=case, version=4))
    for late in (case_reopened(case_id=case, version=4), case_dispatched(case_id=case, version=3)):
        deliver(db, late)
    assert rows(db, "SELECT is_open, version FROM cases") == [(False, 4)]


def test_calling_off_names_those_who_signed_up(db: Transactions, clock: SetClock):  # V12
    made = published(db)
    coming = sorted(registered(db).id for _ in range(3))
    for person in coming:
        signed_up(db, person, made.id)
    db.run(withdraw_sign_up, made.id, somebody(subject=coming[1]))
    later = NOW + timedelta(hours=1)
    clock.set(later)
    gone = db.run(cancel_activity, made.id, RAIN, HERE)
    name, said = outbox_of(db)[-1]
    assert name == "activity_cancelled.v1"
    assert isinstance(said, ActivityCancelledV1)
    assert said.volunteer_ids == [coming[0], coming[2]]
    assert (said.reason, said.cancelled_at, said.version) == ("暴雨预警", later, gone.version)
    assert (gone.state, gone.reason, gone.cancelled_at) == ("cancelled", "暴雨预警", later)
    assert seen(db, made) == gone


def test_an_activity_is_called_off_once_and_only_before_it_begins(
    db: Transactions, clock: SetClock
):  # V12
    first, second = published(db), published(db)
    db.run(cancel_activity, first.id, RAIN, HERE)
    with pytest.raises(ActivityMoveNotAllowed, match="cancelled"):
        db.run(cancel_activity, first.id, RAIN, HERE)
    clock.set(START)
    with pytest.raises(ActivityBegun):
        db.run(cancel_activity, second.id, RAIN, HERE)
    clock.set(END)
    with pytest.raises(ActivityMoveNotAllowed, match="ended"):
        db.run(cancel_activity, second.id, RAIN, HERE)
    assert [name for name, _ in outbox_of(db)].count("activity_cancelled.v1") == 1


def test_of_two_who_call_off_at_once_one_is_told_no(db: Transactions):
    made = published(db)
    outcomes = at_once(*[lambda: db.run(cancel_activity, made.id, RAIN, HERE)] * 2)
    assert sorted(type(one).__name__ for one in outcomes) == [
        "ActivityMoveNotAllowed",
        "ActivityView",
    ]


def test_an_activity_elsewhere_is_seen_and_not_touched(db: Transactions):
    made = published(db, area_code=NEIGHBOUR)
    assert seen(db, made) == made
    for unknown in (made.id, new_id()):
        with pytest.raises(ActivityUnknown):
            db.run(cancel_activity, unknown, RAIN, HERE)
    with pytest.raises(ActivityUnknown):
        db.run(get_activity, new_id())


def test_lists_are_by_area_case_and_state_as_the_clock_has_it(
    db: Transactions, clock: SetClock
):  # V12
    case = dispatched(db)
    published(db, title="甲", case_id=case)
    published(db, title="乙", area_code=NEIGHBOUR)
    gone = published(db, title="丙")
    published(db, title="丁", starts_at=START - timedelta(days=1), ends_at=END - timedelta(days=1))
    db.run(cancel_activity, gone.id, RAIN, HERE)
    assert listed(db) == ["丁", "丙", "乙", "甲"]
    assert listed(db, sort="starts_at") == ["丁", "甲", "乙", "丙"]
    assert listed(db, area=COMMUNITY) == ["丁", "丙", "甲"]
    assert listed(db, area="3205") == ["丁", "丙", "乙", "甲"]
    assert listed(db, area="11") == []
    assert listed(db, case_id=case) == ["甲"]
    assert listed(db, state="published") == ["丁", "乙", "甲"]
    assert listed(db, state="cancelled") == ["丙"]
    clock.set(END - timedelta(days=1))
    assert listed(db, state="ended") == ["丁"]
    assert listed(db, state="published") == ["乙", "甲"]
    clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    assert listed(db, state="ended") == ["丁", "乙", "甲"]


@pytest.mark.parametrize("sort", [None, "-published_at", "starts_at"])
def test_pages_hold_every_activity_once(db: Transactions, sort: str | None):
    made = {published(db, title=f"{n}").title for n in range(5)}
    seen: list[str] = []
    after = None
    while True:
        wanted = ListActivities(limit=2, after=after, sort=sort)  # type: ignore[arg-type]
        page = db.run(list_activities, wanted)
        seen += [one.title for one in page.items]
        if (after := page.next) is None:
            break
    assert (len(seen), set(seen)) == (5, made)


def test_a_mark_of_another_order_is_refused(db: Transactions):
    for _ in range(2):
        published(db)
    mark = db.run(list_activities, ListActivities(limit=1)).next
    with pytest.raises(BadCursor):
        db.run(list_activities, ListActivities(limit=1, after=mark, sort="starts_at"))
