"""Owns what an account may do: roles in areas, given and ended; history stays."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.gateway.domain.accounts import require_another
from services.gateway.domain.grants import GrantAlreadyEnded, GrantUnknown
from services.gateway.models.accounts import Account, AccountGrant
from services.gateway.schemas.accounts import AccountView, GrantRole
from services.gateway.usecases.account_reading import view_of
from services.gateway.usecases.accounts import (
    AccountChange,
    locked,
    require_other_administrator,
    revoke_tokens,
)
from services.gateway.usecases.granting import add_grants
from shared.audit import trail


def grant_role(
    session: Session, asked: AccountChange, request: GrantRole, now: datetime
) -> AccountView:
    """Let an account act in a role; its tokens until now don't know of it and hold no longer.

    Raises:
        AccountUnknown, OwnAccount, Stale, and what `require_grant` refuses.
    """
    require_another(asked.account_id, asked.by)
    account = locked(session, asked, now)
    (grant,) = add_grants(session, account, [request], str(asked.by), now)
    return _settled(session, "grant_role", account, grant, asked, now)


def end_grant(session: Session, asked: AccountChange, grant_id: UUID, now: datetime) -> AccountView:
    """End a grant at once; it stays in the history.

    Raises:
        AccountUnknown, OwnAccount, GrantUnknown, GrantAlreadyEnded, LastAdministrator, Stale
    """
    require_another(asked.account_id, asked.by)
    account = locked(session, asked, now)
    grant = next((one for one in account.grants if one.id == grant_id), None)
    if grant is None:
        raise GrantUnknown
    if grant.ended_at is not None:
        raise GrantAlreadyEnded
    if grant.role == "administrator":
        require_other_administrator(session, account, now)
    grant.ended_by, grant.ended_at = str(asked.by), now
    return _settled(session, "end_grant", account, grant, asked, now)


def _settled(
    session: Session,
    action: str,
    account: Account,
    grant: AccountGrant,
    asked: AccountChange,
    now: datetime,
) -> AccountView:
    revoke_tokens(session, account, now)
    facts = {"grant": str(grant.id), "role": grant.role, "areas": list(grant.areas)}
    trail.record(
        session,
        who=str(asked.by),
        action=action,
        subject=f"account:{account.id}",
        facts=facts,
        now=now,
    )
    return view_of(session, account, now)
