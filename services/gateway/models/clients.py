"""Owns the tables of API clients: other systems, what they may do, and their secrets."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.models.registry import GatewayBase


class ApiClient(GatewayBase):
    """Another system. Its tokens carry `version`; old ones are revoked when its rights change."""

    __tablename__ = "api_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"version_id_col": version}


class ClientSecret(GatewayBase):
    """A secret of a client, by its SHA-256; at a rotation the old one holds for a day more."""

    __tablename__ = "client_secrets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"))
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
