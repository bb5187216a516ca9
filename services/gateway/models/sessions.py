"""Owns the tables of who is signed in where, and by which refresh token a session goes on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.models.registry import GatewayBase


class SignInSession(GatewayBase):
    """One sign-in of a person on one device; `sid` in their tokens."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    device: Mapped[str]
    """Browser and system, no more; see `domain.sessions.device_of`."""
    network: Mapped[str]
    """Half an address; see `domain.addresses.masked`."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class RefreshToken(GatewayBase):
    """A refresh token, by its SHA-256; a used one stays, to be recognised when it comes again."""

    __tablename__ = "refresh_tokens"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
