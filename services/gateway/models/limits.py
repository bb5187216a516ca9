"""Owns the tables of what was tried how often; both name nobody, they hold keyed hashes."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.models.registry import GatewayBase


class RateLimit(GatewayBase):
    """How often somebody did one thing in the window that ends at `ends_at`."""

    __tablename__ = "rate_limits"

    what: Mapped[str] = mapped_column(primary_key=True)
    subject_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used: Mapped[int]
    ends_at: Mapped[datetime]


class SignInTries(GatewayBase):
    """How often a password was tried for a username, whether anybody has it or not."""

    __tablename__ = "sign_in_tries"

    username_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    waits: Mapped[int]
    locked_until: Mapped[datetime | None]
