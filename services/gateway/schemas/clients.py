"""Owns the shape of API clients."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import validate

_NAME = validate.Length(min=1, max=100)
_AREA = validate.Regexp(r"[0-9]{2,15}\Z")
_MOST = validate.Length(min=1, max=50)
_SCOPE = validate.Length(max=100)
_SCOPES: dict[str, Any] = {"validate": [_MOST, lambda many: [_SCOPE(one) for one in many]]}
_AREAS: dict[str, Any] = {"validate": [_MOST, lambda many: [_AREA(one) for one in many]]}
_LIMIT = {"validate": validate.Range(min=1, max=200)}
_MARK = {"validate": validate.Length(max=2000)}


@dataclass(frozen=True)
class CreateClient:
    """Another system: what it may do (scopes), where (prefixes of area codes), until when."""

    name: str = field(metadata={"validate": _NAME})
    scopes: list[str] = field(metadata=_SCOPES)
    areas: list[str] = field(metadata=_AREAS)
    valid_until: datetime | None = None


@dataclass(frozen=True)
class ChangeClient:
    """What is to change; null leaves it as it is."""

    name: str | None = field(default=None, metadata={"validate": _NAME})
    scopes: list[str] | None = field(default=None, metadata=_SCOPES)
    areas: list[str] | None = field(default=None, metadata=_AREAS)
    valid_until: datetime | None = None


@dataclass(frozen=True)
class ListClients:
    """Which clients: those that go on, or all."""

    revoked: bool | None = None
    limit: int = field(default=50, metadata=_LIMIT)
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True)
class SecretLine:
    """That there is a secret, and until when it holds; the secret itself nobody can show again."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class ClientLine:
    """A client in a list."""

    client_id: UUID
    name: str
    scopes: list[str]
    areas: list[str]
    valid_until: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True)
class ClientView(ClientLine):
    """A client with its secrets that hold."""

    created_by: str
    secrets: list[SecretLine]


@dataclass(frozen=True)
class ClientPage:
    """Clients, the newest first."""

    items: list[ClientLine]
    next: str | None


@dataclass(frozen=True)
class NewSecret:
    """A secret, shown this once."""

    client_id: UUID
    client_secret: str = field(repr=False)
    old_secrets_expire_at: datetime | None = None
