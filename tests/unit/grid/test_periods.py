"""Periods of days against a look at each day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.periods import Period, between, common, joined

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(16)]
PERIOD = st.tuples(st.integers(0, 9), st.none() | st.integers(1, 5)).map(
    lambda one: Period(DAYS[one[0]], one[1] and DAYS[one[0] + one[1]])
)
PERIODS = st.lists(PERIOD, max_size=5)


def days_of(periods: tuple[Period, ...] | list[Period]) -> set[date]:
    return {day for day in DAYS for period in periods if period.holds(day)}


@given(periods=PERIODS)
def test_joined_periods_have_the_same_days_and_do_not_touch(periods: list[Period]) -> None:
    found = joined(periods)
    assert days_of(found) == days_of(periods)
    for one, other in zip(found, found[1:], strict=False):
        assert one.past is not None and one.past < other.first


@given(period=PERIOD, taken=PERIODS)
def test_what_lies_between_is_what_is_not_taken(period: Period, taken: list[Period]) -> None:
    assert days_of(between(period, taken)) == days_of([period]) - days_of(taken)


@given(ours=PERIODS, theirs=PERIODS)
def test_common_days_lie_in_both(ours: list[Period], theirs: list[Period]) -> None:
    assert days_of(common(ours, theirs)) == days_of(ours) & days_of(theirs)


def test_the_last_day_is_the_one_before_the_end() -> None:
    assert Period(DAYS[0], DAYS[3]).last == DAYS[2]
    assert Period(DAYS[0]).last is None
