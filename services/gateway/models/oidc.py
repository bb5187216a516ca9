"""Owns the tables of sign-in by an outside issuer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.models.registry import GatewayBase


class OidcLogin(GatewayBase):
    """A browser that was sent to the issuer and has ten minutes to come back, once."""

    __tablename__ = "oidc_logins"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of the cookie that the browser got."""
    nonce: Mapped[str]
    sealed_verifier: Mapped[bytes] = mapped_column(LargeBinary)
    """The PKCE verifier, sealed by the service's keyring for this state."""
    expires_at: Mapped[datetime]


class OidcIdentity(GatewayBase):
    """A person at an issuer, and the account that is theirs."""

    __tablename__ = "oidc_identities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    issuer: Mapped[str]
    subject_index: Mapped[bytes] = mapped_column(LargeBinary)
    """A blind index: what the issuer calls a person may be their number on the identity card."""
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
