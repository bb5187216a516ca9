"""Owns how a moment to come is reckoned: the end of natural days in China, seconds to wait."""

from datetime import UTC, datetime, time, timedelta

from shared.clock import SHANGHAI


def end_of_natural_days(since: datetime, days: int) -> datetime:
    """Return the first moment, in UTC, after the last of so many natural days.

    The day of `since` in Shanghai doesn't count; the last day ends at 24:00 Shanghai. The counting
    follows 民法典 第二百零一条 (the first day is not counted) and 第二百零三条 (the last day ends
    at 24:00).
    """
    day = since.astimezone(SHANGHAI).date() + timedelta(days=days + 1)
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def seconds_until(moment: datetime, now: datetime) -> int:
    """Return whole seconds after which `moment` has come, at least 1."""
    left = moment - now
    return max(1, left // timedelta(seconds=1) + (1 if left % timedelta(seconds=1) else 0))
