"""Owns how tests look: what stands in an outbox, and waiting for what must become true."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database import Transactions
from shared.messaging.envelope import unseal
from shared.messaging.tables import OutboxRow

Value = TypeVar("Value")


def outbox_of(db: Transactions) -> list[tuple[str, Any]]:
    """Return (event type, data) of every row not sent yet, in the order of the outbox."""
    with Session(db.engine) as session:
        rows = session.scalars(
            select(OutboxRow).where(OutboxRow.sent_at.is_(None)).order_by(OutboxRow.position)
        )
        return [(row.event_type, unseal("test", row.headers, row.body).data) for row in rows]


def eventually(look: Callable[[], Value], seconds: float = 20.0, what: str = "") -> Value:
    """Return the first true value that `look` gives; fail when the deadline passes.

    An assertion that fails while looking counts as not yet true.
    """
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            if value := look():
                return value
            last = value
        except AssertionError as error:
            last = error
        time.sleep(0.02)
    raise AssertionError(f"not true within {seconds:g} s: {what or look}; last: {last!r}")
