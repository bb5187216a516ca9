"""Owns signing in by username and password, so that nobody learns from it who has an account.

It takes several transactions: a try is counted before the password is looked at and stays counted
when it was wrong, and argon2 holds no connection while it works.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.gateway.domain.addresses import Origin
from services.gateway.domain.passwords import normalised
from services.gateway.password_hashes import password_hashes
from services.gateway.schemas.sessions import SignIn, TokenPair
from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Rejected

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
    note_mistake(session, address, real_now())
