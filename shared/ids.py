"""Owns identifiers: time-ordered UUIDs (RFC 9562, version 7)."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUIDv7: unique everywhere, and sorted by the time it was made."""
    return uuid7()


def made_at(identifier: UUID) -> datetime:
    """Return when a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> _BELOW_TIME) / 1000, UTC)


def first_id_of(at: datetime) -> UUID:
    """Return the lowest identifier of a time: all that were made before are smaller."""
    return UUID(int=int(at.timestamp() * 1000) << _BELOW_TIME)


_BELOW_TIME = 80
"""Bits behind the 48 that hold milliseconds since 1970."""
