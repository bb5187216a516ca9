"""Who holds an office on which days."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.holding import (
    ANSWERING,
    Appointment,
    Holding,
    OnePersonOnDay,
    PeriodBackwards,
    answering,
    appointed,
    doubled,
    next_change,
    require_two_persons_each_day,
    vacancies,
    vacant_on,
)
from services.grid.domain.periods import Period

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(12)]
PERSONS = [UUID(int=n) for n in range(1, 5)]
PERIODS = st.tuples(st.integers(0, 9), st.none() | st.integers(1, 6)).map(
    lambda one: (DAYS[one[0]], one[1] and DAYS[one[0]] + timedelta(days=one[1]))
)
APPOINTMENTS = st.builds(
    lambda office, person, period, acting: Appointment(office, person, *period, acting),
    st.sampled_from(["first", "direct", "coordinator"]),
    st.sampled_from([None, *PERSONS]),
    PERIODS,
    st.booleans(),
)


def person(number: int) -> UUID:
    return UUID(int=number)


def after(*appointments: Appointment) -> tuple[Holding, ...]:
    held: tuple[Holding, ...] = ()
    for one in appointments:
        held = appointed(held, one)
    return held


@given(appointments=st.lists(APPOINTMENTS, max_size=8))
def test_the_last_appointment_for_a_day_decides_who_holds_it(
    appointments: list[Appointment],
) -> None:
    held = after(*appointments)
    for day in DAYS:
        for office in ("first", "direct", "coordinator"):
            said = {
                acting: [
                    one.person_id
                    for one in appointments
                    if (one.office, one.acting) == (office, acting)
                    and Period(one.since, one.until).holds(day)
                ]
                for acting in (True, False)
            }
            deputy, regular = (said[acting][-1] if said[acting] else None for acting in said)
            assert answering(held, office, day) == (deputy or regular)


@given(appointments=st.lists(APPOINTMENTS, max_size=8))
def test_no_two_hold_one_office_at_once_and_what_goes_on_is_one(
    appointments: list[Appointment],
) -> None:
    held = after(*appointments)
    for one in held:
        others = [o for o in held if (o.office, o.acting) == (one.office, one.acting) and o != one]
        assert not any(one.period.holds(other.since) for other in others)
        assert not any((o.since, o.person_id) == (one.until, one.person_id) for o in others)


@given(appointments=st.lists(APPOINTMENTS, max_size=8), since=st.sampled_from(DAYS))
def test_vacancies_and_changes_are_those_of_a_look_at_each_day(
    appointments: list[Appointment], since: date
) -> None:
    held = after(*appointments)
    ahead = [day for day in DAYS if day >= since]
    for office in ANSWERING:
        missing = vacancies(held, office, since)
        for day in ahead:
            assert any(p.holds(day) for p in missing) == (answering(held, office, day) is None)
            assert (office in vacant_on(held, day)) == (answering(held, office, day) is None)
    for day in ahead:
        both = {answering(held, office, day) for office in ANSWERING}
        same = len(both) == 1 and None not in both
        assert any(period.holds(day) for period in doubled(held, since)) == same
    change = next_change(held, since)
    for day in ahead:
        if change is None or day < change:
            assert vacant_on(held, day) == vacant_on(held, since)


@given(appointments=st.lists(APPOINTMENTS, max_size=6))
def test_two_persons_are_asked_for_on_each_day_deputies_counted(
    appointments: list[Appointment],
) -> None:
    held = after(*appointments)
    there = {
        day: [one.person_id for one in held if one.office in ANSWERING and one.period.holds(day)]
        for day in [*DAYS, *(DAYS[-1] + timedelta(days=n) for n in range(1, 8))]
    }
    bad = [day for day, persons in there.items() if len(persons) != len(set(persons))]
    if not bad:
        require_two_persons_each_day(held, "person_id")
        return
    with pytest.raises(OnePersonOnDay) as refused:
        require_two_persons_each_day(held, "person_id")
    assert str(min(bad)) in refused.value.text("zh")
    assert refused.value.field == "person_id"


def test_an_absence_is_filled_by_a_deputy_and_then_ends() -> None:
    held = after(
        Appointment("first", person(1), DAYS[0]),
        Appointment("first", person(2), DAYS[3], DAYS[5], acting=True),
    )
    who = [answering(held, "first", day) for day in DAYS[2:6]]
    assert who == [person(1), person(2), person(2), person(1)]


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    for until in (DAYS[1], DAYS[0]):
        with pytest.raises(PeriodBackwards):
            appointed((), Appointment("first", person(1), DAYS[1], until))
