"""Owns sending again: outbox rows that were sent count as unsent, and the relay publishes them.

Whoever handled them has their claims and does nothing; whoever lost them, by a restore, handles
them now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Rejected
from shared.messaging.outbox import CHANNEL
from shared.messaging.retention import Periods
from shared.messaging.tables import OutboxRow

BATCH_ROWS = 5_000
_MARGIN = timedelta(days=1)
"""Clocks of hearers differ, and they take their time."""

_MARK = text("""
    WITH walked AS (
        SELECT position FROM outbox WHERE position > :after AND position <= :last
        ORDER BY position LIMIT :rows
    ), marked AS (
        UPDATE outbox SET sent_at = NULL FROM walked
        WHERE outbox.position = walked.position AND sent_at >= :since AND created_at >= :known
            AND (CAST(:event AS text) IS NULL OR event_type = :event)
        RETURNING outbox.position
    )
    SELECT (SELECT max(position) FROM walked), (SELECT count(*) FROM marked)
""")


class SinceTooOld(Rejected):
    """Of that time rows were deleted already, or hearers no longer know what they handled."""

    zh = "{since} 太早：已发送事件只保留 {days} 天，最早可从 {oldest} 起重发"
    en = "{since} is too old: sent events are kept {days} days; the earliest to send from: {oldest}"


class SinceInFuture(Rejected):
    """Nothing was sent after now."""

    zh = "{since} 在将来"
    en = "{since} is in the future"


@dataclass(frozen=True)
class Asked:
    """What is to be sent again: all that was sent since, or of one type."""

    since: datetime
    event_type: str | None = None


def oldest_since(now: datetime, periods: Periods) -> datetime:
    """Return the earliest time from which everything that was sent can be sent again."""
    return now - periods.outbox


def require_since(since: datetime, now: datetime, periods: Periods) -> None:
    """Refuse a time of which not all is left to send.

    Raises:
        SinceTooOld, SinceInFuture
    """
    oldest = oldest_since(now, periods)
    if since < oldest:
        days = periods.outbox.days
        raise SinceTooOld(since=_said(since), days=days, oldest=_said(oldest))
    if since > now:
        raise SinceInFuture(since=_said(since))


def resend(db: Transactions, asked: Asked, periods: Periods) -> int:
    """Mark as unsent what was sent since a time, batch by batch; return how many rows.

    Not those that are so old that an inbox may have forgotten them: they would have a second
    effect. The outbox is walked in the order of its positions, without an index on `sent_at`:
    marking rows as sent is the relay's hottest statement.

    Raises:
        SinceTooOld, SinceInFuture
        DatabaseUnavailable: when the database can't be reached; what was marked stays marked.
    """
    now = real_now()
    require_since(asked.since, now, periods)
    last = db.read(lambda session: session.scalar(select(func.max(OutboxRow.position))))
    values = {
        "since": asked.since,
        "event": asked.event_type,
        "known": now - periods.inbox + _MARGIN,
        "last": last or 0,
        "rows": BATCH_ROWS,
    }
    after: int | None = 0
    marked = 0
    while after is not None:
        after, count = db.change(_mark, values | {"after": after})
        marked += count
    return marked


def _mark(session: Session, values: dict[str, object]) -> tuple[int | None, int]:
    after, count = session.execute(_MARK, values).one()
    if count:
        session.execute(text(f"NOTIFY {CHANNEL}"))
    return after, count


def _said(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
