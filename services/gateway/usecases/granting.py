"""Owns how grants are put on an account; grants.py holds the use cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.gateway.domain.grants import HeldGrant, require_grant, require_room, today
from services.gateway.models.accounts import Account, AccountGrant
from services.gateway.schemas.accounts import GrantRole
from shared.auth.callers import least
from shared.ids import new_id


def held(account: Account) -> list[HeldGrant]:
    """Return an account's grants as the rules know them, the ended ones among them."""
    return [held_of(grant) for grant in account.grants]


def held_of(grant: AccountGrant) -> HeldGrant:
    """Return a grant as the rules know it."""
    return HeldGrant(
        grant.role, tuple(grant.areas), grant.valid_from, grant.valid_until, grant.ended_at
    )


def add_grants(
    session: Session, account: Account, asked: Sequence[GrantRole], by: str, now: datetime
) -> list[AccountGrant]:
    """Add grants to an account, and return them.

    Raises:
        Rejected: what `require_grant` and `require_room` refuse.
    """
    new = []
    for one in asked:
        wanted = HeldGrant(
            one.role, tuple(one.areas), one.valid_from or today(now), one.valid_until
        )
        require_grant(wanted)
        new.append(AccountGrant(**_row_of(wanted, by, now)))
    account.grants.extend(new)
    require_room(held(account))
    session.flush()
    return new


def add_checked_grants(
    session: Session, grants: Mapping[UUID, Sequence[HeldGrant]], by: str, now: datetime
) -> None:
    """Add grants to many accounts at once, which the rules were asked about before."""
    rows = [
        {"account_id": account_id, **_row_of(one, by, now)}
        for account_id, wanted in grants.items()
        for one in wanted
    ]
    if rows:
        session.execute(insert(AccountGrant), rows)


def _row_of(wanted: HeldGrant, by: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "role": wanted.role,
        "areas": list(least(wanted.areas)),
        "valid_from": wanted.valid_from,
        "valid_until": wanted.valid_until,
        "granted_by": by,
        "granted_at": now,
    }
