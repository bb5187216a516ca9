"""Owns the table of passwords tried; it names nobody, it holds keyed hashes."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.models.registry import GatewayBase


class SignInTries(GatewayBase):
    """How often a password was tried for a username, whether anybody has it or not."""

    __tablename__ = "sign_in_tries"

    username_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    waits: Mapped[int]
    locked_until: Mapped[datetime | None]
