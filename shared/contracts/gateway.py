"""Owns what `gateway` says: whose old tokens are worthless, and which keys sign new ones."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marshmallow import validate

KEY_SET = UUID("01931f60-0000-7000-8000-000000000001")
"""The id of the one set of signing keys, as the subject of its events."""

_VERSION = {"strict": True, "validate": validate.Range(min=1)}
_COORDINATE = {"validate": validate.Regexp(r"^[A-Za-z0-9_-]{43}$(?!\n)")}


@dataclass(frozen=True, kw_only=True)
class AccountChangedV1:
    """An account or API client got other rights, another password or another state.

    Tokens of a version below this one hold no longer. It says nothing of the person.
    """

    account_id: UUID
    active: bool
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class SigningKeyState:
    """The public half of a P-256 key (RFC 7518, 6.2.1), and until when its tokens may hold."""

    kid: str
    x: str = field(metadata=_COORDINATE)
    y: str = field(metadata=_COORDINATE)
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SigningKeysChangedV1:
    """All keys that may sign tokens from now on; a key that is missing here signs no more.

    An installation has one set, so its id is the same in all installations: `KEY_SET`.
    """

    key_set_id: UUID
    keys: list[SigningKeyState] = field(metadata={"validate": validate.Length(min=1, max=20)})
    version: int = field(metadata=_VERSION)
