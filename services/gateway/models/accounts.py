"""Owns the tables of accounts: who may sign in, as what, where and from when to when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.gateway.domain.accounts import AccountState
from services.gateway.models.registry import GatewayBase
from shared.auth.roles import Role


class Account(GatewayBase):
    """A person who may sign in. The name lies sealed; `version` is that of the whole account."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str]
    display_name: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed for this person as `accounts.display_name`."""
    state: Mapped[AccountState] = mapped_column(Text)
    password_hash: Mapped[str | None]
    """argon2id; None until the person has set a password."""
    token_version: Mapped[int] = mapped_column(BigInteger)
    """Tokens of earlier versions hold no longer."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)
    grants: Mapped[list["AccountGrant"]] = relationship(
        order_by="AccountGrant.id", back_populates="account"
    )

    __mapper_args__ = {"version_id_col": version}


class AccountGrant(GatewayBase):
    """A role in areas, on the days from `valid_from` to `valid_until`; ended, never deleted."""

    __tablename__ = "account_grants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[Role] = mapped_column(Text)
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(back_populates="grants")


class AccountActivation(GatewayBase):
    """A code with which a person sets a password, once; known by its hash alone."""

    __tablename__ = "account_activations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
