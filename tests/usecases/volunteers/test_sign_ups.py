"""Owns the proof of sign-ups: no place twice, no person in two places, whoever asks at once."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from services.volunteers.domain.activities import ActivityUnknown
from services.volunteers.domain.sign_ups import (
    ActivityFull,
    AlreadyCheckedIn,
    NotAVolunteer,
    OverlapsOtherActivity,
    SignUpClosed,
    SignUpUnknown,
)
from services.volunteers.schemas.activities import ActivityView, CancelActivity
from services.volunteers.schemas.attendance import ListSignUps, SignUpView
from services.volunteers.usecases.activities import cancel_activity
from services.volunteers.usecases.activity_reading import get_activity
from services.volunteers.usecases.sign_ups import (
    list_own_sign_ups,
    list_sign_ups,
    withdraw_sign_up,
)
from shared.database import Transactions
from shared.ids import new_id
from tests.databases import SetClock
from tests.factories import COMMUNITY
from tests.tokens import somebody
from tests.usecases.volunteers.stories import (
    END,
    NEIGHBOUR,
    NOW,
    START,
    at_once,
    checks_in,
    counts,
    published,
    registered,
    rows,
    signed_up,
)

ALL = ListSignUps()


def withdrawn(db: Transactions, person: UUID, activity_id: UUID) -> SignUpView:
    return db.run(withdraw_sign_up, activity_id, somebody(subject=person))


def places_left(db: Transactions, called: ActivityView) -> int:
    return db.run(get_activity, called.id).places_left


def test_signing_up_takes_a_place_once_however_often_asked(db: Transactions, clock: SetClock):
    person, called = registered(db).id, published(db)
    first = signed_up(db, person, called.id)
    assert (first.state, first.signed_up_at, first.version) == ("signed_up", NOW, 1)
    clock.set(NOW + timedelta(minutes=1))
    assert signed_up(db, person, called.id) == first
    assert (places_left(db, called), counts(db)["sign_up_steps"]) == (4, 1)


def test_a_volunteer_of_another_community_may_come(db: Transactions):
    person = registered(db, area_code=NEIGHBOUR).id
    assert signed_up(db, person, published(db).id).state == "signed_up"


def test_who_is_no_volunteer_signs_up_for_nothing(db: Transactions):
    with pytest.raises(NotAVolunteer):
        signed_up(db, new_id(), published(db).id)
    with pytest.raises(ActivityUnknown):
        signed_up(db, registered(db).id, new_id())


def test_the_place_after_the_last_is_refused(db: Transactions):
    called = published(db, places=1)
    signed_up(db, registered(db).id, called.id)
    with pytest.raises(ActivityFull):
        signed_up(db, registered(db).id, called.id)
    assert places_left(db, called) == 0


def test_the_last_place_goes_to_one_of_those_who_ask_at_once(db: Transactions):
    people = [registered(db).id for _ in range(4)]
    for _ in range(3):
        called = published(db, places=1, starts_at=START, ends_at=END)
        outcomes = at_once(*[partial(signed_up, db, person, called.id) for person in people])
        assert sorted(type(one).__name__ for one in outcomes) == ["ActivityFull"] * 3 + [
            "SignUpView"
        ]
        assert places_left(db, called) == 0
        (winner,) = [one for one in outcomes if isinstance(one, SignUpView)]
        withdrawn(db, winner.volunteer_id, called.id)


def test_one_person_who_asks_at_once_has_one_place(db: Transactions):
    person, called = registered(db).id, published(db)
    outcomes = at_once(*[lambda: signed_up(db, person, called.id)] * 4)
    assert len({one.id for one in outcomes}) == 1
    assert places_left(db, called) == 4


def test_overlapping_activities_are_refused_and_adjacent_ones_are_not(db: Transactions):
    person, called = registered(db).id, published(db, title="清理楼道")
    signed_up(db, person, called.id)
    overlapping = published(db, starts_at=END - timedelta(minutes=1), ends_at=END)
    with pytest.raises(OverlapsOtherActivity, match="清理楼道"):
        signed_up(db, person, overlapping.id)
    after = published(db, starts_at=END, ends_at=END + timedelta(hours=1))
    before = published(db, starts_at=START - timedelta(hours=1), ends_at=START)
    for one in (after, before):
        assert signed_up(db, person, one.id).state == "signed_up"


def test_of_two_overlapping_sign_ups_at_once_one_is_refused(db: Transactions):
    person = registered(db).id
    calls = [published(db), published(db)]
    outcomes = at_once(*[partial(signed_up, db, person, one.id) for one in calls])
    assert sorted(type(one).__name__ for one in outcomes) == [
        "OverlapsOtherActivity",
        "SignUpView",
    ]
    assert counts(db)["sign_ups"] == 1


def test_an_activity_given_up_or_called_off_leaves_the_time_free(db: Transactions):
    person = registered(db).id
    given_up, called_off, taken = published(db), published(db), published(db)
    signed_up(db, person, given_up.id)
    withdrawn(db, person, given_up.id)
    signed_up(db, person, called_off.id)
    db.run(cancel_activity, called_off.id, CancelActivity(reason="暴雨"), somebody())
    assert signed_up(db, person, taken.id).state == "signed_up"


def test_withdrawing_gives_the_place_back_once_and_the_history_stays(
    db: Transactions, clock: SetClock
):
    person, called = registered(db).id, published(db)
    signed_up(db, person, called.id)
    clock.set(NOW + timedelta(minutes=1))
    gone = withdrawn(db, person, called.id)
    assert (gone.state, gone.withdrawn_at) == ("withdrawn", NOW + timedelta(minutes=1))
    assert withdrawn(db, person, called.id) == gone
    assert places_left(db, called) == 5
    again = signed_up(db, person, called.id)
    assert (again.id, again.state, again.withdrawn_at) == (gone.id, "signed_up", None)
    steps = rows(db, "SELECT state, person_id FROM sign_up_steps ORDER BY id")
    assert steps == [(s, person) for s in ("signed_up", "withdrawn", "signed_up")]


def test_the_place_that_is_given_back_goes_to_another(db: Transactions):
    called = published(db, places=1)
    first, second = registered(db).id, registered(db).id
    signed_up(db, first, called.id)
    withdrawn(db, first, called.id)
    signed_up(db, second, called.id)
    with pytest.raises(ActivityFull):
        signed_up(db, first, called.id)


def test_withdrawing_and_signing_up_at_once_never_loses_count(db: Transactions):
    called = published(db, places=2)
    one, other = registered(db).id, registered(db).id
    signed_up(db, one, called.id)
    for _ in range(5):
        at_once(
            partial(withdrawn, db, one, called.id),
            partial(signed_up, db, other, called.id),
        )
        assert places_left(db, called) == 1
        one, other = other, one


def test_who_came_does_not_withdraw(db: Transactions, clock: SetClock):
    person, called = registered(db).id, published(db)
    signed_up(db, person, called.id)
    clock.set(START)
    checks_in(db, person, called.id)
    with pytest.raises(AlreadyCheckedIn):
        withdrawn(db, person, called.id)


def test_sign_ups_close_with_the_activity(db: Transactions, clock: SetClock):
    person, late = registered(db).id, registered(db).id
    called, called_off = published(db), published(db)
    with pytest.raises(SignUpUnknown):
        withdrawn(db, person, called.id)
    db.run(cancel_activity, called_off.id, CancelActivity(reason="暴雨"), somebody())
    with pytest.raises(SignUpClosed):
        signed_up(db, person, called_off.id)
    signed_up(db, person, called.id)
    clock.set(END - timedelta(microseconds=1))
    assert signed_up(db, late, called.id).state == "signed_up"
    clock.set(END)
    with pytest.raises(SignUpClosed):
        withdrawn(db, person, called.id)
    with pytest.raises(SignUpClosed):
        signed_up(db, registered(db).id, called.id)


def test_organisers_see_who_comes_by_id_and_others_nothing(db: Transactions):
    called = published(db)
    people = [registered(db).id for _ in range(3)]
    for person in people:
        signed_up(db, person, called.id)
    withdrawn(db, people[0], called.id)
    first = db.run(list_sign_ups, called.id, ListSignUps(limit=2), somebody(COMMUNITY))
    rest = db.run(list_sign_ups, called.id, ListSignUps(after=first.next), somebody(COMMUNITY))
    found = [(one.volunteer_id, one.state) for one in first.items + rest.items]
    assert found == [
        (people[2], "signed_up"),
        (people[1], "signed_up"),
        (people[0], "withdrawn"),
    ]
    for who, unknown in ((somebody(NEIGHBOUR), called.id), (somebody(), new_id())):
        with pytest.raises(ActivityUnknown):
            db.run(list_sign_ups, unknown, ALL, who)


def test_one_sees_ones_own_sign_ups_and_no_others(db: Transactions):
    one, other = registered(db).id, registered(db).id
    called = published(db)
    mine = signed_up(db, one, called.id)
    signed_up(db, other, called.id)
    assert db.run(list_own_sign_ups, ALL, somebody(subject=one)).items == [mine]
    assert db.run(list_own_sign_ups, ALL, somebody()).items == []
