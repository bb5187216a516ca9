"""Owns how often a password may be tried: counted in PostgreSQL, for all processes together.

Usernames are kept as keyed hashes; the table names nobody.
"""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.gateway.domain.lockout import Tries, try_again
from services.gateway.models.limits import SignInTries
from shared.deadlines import seconds_until
from shared.http.rate_limits import subject_hash


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
    return subject_hash(session, "sign-in username", username)


def _tries_of(row: SignInTries) -> Tries:
    return Tries(row.count, row.since, row.last_at, row.waits, row.locked_until)
