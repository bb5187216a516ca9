"""Owns the proof of "one person, one clock", against an oracle that counts minute by minute."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.volunteers.domain.one_clock import Interval, uncounted, union, whole_minutes

MIDNIGHT = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
DAY = 24 * 60
Minutes = set[int]


def interval(start: int, end: int) -> Interval:
    """Return an interval by its minutes after midnight."""
    return Interval(MIDNIGHT + timedelta(minutes=start), MIDNIGHT + timedelta(minutes=end))


def minutes_of(one: Interval) -> Minutes:
    """Return each minute of an interval: the oracle knows nothing of sorting or joining."""
    first, last = (int((t - MIDNIGHT).total_seconds() // 60) for t in (one.start, one.end))
    return set(range(first, last))


def all_minutes(intervals: list[Interval]) -> Minutes:
    return {minute for one in intervals for minute in minutes_of(one)}


INTERVALS = st.builds(
    lambda ends: interval(*sorted(ends)), st.tuples(*[st.integers(0, 3 * DAY)] * 2)
)
NEAR = st.builds(lambda ends: interval(*sorted(ends)), st.tuples(*[st.integers(0, 40)] * 2))


@given(st.lists(NEAR, max_size=8))
def test_overlapping_time_counts_once(intervals: list[Interval]):
    assert whole_minutes(intervals) == len(all_minutes(intervals))


def test_ten_thousand_random_sets_count_as_the_oracle_counts():
    chance = random.Random(20261123)
    for _ in range(10_000):
        ends = [sorted(chance.choices(range(90), k=2)) for _ in range(chance.randrange(9))]
        intervals = [interval(*both) for both in ends]
        assert whole_minutes(intervals) == len(all_minutes(intervals))


@given(st.lists(INTERVALS, max_size=20))
def test_a_union_is_the_same_time_in_order_with_gaps_between(intervals: list[Interval]):
    joined = union(intervals)
    assert all_minutes(joined) == all_minutes(intervals)
    assert all(one.start < one.end for one in joined)
    assert all(one.end < after.start for one, after in zip(joined, joined[1:], strict=False))
    assert union(joined) == joined


@given(NEAR, st.lists(NEAR, max_size=8))
def test_what_was_counted_is_not_counted_again(served: Interval, counted: list[Interval]):
    fresh = uncounted(served, counted)
    assert all_minutes(fresh) == minutes_of(served) - all_minutes(counted)
    assert whole_minutes([*fresh, *counted]) == whole_minutes([served, *counted])


@given(st.lists(INTERVALS, max_size=30))
def test_nobody_serves_more_than_a_day_in_a_day(intervals: list[Interval]):
    for day in range(3):
        within = interval(day * DAY, (day + 1) * DAY)
        inside = [
            Interval(max(one.start, within.start), min(one.end, within.end))
            for one in intervals
            if one.overlaps(within)
        ]
        assert whole_minutes(inside) <= DAY


def test_minutes_are_rounded_down_once_and_not_for_each_part():
    half = timedelta(seconds=30)
    parts = [
        Interval(MIDNIGHT, MIDNIGHT + half),
        Interval(MIDNIGHT + 2 * half, MIDNIGHT + 3 * half),
    ]
    assert whole_minutes(parts) == 1
    assert whole_minutes(parts[:1]) == 0
    assert whole_minutes([Interval(MIDNIGHT, MIDNIGHT + 4 * half - timedelta(microseconds=1))]) == 1


def test_one_that_begins_when_another_ends_does_not_overlap_it():
    assert not interval(0, 60).overlaps(interval(60, 120))
    assert interval(0, 61).overlaps(interval(60, 120))
    assert not interval(60, 60).overlaps(interval(60, 120))
