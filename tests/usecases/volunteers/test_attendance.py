"""Owns the proof of attendance: on the spot, with a code, once; and what is measured of it."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.volunteers.domain import attendance as rules
from services.volunteers.domain.sign_ups import NotAVolunteer
from services.volunteers.schemas.activities import CancelActivity
from services.volunteers.schemas.attendance import ListSignUps, SignUpView
from services.volunteers.schemas.hours import ListOwnHours
from services.volunteers.usecases.activities import cancel_activity, renew_check_in_code
from services.volunteers.usecases.attendance import settled
from services.volunteers.usecases.hours import list_own_hours
from services.volunteers.usecases.sign_ups import list_own_sign_ups, withdraw_sign_up
from shared.contracts.volunteers import HoursRecordedV1
from shared.database import Transactions
from shared.ids import new_id
from tests.databases import SetClock
from tests.observe import outbox_of
from tests.tokens import somebody
from tests.usecases.volunteers.stories import (
    END,
    START,
    at_once,
    checks_in,
    checks_out,
    code_of,
    counts,
    dispatched,
    other_than,
    published,
    registered,
    rows,
    signed_up,
)

TICK = timedelta(microseconds=1)


@pytest.fixture
def coming(db: Transactions) -> tuple[UUID, UUID]:
    """Somebody who signed up for an activity: their id, and its."""
    person, called = registered(db).id, published(db).id
    signed_up(db, person, called)
    return person, called


def minutes_of(db: Transactions, person: UUID) -> list[int]:
    page = db.read(list_own_hours, ListOwnHours(), somebody(subject=person))
    return [one.minutes for one in page.items]


def state_of(db: Transactions, person: UUID) -> str:
    (one,) = db.run(list_own_sign_ups, ListSignUps(), somebody(subject=person)).items
    return one.state


def test_a_morning_of_service_is_measured_and_said_once(db: Transactions, clock: SetClock):
    case = dispatched(db)
    person, called = registered(db).id, published(db, case_id=case)
    signed_up(db, person, called.id)
    clock.set(START - timedelta(minutes=10))
    assert settled(checks_in(db, person, called.id)).state == "checked_in"
    clock.set(END + timedelta(minutes=5))
    assert settled(checks_out(db, person, called.id)).state == "checked_out"
    name, said = outbox_of(db)[-1]
    assert name == "hours_recorded.v1"
    assert said == HoursRecordedV1(
        entry_id=said.entry_id,
        volunteer_id=person,
        activity_id=called.id,
        activity_title="3 单元楼道清理",
        area_code=called.area_code,
        case_id=case,
        minutes=120,
        started_at=START,
        ended_at=END,
        recorded_at=END + timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        (timedelta(minutes=-30), timedelta(hours=2), 120),
        (timedelta(0), timedelta(hours=2), 120),
        (timedelta(minutes=30), timedelta(hours=4) - TICK, 90),
        (timedelta(minutes=30), timedelta(minutes=40), 10),
        (timedelta(minutes=30), timedelta(minutes=40) - TICK, 9),
        (timedelta(minutes=-30), timedelta(minutes=-20), 0),
        (timedelta(minutes=-30), timedelta(0), 0),
        (timedelta(minutes=5), timedelta(minutes=5), 0),
    ],
)
def test_only_whole_minutes_within_the_activity_are_measured(
    db: Transactions,
    clock: SetClock,
    coming: tuple[UUID, UUID],
    came: timedelta,
    left: timedelta,
    minutes: int,
):
    clock.set(START + came)
    checks_in(db, *coming)
    clock.set(START + left)
    settled(checks_out(db, *coming))
    assert minutes_of(db, coming[0]) == [minutes]


def test_one_checks_in_from_half_an_hour_before_the_start_until_the_end(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START - timedelta(minutes=30) - TICK)
    with pytest.raises(rules.CheckInNotOpen, match="2026-11-28 08:30"):
        checks_in(db, *coming)
    clock.set(END)
    with pytest.raises(rules.CheckInClosed):
        checks_in(db, *coming)
    clock.set(END - TICK)
    assert settled(checks_in(db, *coming)).state == "checked_in"


def test_who_forgets_to_check_out_for_two_hours_has_no_hours(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    checks_in(db, *coming)
    clock.set(END + timedelta(hours=2) - TICK)
    assert state_of(db, coming[0]) == "checked_in"
    clock.set(END + timedelta(hours=2))
    with pytest.raises(rules.CheckOutClosed, match="2026-11-28 13:00"):
        checks_out(db, *coming)
    assert state_of(db, coming[0]) == "unfinished"
    assert minutes_of(db, coming[0]) == []


def test_who_never_comes_is_absent(db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]):
    assert state_of(db, coming[0]) == "signed_up"
    clock.set(END)
    assert state_of(db, coming[0]) == "absent"


def test_checking_in_and_out_again_changes_nothing(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    first = settled(checks_in(db, *coming))
    clock.set(START + timedelta(minutes=1))
    assert settled(checks_in(db, *coming)) == first
    gone = settled(checks_out(db, *coming))
    before = counts(db)
    clock.set(START + timedelta(minutes=2))
    assert settled(checks_out(db, *coming)) == gone
    assert settled(checks_in(db, *coming)) == gone
    assert counts(db) == before


def test_only_who_signed_up_and_came_is_counted(db: Transactions, clock: SetClock):
    called, volunteer, stranger = published(db).id, registered(db).id, new_id()
    clock.set(START)
    with pytest.raises(NotAVolunteer):
        checks_in(db, stranger, called)
    with pytest.raises(rules.NotSignedUp):
        checks_in(db, volunteer, called)
    with pytest.raises(rules.NotSignedUp):
        checks_out(db, volunteer, called)
    signed_up(db, volunteer, called)
    with pytest.raises(rules.NotCheckedIn):
        checks_out(db, volunteer, called)
    db.run(withdraw_sign_up, called, somebody(subject=volunteer))
    with pytest.raises(rules.NotSignedUp):
        checks_in(db, volunteer, called)


def test_nobody_checks_in_at_an_activity_that_was_called_off(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    db.run(cancel_activity, coming[1], CancelActivity(reason="暴雨"), somebody())
    clock.set(START - timedelta(minutes=1))
    with pytest.raises(rules.ActivityCancelledAlready):
        checks_in(db, *coming)
    assert state_of(db, coming[0]) == "cancelled"


def test_five_wrong_codes_and_the_right_one_is_refused_too(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    wrong = other_than(code_of(db, coming[1]))
    refused = [checks_in(db, *coming, code=wrong) for _ in range(6)]
    assert [type(one) for one in refused] == [rules.CodeWrong] * 5 + [rules.CodeTriesUsedUp]
    assert [one.facts["left"] for one in refused[:5]] == [4, 3, 2, 1, 0]  # type: ignore[union-attr]
    assert isinstance(checks_in(db, *coming), rules.CodeTriesUsedUp)
    assert counts(db)["attendances"] == 0


def test_wrong_codes_at_once_are_all_counted(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    wrong = other_than(code_of(db, coming[1]))
    refused = at_once(*[lambda: checks_in(db, *coming, code=wrong)] * 8)
    assert sorted(type(one).__name__ for one in refused) == (
        ["CodeTriesUsedUp"] * 3 + ["CodeWrong"] * 5
    )


def test_another_person_has_tries_of_their_own(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    other = registered(db).id
    signed_up(db, other, coming[1])
    clock.set(START)
    for _ in range(6):
        checks_in(db, *coming, code=other_than(code_of(db, coming[1])))
    assert isinstance(checks_in(db, other, coming[1]), SignUpView)


def test_withdrawing_and_signing_up_again_gives_no_new_tries(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    for _ in range(5):
        checks_in(db, *coming, code=other_than(code_of(db, coming[1])))
    db.run(withdraw_sign_up, coming[1], somebody(subject=coming[0]))
    signed_up(db, *coming)
    assert isinstance(checks_in(db, *coming), rules.CodeTriesUsedUp)


def test_a_new_code_lets_everyone_try_anew_and_voids_the_old(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    old = code_of(db, coming[1])
    for _ in range(5):
        checks_in(db, *coming, code=other_than(old))
    new = db.run(renew_check_in_code, coming[1], somebody()).code
    if new != old:
        assert isinstance(checks_in(db, *coming, code=old), rules.CodeWrong)
    assert isinstance(checks_in(db, *coming, code=new), SignUpView)


def test_a_code_lies_sealed_and_has_six_digits(db: Transactions):
    codes = [code_of(db, published(db).id) for _ in range(20)]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 1
    sealed = [value for (value,) in rows(db, "SELECT check_in_code FROM activities")]
    assert not any(code.encode() in value for code in codes for value in sealed)


def test_nobody_is_at_two_places_at_once(db: Transactions, clock: SetClock):
    person = registered(db).id
    first = published(db, title="清理楼道")
    second = published(db, starts_at=END, ends_at=END + timedelta(hours=1))
    for one in (first, second):
        signed_up(db, person, one.id)
    clock.set(END - timedelta(minutes=10))
    checks_in(db, person, first.id)
    with pytest.raises(rules.StillElsewhere, match="清理楼道"):
        checks_in(db, person, second.id)
    checks_out(db, person, first.id)
    assert isinstance(checks_in(db, person, second.id), SignUpView)
    clock.set(END + timedelta(minutes=15))
    checks_out(db, person, second.id)
    assert minutes_of(db, person) == [15, 0]


def test_an_activity_that_ended_without_check_out_holds_nobody_back(
    db: Transactions, clock: SetClock
):
    person = registered(db).id
    first = published(db)
    second = published(db, starts_at=END, ends_at=END + timedelta(hours=1))
    for one in (first, second):
        signed_up(db, person, one.id)
    clock.set(START)
    checks_in(db, person, first.id)
    clock.set(END)
    assert isinstance(checks_in(db, person, second.id), SignUpView)
    clock.set(END + timedelta(minutes=30))
    for one in (first, second):
        checks_out(db, person, one.id)
    assert minutes_of(db, person) == [30, 120]


def test_of_two_check_ins_at_once_at_two_activities_one_is_refused(
    db: Transactions, clock: SetClock
):
    person = registered(db).id
    calls = [
        published(db),
        published(db, starts_at=END, ends_at=END + timedelta(hours=1)),
    ]
    for one in calls:
        signed_up(db, person, one.id)
    clock.set(END - timedelta(minutes=10))
    codes = [code_of(db, one.id) for one in calls]
    outcomes = at_once(
        lambda: checks_in(db, person, calls[0].id, codes[0]),
        lambda: checks_in(db, person, calls[1].id, codes[1]),
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["SignUpView", "StillElsewhere"]
    assert counts(db)["attendances"] == 1


def test_the_same_check_in_at_once_is_one_attendance(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    outcomes = at_once(*[lambda: checks_in(db, *coming)] * 4)
    assert [type(one) for one in outcomes] == [SignUpView] * 4
    assert counts(db)["attendances"] == 1


def test_a_double_check_out_is_one_entry(
    db: Transactions, clock: SetClock, coming: tuple[UUID, UUID]
):
    clock.set(START)
    checks_in(db, *coming)
    clock.set(END)
    outcomes = at_once(*[lambda: checks_out(db, *coming)] * 4)
    assert [one.state for one in outcomes] == ["checked_out"] * 4
    assert minutes_of(db, coming[0]) == [120]
    assert [name for name, _ in outbox_of(db)].count("hours_recorded.v1") == 1
