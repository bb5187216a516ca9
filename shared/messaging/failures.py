"""Owns events whose handler failed: kept in the service's own database, tried again, parked.

Retries are rows, not messages: any delay, no retry queues, nobody else's queue blocked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.ids import new_id
from shared.messaging.envelope import identity, kept
from shared.messaging.tables import FailedEvent
from shared.text import storable

RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
"""Waits before the tries after the first; then the event is parked for a person."""

LEASE = timedelta(minutes=5)
"""How long a try may take before another worker may try the row."""

_LONGEST_ERROR = 500


@dataclass(frozen=True)
class Failure:
    """A message that could not be handled, as it came from the broker."""

    queue: str
    headers: Mapping[str, Any] | None
    body: bytes
    error: str
    hopeless: bool
    """True when trying again can't help: parked at once."""


@dataclass(frozen=True)
class DueRetry:
    """A failed event whose next try is due, leased to this worker."""

    id: UUID
    queue: str
    headers: Mapping[str, str]
    body: bytes


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when an event that failed `attempts` times is tried again; None: never, park it."""
    if attempts > len(RETRY_DELAYS):
        return None
    return now + RETRY_DELAYS[attempts - 1]


def describe(error: BaseException) -> str:
    """Return an error's class and first line: enough to act on, and no payload."""
    lines = str(error).splitlines()
    return storable(f"{type(error).__name__}: {lines[0] if lines else ''}")[:_LONGEST_ERROR]


def keep(session: Session, failure: Failure) -> str:
    """Store a failed message; return its state, `waiting` or `parked`.

    Delivered again after a crash, the same event is stored once.
    """
    headers = kept(failure.headers)
    due = None if failure.hopeless else next_try(1, real_now())
    state = "parked" if due is None else "waiting"
    session.execute(
        insert(FailedEvent)
        .values(
            id=new_id(),
            queue=failure.queue,
            event_id=identity(headers),
            event_type=headers.get("ce-type", ""),
            headers=headers,
            body=failure.body,
            state=state,
            attempts=1,
            error=failure.error,
            next_attempt_at=due,
        )
        .on_conflict_do_nothing(index_elements=["queue", "event_id"])
    )
    return state


def take_due(session: Session, limit: int) -> list[DueRetry]:
    """Lease up to `limit` due rows to this worker; others pass them over until the lease ends."""
    now = real_now()
    due = (
        select(FailedEvent.id)
        .where(FailedEvent.state == "waiting", FailedEvent.next_attempt_at <= now)
        .order_by(FailedEvent.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    leased = session.execute(
        update(FailedEvent)
        .where(FailedEvent.id.in_(select(due.c.id)))
        .values(next_attempt_at=now + LEASE)
        .returning(FailedEvent.id, FailedEvent.queue, FailedEvent.headers, FailedEvent.body)
        .execution_options(synchronize_session=False)
    )
    return [DueRetry(row.id, row.queue, row.headers, row.body) for row in leased]


def settle_handled(session: Session, retry_id: UUID) -> None:
    """Note that a retry succeeded."""
    row = session.get_one(FailedEvent, retry_id, with_for_update=True)
    row.state, row.next_attempt_at, row.settled_at = "handled", None, real_now()


def settle_failed(session: Session, retry_id: UUID, error: str, hopeless: bool) -> str:
    """Note that a retry failed; return the row's new state, `waiting` or `parked`."""
    row = session.get_one(FailedEvent, retry_id, with_for_update=True)
    row.attempts += 1
    row.error = error
    row.next_attempt_at = None if hopeless else next_try(row.attempts, real_now())
    row.state = "parked" if row.next_attempt_at is None else "waiting"
    return row.state


def count_by_state(session: Session) -> dict[str, int]:
    """Return how many rows wait for a retry and how many are parked."""
    rows = session.execute(
        select(FailedEvent.state, func.count())
        .where(FailedEvent.state.in_(("waiting", "parked")))
        .group_by(FailedEvent.state)
    )
    return {"waiting": 0, "parked": 0} | {state: count for state, count in rows}
