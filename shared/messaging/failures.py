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
from shared.messaging.tables import FailedEvent, InboxRow
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

OPEN_STATES = ("waiting", "parked")
"""The others, `handled` and `discarded`, are for good."""

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
    """Store a failed message; return its state: `waiting`, `parked`, or how it was settled.

    Delivered again, the same event is stored once, and what became of it meanwhile stays: who
    discarded it is not asked again.
    """
    headers = kept(failure.headers)
    event_id = identity(headers)
    due = None if failure.hopeless else next_try(1, real_now())
    state = "parked" if due is None else "waiting"
    stored = session.execute(
        insert(FailedEvent)
        .values(
            id=new_id(),
            queue=failure.queue,
            event_id=event_id,
            event_type=headers.get("ce-type", ""),
            headers=headers,
            body=failure.body,
            state=state,
            attempts=1,
            error=failure.error,
            next_attempt_at=due,
        )
        .on_conflict_do_nothing(index_elements=["queue", "event_id"])
        .returning(FailedEvent.state)
    ).scalar()
    if stored is not None:
        return stored
    stands = select(FailedEvent.state).where(
        FailedEvent.queue == failure.queue, FailedEvent.event_id == event_id
    )
    return session.scalars(stands).one()


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
    """Note that a retry succeeded; nothing to note when the row was settled meanwhile."""
    row = session.get_one(FailedEvent, retry_id, with_for_update=True)
    if row.state in OPEN_STATES:
        row.state, row.next_attempt_at, row.settled_at = "handled", None, real_now()


def settle_failed(session: Session, retry_id: UUID, error: str, hopeless: bool) -> str:
    """Note that a retry failed; return the row's state.

    A try that outlived its lease changes nothing: others have tried, parked or settled the row.
    """
    row = session.get_one(FailedEvent, retry_id, with_for_update=True)
    if row.state != "waiting":
        return row.state
    row.attempts += 1
    row.error = error
    row.next_attempt_at = None if hopeless else next_try(row.attempts, real_now())
    row.state = "parked" if row.next_attempt_at is None else "waiting"
    return row.state


def settle_effective(session: Session, limit: int) -> int:
    """Settle up to `limit` parked rows whose event was delivered again and then had its effect.

    The inbox knows. Returns how many there were.
    """
    effective = (
        select(FailedEvent.id)
        .join(
            InboxRow,
            (InboxRow.consumer == FailedEvent.queue) & (InboxRow.event_id == FailedEvent.event_id),
        )
        .where(FailedEvent.state == "parked")
        .order_by(FailedEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=FailedEvent)
        .cte("effective")
    )
    settled = session.execute(
        update(FailedEvent)
        .where(FailedEvent.id.in_(select(effective.c.id)))
        .values(state="handled", settled_at=real_now())
        .returning(FailedEvent.id)
        .execution_options(synchronize_session=False)
    )
    return len(settled.all())


def count_by_state(session: Session) -> dict[str, int]:
    """Return how many rows wait for a retry and how many are parked."""
    rows = session.execute(
        select(FailedEvent.state, func.count())
        .where(FailedEvent.state.in_(OPEN_STATES))
        .group_by(FailedEvent.state)
    )
    return {"waiting": 0, "parked": 0} | {state: count for state, count in rows}
