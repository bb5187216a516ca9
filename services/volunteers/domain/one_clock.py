"""Owns "one person, one clock": time that lies in several intervals counts once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, order=True)
class Interval:
    """From a moment up to, and without, another; empty when they are the same."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Tell whether some time lies in both."""
        return self.start < other.end and other.start < self.end


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time as intervals that neither overlap nor touch, in their order."""
    joined: list[Interval] = []
    for one in sorted(interval for interval in intervals if interval.start < interval.end):
        if joined and one.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined


def uncounted(served: Interval, counted: Iterable[Interval]) -> list[Interval]:
    """Return the parts of an interval that lie in none of those counted already."""
    parts, start = [], served.start
    for one in union(counted):
        if one.start < served.end and one.end > start:
            parts.append(Interval(start, one.start))
            start = one.end
    parts.append(Interval(start, served.end))
    return union(parts)


def whole_minutes(intervals: Iterable[Interval]) -> int:
    """Return how many whole minutes the union of the intervals lasts, rounded down."""
    return sum((one.end - one.start for one in union(intervals)), timedelta()) // _MINUTE
