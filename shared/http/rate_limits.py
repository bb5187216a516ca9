"""Owns how often somebody may do one thing: counted in PostgreSQL, for all processes together.

Whoever counts what may be refused, counts in a transaction of its own: a refusal rolls back what
was done in the same one. Subjects are kept as keyed hashes; the table names nobody.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Integer, LargeBinary, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from shared.deadlines import seconds_until
from shared.errors import TooMany
from shared.privacy import keyring

_BATCH_ROWS = 500
_COUNT = text("""
    INSERT INTO rate_limits AS held (what, subject_hash, used, ends_at)
    VALUES (:what, :subject, 1, :ends_at)
    ON CONFLICT (what, subject_hash) DO UPDATE SET
        used = CASE WHEN held.ends_at <= :now THEN 1 ELSE held.used + 1 END,
        ends_at = CASE WHEN held.ends_at <= :now THEN :ends_at ELSE held.ends_at END
    RETURNING used, ends_at
""")
_OVER = text("""
    DELETE FROM rate_limits WHERE (what, subject_hash) IN (
        SELECT what, subject_hash FROM rate_limits WHERE ends_at < :now
        ORDER BY ends_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")


class RateLimitBase(DeclarativeBase):
    """The registry of this table, apart from each service's own."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, int: Integer}


class RateLimit(RateLimitBase):
    """How often somebody did one thing in the window that ends at `ends_at`."""

    __tablename__ = "rate_limits"

    what: Mapped[str] = mapped_column(primary_key=True)
    subject_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used: Mapped[int]
    ends_at: Mapped[datetime]


def take(session: Session, subject: str, what: str, most: int, seconds: int, now: datetime) -> None:
    """Count one more of `what` for a subject, and refuse it when there were `most` before.

    The window begins with the first and lasts `seconds`; `now` is real time.

    Raises:
        TooMany: it says in how many seconds the window ends.
    """
    used, ends_at = _counted(session, subject, what, seconds, now)
    if used > most:
        raise TooMany(seconds_until(ends_at, now))


def count(session: Session, subject: str, what: str, seconds: int, now: datetime) -> None:
    """Count one more of `what` for a subject; `require_left` refuses when it was too much."""
    _counted(session, subject, what, seconds, now)


def require_left(session: Session, subject: str, what: str, most: int, now: datetime) -> None:
    """Refuse when `what` happened `most` times in the subject's window; count nothing.

    Raises:
        TooMany: it says in how many seconds the window ends.
    """
    held = session.get(RateLimit, (what, subject_hash(session, what, subject)))
    if held is not None and held.ends_at > now and held.used >= most:
        raise TooMany(seconds_until(held.ends_at, now))


def delete_over(session: Session, now: datetime) -> int:
    """Delete a batch of windows that are over, and return how many; `now` is real time."""
    done = session.connection().execute(_OVER, {"now": now, "rows": _BATCH_ROWS})
    return done.rowcount


def subject_hash(session: Session, what: str, subject: str) -> bytes:
    """Return what stands for a subject where nobody is to be named."""
    return keyring.of(session).blind_index(f"limit {what}", subject)


def _counted(
    session: Session, subject: str, what: str, seconds: int, now: datetime
) -> tuple[int, datetime]:
    row: dict[str, Any] = {
        "what": what,
        "subject": subject_hash(session, what, subject),
        "now": now,
        "ends_at": now + timedelta(seconds=seconds),
    }
    used, ends_at = session.execute(_COUNT, row).one()
    return used, ends_at
