"""Owns identifiers: time-ordered UUIDs (RFC 9562, version 7)."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUIDv7: unique everywhere, and sorted by the time it was made."""
    return uuid7()
