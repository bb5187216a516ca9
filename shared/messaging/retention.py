"""Owns what of delivery and of answered requests is forgotten, and when: by batches, oldest first.

Several workers may delete at once: rows that another has locked are passed over. Outbox rows
that were not sent and events that are parked stay for ever.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from shared.config import BadConfiguration, number

BATCH_ROWS = 5_000
"""Deleted with one commit: 13 to 36 ms (tried), so that nobody waits and a stop is soon."""

LEAST_DAYS = 8
"""A week of backups and a day of margin: who restores one sends again what it doesn't know as sent,
and the inboxes of the others must still know it."""

ANSWERS_KEPT = timedelta(hours=24)
"""So long a repeated request with the same Idempotency-Key gets the same answer; docs/openapi says
so to callers."""

Delete = Callable[[Session, datetime, int], int]


@dataclass(frozen=True)
class Periods:
    """How long each table remembers."""

    inbox: timedelta
    outbox: timedelta
    failed_events: timedelta

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Periods":
        """Return the periods of this installation.

        Raises:
            BadConfiguration: when one is shorter than a backup may be old, or an inbox would
                forget an event that an outbox can still send again.
        """
        periods = cls(
            inbox=_days("LINLI_INBOX_DAYS", 90, environ),
            outbox=_days("LINLI_OUTBOX_DAYS", 30, environ),
            failed_events=_days("LINLI_FAILED_EVENT_DAYS", 90, environ),
        )
        if periods.inbox <= periods.outbox:
            raise BadConfiguration("LINLI_INBOX_DAYS must be more than LINLI_OUTBOX_DAYS")
        return periods


def _days(name: str, default: int, environ: Mapping[str, str]) -> timedelta:
    days = number(name, default, environ)
    if not LEAST_DAYS <= days <= 36_500:
        raise BadConfiguration(f"{name} must be {LEAST_DAYS} days or more, not {days}")
    return timedelta(days=days)


_CLAIMS = text("""
    DELETE FROM inbox WHERE (consumer, event_id) IN (
        SELECT consumer, event_id FROM inbox WHERE claimed_at < :before
        ORDER BY claimed_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

# By position, which needs no index on sent_at: marking as sent is the relay's hottest statement.
# A row that was sent late holds up to a batch of later ones back, it never lets one go too early.
_SENT = text("""
    DELETE FROM outbox WHERE position IN (
        SELECT position FROM (
            SELECT position, sent_at FROM outbox WHERE sent_at IS NOT NULL
            ORDER BY position LIMIT :rows FOR UPDATE SKIP LOCKED
        ) AS oldest WHERE sent_at < :before)
""")

_ANSWERS = text("""
    DELETE FROM idempotency_keys WHERE (caller_id, key) IN (
        SELECT caller_id, key FROM idempotency_keys WHERE created_at < :before
        ORDER BY created_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

_SETTLED = text("""
    DELETE FROM failed_events WHERE id IN (
        SELECT id FROM failed_events
        WHERE settled_at < :before AND state IN ('handled', 'discarded')
        ORDER BY settled_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")


def delete_claims(session: Session, before: datetime, rows: int) -> int:
    """Forget up to `rows` claims made before a time; return how many."""
    return _delete(session, _CLAIMS, before, rows)


def delete_sent(session: Session, before: datetime, rows: int) -> int:
    """Delete up to `rows` outbox rows that were sent before a time; return how many."""
    return _delete(session, _SENT, before, rows)


def delete_settled(session: Session, before: datetime, rows: int) -> int:
    """Delete up to `rows` failed events settled before a time, with their steps."""
    return _delete(session, _SETTLED, before, rows)


def delete_answers(session: Session, before: datetime, rows: int) -> int:
    """Forget up to `rows` answers to requests with an Idempotency-Key, given before a time."""
    return _delete(session, _ANSWERS, before, rows)


def _delete(session: Session, statement: TextClause, before: datetime, rows: int) -> int:
    done = session.connection().execute(statement, {"before": before, "rows": rows})
    return done.rowcount
