"""Five tries in a quarter of an hour, then waits of 1, 5, 15 and 60 minutes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.lockout import FORGOTTEN_AFTER, Tries, try_again
from shared.deadlines import seconds_until
from shared.errors import TooMany

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def five(before: Tries | None, start: datetime) -> Tries:
    """Return the tries after five more, a second apart, that began at `start`."""
    for step in range(5):
        before = try_again(before, start + step * SECOND)
    assert before is not None
    return before


def refused(tries: Tries, at: datetime) -> int:
    with pytest.raises(TooMany) as caught:
        try_again(tries, at)
    return caught.value.retry_after


def test_the_first_four_tries_lock_nothing() -> None:
    tries = None
    for step in range(4):
        tries = try_again(tries, NOON + step * SECOND)
        assert (tries.count, tries.locked_until) == (step + 1, None)


def test_the_fifth_try_goes_on_and_locks_what_comes_after_it() -> None:
    tries = five(None, NOON)
    assert tries.locked_until == NOON + 4 * SECOND + MINUTE
    assert refused(tries, NOON + 4 * SECOND) == 60
    assert refused(tries, NOON + 4 * SECOND + MINUTE - SECOND) == 1


def test_at_the_end_of_the_wait_one_may_try_again() -> None:
    tries = five(None, NOON)
    again = try_again(tries, NOON + 4 * SECOND + MINUTE)
    assert (again.count, again.waits, again.locked_until) == (1, 1, None)


def test_waits_grow_from_a_minute_to_an_hour_and_no_further() -> None:
    tries, start, waits = None, NOON, []
    for _ in range(6):
        tries = five(tries, start)
        assert tries.locked_until is not None
        waits.append((tries.locked_until - tries.last_at) // MINUTE)
        start = tries.locked_until
    assert waits == [1, 5, 15, 60, 60, 60]


@pytest.mark.parametrize(
    ("apart", "count"),
    [(timedelta(minutes=15) - SECOND, 2), (timedelta(minutes=15), 1)],
)
def test_tries_count_together_within_a_quarter_of_an_hour(apart: timedelta, count: int) -> None:
    assert try_again(try_again(None, NOON), NOON + apart).count == count


@pytest.mark.parametrize(("rest", "waits"), [(FORGOTTEN_AFTER - SECOND, 1), (FORGOTTEN_AFTER, 0)])
def test_after_a_day_without_a_try_waits_begin_with_the_shortest(
    rest: timedelta, waits: int
) -> None:
    tries = five(None, NOON)
    assert try_again(tries, tries.last_at + rest).waits == waits


@given(st.lists(st.integers(0, 4000), min_size=20, max_size=120))
def test_nobody_ever_tries_more_than_five_times_between_two_waits(gaps: list[int]) -> None:
    tries, now, passed = None, NOON, []
    for gap in gaps:
        now += gap * SECOND
        try:
            tries = try_again(tries, now)
        except TooMany:
            continue
        passed.append(now)
    for sixth, first in zip(passed[5:], passed, strict=False):
        assert sixth - first >= MINUTE


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(), 1),
        (timedelta(milliseconds=1), 1),
        (SECOND, 1),
        (timedelta(milliseconds=1001), 2),
        (MINUTE, 60),
        (-MINUTE, 1),
    ],
)
def test_seconds_to_wait_are_whole_and_long_enough(left: timedelta, seconds: int) -> None:
    assert seconds_until(NOON + left, NOON) == seconds
