"""Owns the shape of linking a person at an outside issuer with an account."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marshmallow import validate


@dataclass(frozen=True)
class LinkIdentity:
    """What the issuer calls the person (`sub`); it is kept as a keyed hash."""

    subject: str = field(repr=False, metadata={"validate": validate.Length(min=1, max=255)})


@dataclass(frozen=True)
class IdentityView:
    """That an account is linked with somebody at an issuer."""

    id: UUID
    account_id: UUID
    issuer: str
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True)
class IdentityList:
    """All identities of an account: one per issuer."""

    items: list[IdentityView]
