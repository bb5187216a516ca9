"""Owns the making of parked events for tests."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.clock import real_now
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging import failures
from shared.messaging.envelope import Event, Sealed, seal, unseal
from tests.factories import finding_raised

QUEUE = "grid.on_finding_raised"
OPERATOR = "operator:test"
INBOX = timedelta(days=90)
"""How long the inbox remembers, as the doors tell the use cases."""


def sealed(age: timedelta = timedelta(0), **values: Any) -> Sealed:
    """Return an event as it travels, said some time ago."""
    return seal(finding_raised(**values), new_id(), real_now() - age)


def event_of(message: Sealed, queue: str = QUEUE) -> Event:
    """Return the event that a queue delivers."""
    return unseal(queue, message.headers, message.body)


def fail(
    db: Transactions, message: Sealed, queue: str = QUEUE, hopeless: bool = True, **headers: str
) -> UUID:
    """Let the handling of a message fail; return the id of its row, parked when hopeless."""
    failure = failures.Failure(
        queue, message.headers | headers, message.body, "Rejected: 不符合规则", hopeless
    )
    db.change(failures.keep, failure)
    found = "SELECT id FROM failed_events ORDER BY id DESC LIMIT 1"
    with db.engine.connect() as connection:
        return UUID(str(connection.execute(text(found)).scalar_one()))


def park(db: Transactions, **values: Any) -> UUID:
    """Park a fresh event; return the id of its row."""
    return fail(db, sealed(**values))


def column(db: Transactions, query: str) -> list[Any]:
    """Return the first column of a query."""
    with db.engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def execute(db: Transactions, statement: str, **values: Any) -> None:
    """Change rows as time or another version would have."""
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)
