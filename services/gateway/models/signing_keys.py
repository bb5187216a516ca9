"""Owns the table of the keys that sign tokens; their private halves lie encrypted."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.models.registry import GatewayBase


class GatewaySigningKey(GatewayBase):
    """A key with both halves; `signing_keys` beside it holds the public ones, as everywhere."""

    __tablename__ = "gateway_signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """PKCS #8 in PEM, sealed by the service's keyring for this kid."""
    x: Mapped[str]
    y: Mapped[str]
    announced_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    set_version: Mapped[int] = mapped_column(BigInteger)
    """The newest set of keys that it was announced in."""
