"""Owns arithmetic on periods of days: what lies in several, what lies in none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Period:
    """Days from the first until before `past` (none: for ever)."""

    first: date
    past: date | None = None

    @property
    def last(self) -> date | None:
        """The last of the days."""
        return None if self.past is None else self.past - timedelta(days=1)

    def holds(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return self.first <= day and (self.past is None or day < self.past)


def joined(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Return the days of all the periods as few periods that don't touch, in order."""
    found: list[Period] = []
    for one in sorted(periods, key=lambda period: period.first):
        before = found[-1] if found else None
        if before is None or (before.past is not None and before.past < one.first):
            found.append(one)
        elif before.past is not None:
            past = None if one.past is None else max(one.past, before.past)
            found[-1] = Period(before.first, past)
    return tuple(found)


def between(period: Period, taken: Iterable[Period]) -> tuple[Period, ...]:
    """Return the days of a period that lie in none of those taken."""
    free: list[Period] = []
    at = period.first
    for one in joined(taken):
        if period.past is not None and one.first >= period.past:
            break
        if one.first > at:
            free.append(Period(at, one.first))
        if one.past is None:
            return tuple(free)
        at = max(at, one.past)
    if period.past is None or at < period.past:
        free.append(Period(at, period.past))
    return tuple(free)


def common(ours: Iterable[Period], theirs: Iterable[Period]) -> tuple[Period, ...]:
    """Return the days that lie in both."""
    others = joined(theirs)
    found = []
    for one in joined(ours):
        for other in others:
            first = max(one.first, other.first)
            ends = [past for past in (one.past, other.past) if past is not None]
            past = min(ends, default=None)
            if past is None or first < past:
                found.append(Period(first, past))
    return tuple(found)
