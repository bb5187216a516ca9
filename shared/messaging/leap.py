"""Owns the leap of versions after a restore: what is said next outranks what was said and lost.

Hearers ignore an event whose version isn't above the one they applied (rule 6). A producer that
was restored gives versions of the lost days out again, and hearers would pass over its changes;
who holds an ETag of the lost days could overwrite what they never saw. Gaps are allowed.

Each restore leaps further than the one before it: restored from the same backup again, a service
must outrank what it said after the first time.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.messaging.aggregates import declared_by

STEP = 1_000
"""More changes than one thing has between a backup and its restore, or between two restores."""


def distance(restores: int) -> int:
    """Return how far versions leap at the first restore of a service, at the second, and so on."""
    return STEP * restores


def leap(session: Session, service: str, restores: int, now: datetime) -> int:
    """Raise every version and counter of a service; return how many rows that were."""
    connection, declared = session.connection(), declared_by(service)
    for statement in declared.opening:
        connection.execute(sa.text(statement), {"now": now})
    changed = 0
    for column in declared.leaping():
        rows = sa.table(column.table, sa.column(column.column, sa.BigInteger))
        number = rows.c[column.column]
        raised = sa.update(rows).values({number: number + distance(restores)})
        changed += connection.execute(raised.where(sa.text(column.changing))).rowcount
    return changed
