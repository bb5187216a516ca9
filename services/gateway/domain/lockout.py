"""Owns how often a password may be guessed: five tries in a quarter of an hour, then waiting.

A try counts from its beginning and not from its failure, so that a hundred at once are five too.
The right password forgets all of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.deadlines import seconds_until
from shared.errors import TooMany

TRIES = 5
WITHIN = timedelta(minutes=15)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""How long nobody may try after the first five, the second five, …; the last holds from then on."""
FORGOTTEN_AFTER = timedelta(hours=24)
"""After so long without a try the waits begin again with the shortest."""

MISTAKES_PER_MINUTE = 30
"""So many wrong tries may come from one address; an office behind one address has many staff."""


@dataclass(frozen=True)
class Tries:
    """What was tried for one username."""

    count: int
    since: datetime
    """When the first of these tries was made."""
    last_at: datetime
    waits: int = 0
    """How often there was reason to wait, since the last right password."""
    locked_until: datetime | None = None


def try_again(before: Tries | None, now: datetime) -> Tries:
    """Return the tries with one more, begun at `now`; the fifth locks what comes after it.

    Raises:
        TooMany: while nobody may try.
    """
    if before is None or now - before.last_at >= FORGOTTEN_AFTER:
        return Tries(1, now, now)
    if before.locked_until is not None and now < before.locked_until:
        raise TooMany(seconds_until(before.locked_until, now))
    if before.locked_until is not None or now - before.since >= WITHIN:
        return Tries(1, now, now, before.waits)
    count = before.count + 1
    if count < TRIES:
        return Tries(count, before.since, now, before.waits)
    wait = WAITS[min(before.waits, len(WAITS) - 1)]
    return Tries(count, before.since, now, before.waits + 1, now + wait)
