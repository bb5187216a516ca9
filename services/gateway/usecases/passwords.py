"""Owns how a person sets a password: with the current one, or with an activation code."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.domain import passwords as rules
from services.gateway.domain.accounts import AccountUnknown
from services.gateway.domain.activations import ActivationRefused
from services.gateway.domain.addresses import Origin
from services.gateway.models.accounts import Account
from services.gateway.password_hashes import password_hashes
from services.gateway.schemas.passwords import ActivatePassword, ChangePassword
from services.gateway.usecases import limits
from services.gateway.usecases.accounts import revoke_tokens
from services.gateway.usecases.activations import redeem
from services.gateway.usecases.session_ends import end_sessions
from services.gateway.usecases.sign_in import (
    folded,
    note_failure,
    note_mistake,
    require_few_mistakes,
    require_try,
)
from shared.audit import trail
from shared.auth.callers import Caller
from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Rejected


class PasswordWrong(Rejected):
    """The current password is another one."""

    zh = "当前密码不正确"
    en = "The current password is wrong"


def change_password(db: Transactions, request: ChangePassword, who: Caller, origin: Origin) -> None:
    """Set another password; all other sessions end, and so do all tokens until now.

    Raises:
        PasswordWrong, PasswordUnchanged, and what `require_good` refuses.
        TooMany: when the current one was guessed too often, or too many were too weak.
    """
    username, stored = db.read(_own_password, who.id)
    current, new = rules.normalised(request.current), rules.normalised(request.new)
    if current == new:
        raise rules.PasswordUnchanged("new")
    _weigh(db, "new", new, username, origin)
    db.change(require_try, username, origin.address, real_now())
    if not password_hashes().matches(stored, current):
        db.run(note_failure, username, origin.address)
        raise PasswordWrong("current")
    db.run(_change, who, stored, password_hashes().hash(new))


def activate_password(db: Transactions, request: ActivatePassword, origin: Origin) -> None:
    """Set a password with the code that an administrator handed over.

    Raises:
        ActivationRefused: whatever is wrong with the username or the code, after the same work.
        TooMany: after five tries, or thirty mistakes a minute of the address.
    """
    username, new = folded(request.username), rules.normalised(request.new_password)
    _weigh(db, "new_password", new, username, origin)
    db.change(require_try, username, origin.address, real_now())
    hashed = password_hashes().hash(new)
    try:
        db.run(_activate, username, request.code, hashed)
    except ActivationRefused:
        db.run(note_failure, username, origin.address)
        raise


def require_good(field: str, password: str, username: str) -> None:
    """Refuse a normalised password that is too short, too long or easily guessed.

    Raises:
        PasswordTooShort, PasswordTooLong, PasswordUnprintable, PasswordTooWeak
    """
    rules.require_form(field, password)
    rest = rules.without_username(password, username)
    rules.require_strength(field, password_hashes().strength(rest, username))


def _weigh(db: Transactions, field: str, password: str, username: str, origin: Origin) -> None:
    """Refuse a password as `require_good` does; a weak one is a mistake of the address.

    Weighing costs a hundred times what the rest does, and anybody may ask for it: who made too
    many mistakes is told so before. It costs the username no try, as nothing was guessed.
    """
    db.read(require_few_mistakes, origin.address, real_now())
    try:
        require_good(field, password, username)
    except rules.PasswordTooWeak:
        db.change(note_mistake, origin.address, real_now())
        raise


def _own_password(session: Session, account_id: UUID) -> tuple[str, str | None]:
    account = session.get(Account, account_id)
    if account is None:
        raise AccountUnknown
    return account.username, account.password_hash


def _change(session: Session, who: Caller, stored: str | None, hashed: str, now: datetime) -> None:
    account = session.get_one(Account, who.id, with_for_update=True)
    if account.password_hash != stored:  # somebody else changed it meanwhile
        raise PasswordWrong("current")
    account.password_hash = hashed
    limits.forget_tries(session, account.username)
    end_sessions(session, account.id, "password_changed", but=who.session)
    revoke_tokens(session, account, now)
    _record(session, account.id, "change_password", now)


def _activate(session: Session, username: str, code: str, hashed: str, now: datetime) -> None:
    found = select(Account).where(Account.username == username, Account.state == "active")
    account = session.scalar(found.with_for_update())
    if account is None:
        raise ActivationRefused
    redeem(session, account, code, real_now())
    account.password_hash = hashed
    limits.forget_tries(session, username)
    end_sessions(session, account.id, "password_changed")
    revoke_tokens(session, account, now)
    _record(session, account.id, "activate_password", now)


def _record(session: Session, account_id: UUID, action: str, now: datetime) -> None:
    trail.record(
        session,
        who=str(account_id),
        action=action,
        subject=f"account:{account_id}",
        facts={},
        now=now,
    )
