"""Owns what the tests of the gateway begin with: accounts, and who administers them."""

from typing import Any
from uuid import UUID

from services.gateway.schemas.accounts import AccountView, CreateAccount, GrantRole
from services.gateway.usecases.accounts import create_account
from shared.auth.roles import Role
from shared.database import Transactions
from shared.ids import new_id

COMMUNITY = "320508019020"
ADMIN = UUID("01931f6a-2c40-7c11-9d0e-5b1f6a2c0001")
"""Somebody who administers and is no account of these tests."""


def grant(role: Role = "grid_officer", *areas: str, **days: Any) -> GrantRole:
    """Return a grant to ask for, in one community unless areas are named."""
    return GrantRole(role=role, areas=list(areas or (COMMUNITY,)), **days)


def account(
    db: Transactions, *grants: GrantRole, username: str | None = None, name: str = "王秀英"
) -> AccountView:
    """Make an account."""
    request = CreateAccount(
        username=username or f"user-{new_id().int % 10**8}",
        display_name=name,
        grants=list(grants),
    )
    return db.run(create_account, request, str(ADMIN))
