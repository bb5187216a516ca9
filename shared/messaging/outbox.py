"""Owns the only way to publish: a row in the outbox, in the same commit as its cause."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from shared import tracing
from shared.clock import real_now
from shared.ids import new_id
from shared.messaging.envelope import seal
from shared.messaging.tables import OutboxRow

CHANNEL = "outbox"
"""What the relay LISTENs to."""

_TOUCHED = "linli_outbox_touched"


def add(session: Session, data: Any) -> UUID:
    """Say `data`, an instance of a contract, when and only when this transaction commits.

    What the session holds is flushed first: the events of one aggregate then get their order
    under the lock on its row. It carries the current trace on. Returns the event's id.

    Raises:
        marshmallow.ValidationError: when the data breaks its contract; the caller's
            transaction fails with it, so nothing is stored that could not be said.
    """
    (event_id,) = add_all(session, (data,))
    return event_id


def add_all(session: Session, many: Iterable[Any]) -> list[UUID]:
    """Say several facts of one transaction, in their order; like `add`, in one statement."""
    session.flush()
    now = real_now()
    traceparent = tracing.traceparent()
    sealed = [seal(data, new_id(), now, traceparent) for data in many]
    if not sealed:
        return []
    session.execute(
        insert(OutboxRow),
        [
            {
                "event_id": event.id,
                "event_type": event.type,
                "subject": event.subject,
                "headers": event.headers,
                "body": event.body,
            }
            for event in sealed
        ],
    )
    session.info[_TOUCHED] = True
    return [event.id for event in sealed]


def wake_relay(session: Session) -> None:
    """Notify the relay at commit, if anything was added.

    Once a transaction and only then: NOTIFY takes a lock at commit that all databases of the
    server share.
    """
    if session.info.pop(_TOUCHED, False):
        session.execute(text(f"NOTIFY {CHANNEL}"))
