"""Owns the leap of versions after a restore: what is said next outranks what was said and lost.

Hearers ignore an event whose version isn't above the one they applied (rule 6). A producer that
was restored gives versions of the lost days out again, and hearers would pass over its changes;
who holds an ETag of the lost days could overwrite what they never saw. Gaps are allowed.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.messaging.aggregates import declared_by

STEP = 1_000
"""More changes than one thing has between two backups."""


def leap(session: Session, service: str) -> int:
    """Raise every version and counter of a service by `STEP`; return how many rows that were."""
    changed = 0
    for column in declared_by(service).leaping():
        rows = sa.table(column.table, sa.column(column.column, sa.BigInteger))
        number = rows.c[column.column]
        raised = sa.update(rows).values({number: number + STEP}).where(sa.text(column.changing))
        changed += session.connection().execute(raised).rowcount
    return changed
