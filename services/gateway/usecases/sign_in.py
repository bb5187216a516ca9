"""Owns signing in by username and password, so that nobody learns from it who has an account.

It takes several transactions: a try is counted before the password is looked at and stays counted
when it was wrong, and argon2 holds no connection while it works.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.domain.addresses import Origin
from services.gateway.domain.lockout import MISTAKES_PER_MINUTE
from services.gateway.domain.passwords import normalised
from services.gateway.models.accounts import Account
from services.gateway.password_hashes import password_hashes
from services.gateway.schemas.sessions import SignIn, TokenPair
from services.gateway.usecases import limits
from services.gateway.usecases.tokens import Moment, begin_session
from shared.audit import trail
from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Rejected
from shared.http import rate_limits

_ADDRESS = "sign-in address"


class SignInFailed(Rejected):
    """The username or the password is wrong, or the account may not sign in; it doesn't say."""

    status = 401
    zh = "用户名或密码错误，或账号不可用"
    en = "The username or the password is wrong, or the account can't be used"


@dataclass(frozen=True)
class Stored:
    """What there is to compare a password with."""

    account_id: UUID
    password_hash: str


def sign_in(db: Transactions, request: SignIn, origin: Origin) -> TokenPair:
    """Return the first pair of tokens of a new session.

    Raises:
        SignInFailed: whatever the reason.
        TooMany: after five tries for the username, or thirty mistakes a minute of the address.
    """
    username, at = folded(request.username), real_now()
    db.change(require_try, username, origin.address, at)
    stored = db.read(stored_password, username)
    password = normalised(request.password)
    right = password_hashes().matches(stored.password_hash if stored else None, password)
    if stored is None or not right:
        db.run(note_failure, username, origin.address)
        raise SignInFailed
    anew = _rehashed(stored.password_hash, password)
    return db.run(_begin, username, stored, anew, origin)


def folded(username: str) -> str:
    """Return a username as it is looked up; one that can't exist is looked up all the same."""
    return unicodedata.normalize("NFKC", username).strip().lower()


def require_try(session: Session, username: str, address: str, at: datetime) -> None:
    """Count a try for a username, and refuse it when there were too many.

    Raises:
        TooMany
    """
    require_few_mistakes(session, address, at)
    limits.begin_try(session, username, at)


def require_few_mistakes(session: Session, address: str, at: datetime) -> None:
    """Refuse an address that made too many mistakes within a minute.

    Raises:
        TooMany
    """
    rate_limits.require_left(session, address, _ADDRESS, MISTAKES_PER_MINUTE, at)


def note_mistake(session: Session, address: str, at: datetime) -> None:
    """Count a mistake of an address."""
    rate_limits.count(session, address, _ADDRESS, 60, at)


def stored_password(session: Session, username: str) -> Stored | None:
    """Return the password of an account that may sign in."""
    found = session.execute(
        select(Account.id, Account.password_hash).where(
            Account.username == username,
            Account.state == "active",
            Account.password_hash.is_not(None),
        )
    ).first()
    return None if found is None else Stored(found[0], found[1] or "")


def note_failure(session: Session, username: str, address: str, now: datetime) -> None:
    """Count a mistake of an address, and leave a line in the audit that names nobody."""
    note_mistake(session, address, real_now())
    hashed = limits.username_hash(session, username).hex()[:16]
    trail.record(
        session,
        who="anonymous",
        action="sign_in_failed",
        subject=f"username:{hashed}",
        facts={},
        now=now,
    )


def _rehashed(stored: str, password: str) -> str | None:
    hashes = password_hashes()
    return hashes.hash(password) if hashes.is_outdated(stored) else None


def _begin(
    session: Session,
    username: str,
    stored: Stored,
    anew: str | None,
    origin: Origin,
    now: datetime,
) -> TokenPair:
    account = session.get(Account, stored.account_id, with_for_update=True)
    if account is None or account.state != "active" or account.password_hash is None:
        raise SignInFailed
    if account.password_hash != stored.password_hash:  # changed while it was compared
        raise SignInFailed
    account.password_hash = anew or account.password_hash
    limits.forget_tries(session, username)
    pair = begin_session(session, account, origin, Moment(now, real_now()))
    note_sign_in(session, account, "password", now)
    return pair


def note_sign_in(session: Session, account: Account, way: str, now: datetime) -> None:
    """Leave a line in the audit that an account signed in, and how."""
    trail.record(
        session,
        who=str(account.id),
        action="sign_in",
        subject=f"account:{account.id}",
        facts={"way": way},
        now=now,
    )
