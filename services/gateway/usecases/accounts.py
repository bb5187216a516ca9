"""Owns what happens to an account: made, renamed, blocked, closed, erased."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.gateway.domain import accounts as rules
from services.gateway.domain.accounts import AccountUnknown, LastAdministrator, Move
from services.gateway.domain.grants import today
from services.gateway.models.accounts import Account, AccountGrant
from services.gateway.personal import DISPLAY_NAME, PERSONAL_FIELDS
from services.gateway.schemas.accounts import AccountView, CreateAccount, RenameAccount
from services.gateway.usecases.account_reading import view_of
from services.gateway.usecases.granting import add_grants, held
from services.gateway.usecases.session_ends import end_sessions
from shared.audit import trail
from shared.auth.known import learn_account
from shared.contracts.gateway import AccountChangedV1
from shared.http.etags import Expected, require_version
from shared.ids import new_id
from shared.messaging import outbox
from shared.privacy import keyring
from shared.privacy.erasure import erase_person
from shared.privacy.personal import seal

_ADMINISTRATORS = 7_236_011
"""Advisory lock of who counts administrators; the number means nothing."""


@dataclass(frozen=True)
class AccountChange:
    """Which account, who asks, and which versions of it they may have seen."""

    account_id: UUID
    by: UUID
    expected: Expected = None


def create_account(session: Session, request: CreateAccount, by: str, now: datetime) -> AccountView:
    """Make an account that can't sign in yet: its person sets the password.

    Raises:
        UsernameMalformed, UsernameTaken, NameMalformed, and what `require_grant` refuses.
    """
    username = rules.normalised_username(request.username)
    require_free(session, username)
    account = new_account(session, username, request.display_name, by, now)
    add_grants(session, account, request.grants, by, now)
    _record(session, "create_account", account, by, now)
    return view_of(session, account, now)


def rename_account(
    session: Session, asked: AccountChange, request: RenameAccount, now: datetime
) -> AccountView:
    """Give the person another name; tokens hold on, they carry none.

    Raises:
        AccountUnknown, NameMalformed, Stale, PersonErased
    """
    account = locked(session, asked, now)
    name = rules.normalised_name(request.display_name)
    keys = keyring.of(session)
    account.display_name = seal(session, keys, account.id, DISPLAY_NAME.field, name)
    _record(session, "rename_account", account, str(asked.by), now)
    return view_of(session, account, now)


def move_account(session: Session, asked: AccountChange, move: Move, now: datetime) -> AccountView:
    """Block, unblock or close an account; its tokens hold no longer at once.

    Raises:
        AccountUnknown, AccountMoveNotAllowed, OwnAccount, LastAdministrator, Stale
    """
    rules.require_another(asked.account_id, asked.by)
    account = locked(session, asked, now)
    _move(session, account, move, now)
    revoke_tokens(session, account, now)
    _record(session, f"{move}_account", account, str(asked.by), now)
    return view_of(session, account, now)


def erase_account(
    session: Session, asked: AccountChange, reason: str, now: datetime
) -> AccountView:
    """Close an account and make all that is held on its person unreadable for ever.

    Raises:
        AccountUnknown, OwnAccount, LastAdministrator, ReasonMissing
    """
    rules.require_another(asked.account_id, asked.by)
    account = locked(session, asked, now)
    if account.state != "closed":
        _move(session, account, "close", now)
    account.username = f"erased-{account.id}"
    revoke_tokens(session, account, now)
    erase_person(session, PERSONAL_FIELDS, account.id, by=asked.by, reason=reason, now=now)
    return view_of(session, account, now)


def new_account(
    session: Session, username: str, display_name: str, by: str, now: datetime
) -> Account:
    """Add an active account without password or grants; the username is free and normalised.

    Raises:
        NameMalformed
    """
    account_id = new_id()
    name = rules.normalised_name(display_name)
    account = Account(
        id=account_id,
        username=username,
        display_name=seal(session, keyring.of(session), account_id, DISPLAY_NAME.field, name),
        state="active",
        token_version=1,
        created_by=by,
        created_at=now,
        grants=[],
    )
    session.add(account)
    return account


def require_free(session: Session, username: str) -> None:
    """Refuse a username that is taken; who takes the same one at once waits.

    Raises:
        UsernameTaken
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(username, 0))))
    if session.scalar(select(Account.id).where(Account.username == username)):
        raise rules.UsernameTaken("username", username=username)


def locked(session: Session, asked: AccountChange, now: datetime) -> Account:
    """Return the account, held until this transaction ends.

    Raises:
        AccountUnknown, Stale
    """
    account = session.get(Account, asked.account_id, with_for_update=True)
    if account is None:
        raise AccountUnknown
    require_version(asked.expected, account.version, lambda: view_of(session, account, now))
    return account


def revoke_tokens(session: Session, account: Account, now: datetime) -> None:
    """Make every token that the account has worthless, here at once and elsewhere by an event."""
    account.token_version += 1
    session.flush()
    said = AccountChangedV1(
        account_id=account.id, active=account.state == "active", version=account.token_version
    )
    learn_account(session, said, now)
    outbox.add(session, said)


def require_other_administrator(session: Session, account: Account, now: datetime) -> None:
    """Refuse to lose the last account that can administer others.

    One transaction at a time looks: two who end each other's rights at once would both find one.

    Raises:
        LastAdministrator
    """
    session.execute(select(func.pg_advisory_xact_lock(_ADMINISTRATORS)))
    day = today(now)
    others = (
        select(AccountGrant.id)
        .join(Account)
        .where(
            Account.state == "active",
            Account.id != account.id,
            AccountGrant.role == "administrator",
            AccountGrant.ended_at.is_(None),
            AccountGrant.valid_from <= day,
            func.coalesce(AccountGrant.valid_until, day) >= day,
        )
    )
    if session.scalar(others.limit(1)) is None:
        raise LastAdministrator


def _move(session: Session, account: Account, move: Move, now: datetime) -> None:
    state = rules.next_state(account.state, move)
    if account.state == "active" and any(one.role == "administrator" for one in held(account)):
        require_other_administrator(session, account, now)
    account.state = state
    if state == "closed":
        account.password_hash = None
    if state != "active":  # or they would go on when the account is unblocked
        end_sessions(session, account.id, "account_changed")


def _record(session: Session, action: str, account: Account, by: str, now: datetime) -> None:
    facts = {"version": account.token_version, "state": account.state}
    subject = f"account:{account.id}"
    trail.record(session, who=by, action=action, subject=subject, facts=facts, now=now)
