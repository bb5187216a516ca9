"""Owns how often somebody may do one thing: counted in PostgreSQL, for all processes together.

Whoever counts what may be refused, counts in a transaction of its own: a refusal rolls back what
was done in the same one. Subjects are kept as keyed hashes; the tables name nobody.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.gateway.domain.lockout import Tries, seconds_until, try_again
from services.gateway.models.limits import RateLimit, SignInTries
from shared.errors import TooMany
from shared.privacy import keyring

_COUNT = text("""
    INSERT INTO rate_limits AS held (what, subject_hash, used, ends_at)
    VALUES (:what, :subject, 1, :ends_at)
    ON CONFLICT (what, subject_hash) DO UPDATE SET
        used = CASE WHEN held.ends_at <= :now THEN 1 ELSE held.used + 1 END,
        ends_at = CASE WHEN held.ends_at <= :now THEN :ends_at ELSE held.ends_at END
    RETURNING used, ends_at
""")


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
    held = session.get(RateLimit, (what, _hash(session, what, subject)))
    if held is not None and held.ends_at > now and held.used >= most:
        raise TooMany(seconds_until(held.ends_at, now))


def begin_try(session: Session, username: str, now: datetime) -> int | None:
    """Count a try of a password, begun at `now`; return the seconds of waiting that it causes.

    One at a time per username: of a hundred tries at once five go on.

    Raises:
        TooMany: while nobody may try.
    """
    hashed = username_hash(session, username)
    row = session.get(SignInTries, hashed, with_for_update=True)
    if row is None:
        first = insert(SignInTries).values(username_hash=hashed, **vars(try_again(None, now)))
        if session.execute(first.on_conflict_do_nothing().returning(SignInTries.count)).first():
            return None
        row = session.get_one(SignInTries, hashed, with_for_update=True)
    tries = try_again(_tries_of(row), now)
    for name, value in vars(tries).items():
        setattr(row, name, value)
    return None if tries.locked_until is None else seconds_until(tries.locked_until, now)


def forget_tries(session: Session, username: str) -> None:
    """Forget what was tried for a username: the right password came."""
    hashed = username_hash(session, username)
    session.execute(delete(SignInTries).where(SignInTries.username_hash == hashed))


def username_hash(session: Session, username: str) -> bytes:
    """Return what stands for a username where nobody is to be named."""
    return _hash(session, "sign-in username", username)


def _counted(
    session: Session, subject: str, what: str, seconds: int, now: datetime
) -> tuple[int, datetime]:
    row: dict[str, Any] = {
        "what": what,
        "subject": _hash(session, what, subject),
        "now": now,
        "ends_at": now + timedelta(seconds=seconds),
    }
    used, ends_at = session.execute(_COUNT, row).one()
    return used, ends_at


def _tries_of(row: SignInTries) -> Tries:
    return Tries(row.count, row.since, row.last_at, row.waits, row.locked_until)


def _hash(session: Session, what: str, subject: str) -> bytes:
    return keyring.of(session).blind_index(f"limit {what}", subject)
