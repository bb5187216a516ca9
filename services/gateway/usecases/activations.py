"""Owns activation codes: given by an administrator, redeemed by the person, once."""

import hmac
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from services.gateway.domain.activations import LIFE, ActivationRefused, new_code, normalised_code
from services.gateway.models.accounts import Account, AccountActivation
from services.gateway.schemas.accounts import ActivationView
from services.gateway.usecases.accounts import AccountChange, locked
from shared.audit import trail
from shared.clock import real_now
from shared.ids import new_id
from shared.privacy import keyring


def give_activation_code(session: Session, asked: AccountChange, now: datetime) -> ActivationView:
    """Give an account a new code; the one before it holds no longer.

    Raises:
        AccountUnknown, ActivationRefused: when the account is closed.
    """
    account = locked(session, asked, now)
    if account.state == "closed":
        raise ActivationRefused
    code, expires_at = add_code(session, account, str(asked.by))
    trail.record(
        session,
        who=str(asked.by),
        action="give_activation_code",
        subject=f"account:{account.id}",
        facts={"expires_at": expires_at.isoformat()},
        now=now,
    )
    return ActivationView(
        account_id=account.id, username=account.username, code=code, expires_at=expires_at
    )


def add_code(session: Session, account: Account, by: str) -> tuple[str, datetime]:
    """Void the account's codes and add a new one; return it and until when it holds."""
    session.execute(
        update(AccountActivation)
        .where(
            AccountActivation.account_id == account.id,
            AccountActivation.used_at.is_(None),
            AccountActivation.voided_at.is_(None),
        )
        .values(voided_at=real_now())
    )
    codes, expires_at = add_first_codes(session, [account.id], by)
    return codes[account.id], expires_at


def add_first_codes(
    session: Session, account_ids: Iterable[UUID], by: str
) -> tuple[dict[UUID, str], datetime]:
    """Add a code for each of many accounts that have none; return them and until when they hold."""
    at = real_now()
    codes = {account_id: new_code() for account_id in account_ids}
    rows = [
        {
            "id": new_id(),
            "account_id": account_id,
            "code_hash": _hash(session, account_id, code),
            "expires_at": at + LIFE,
            "created_by": by,
            "created_at": at,
        }
        for account_id, code in codes.items()
    ]
    session.flush()
    if rows:
        session.execute(insert(AccountActivation), rows)
    return codes, at + LIFE


def redeem(session: Session, account: Account, code: str, now: datetime) -> None:
    """Use up an account's code; `now` is real time.

    Raises:
        ActivationRefused: when it is none, another, used, voided or over.
    """
    open_one = (
        select(AccountActivation)
        .where(
            AccountActivation.account_id == account.id,
            AccountActivation.used_at.is_(None),
            AccountActivation.voided_at.is_(None),
            AccountActivation.expires_at > now,
        )
        .with_for_update()
    )
    activation = session.scalar(open_one)
    given = _hash(session, account.id, code)
    if activation is None or not hmac.compare_digest(activation.code_hash, given):
        raise ActivationRefused
    activation.used_at = now


def _hash(session: Session, account_id: UUID, code: str) -> bytes:
    """Return the keyed hash of a code: 60 bits alone could be searched in a stolen database."""
    return keyring.of(session).blind_index("activation", f"{account_id} {normalised_code(code)}")
