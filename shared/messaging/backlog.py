"""Owns the measure of what waits in an outbox; asked at each scrape, also while all else fails."""

import math
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.database import DatabaseUnavailable, Transactions
from shared.messaging.tables import OutboxRow


class Backlog:
    """Counts unsent rows; NaN while the database is away, so that an alert can tell."""

    def __init__(self, db: Transactions) -> None:
        self._db = db

    def rows(self) -> float:
        """Return how many rows the broker has not confirmed."""
        return self._ask(_count)

    def age_seconds(self) -> float:
        """Return the age of the oldest of them in seconds, 0 when there is none."""
        return self._ask(_age)

    def _ask(self, query: Callable[[Session], float]) -> float:
        try:
            return float(self._db.read(query))
        except DatabaseUnavailable:
            return math.nan


def _count(session: Session) -> int:
    return session.execute(
        select(func.count()).select_from(OutboxRow).where(OutboxRow.sent_at.is_(None))
    ).scalar_one()


def _age(session: Session) -> float:
    oldest = session.execute(
        select(OutboxRow.created_at)
        .where(OutboxRow.sent_at.is_(None))
        .order_by(OutboxRow.position)
        .limit(1)
    ).scalar()
    return (real_now() - oldest).total_seconds() if oldest else 0.0
