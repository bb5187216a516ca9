"""Owns the shape of signing in, going on and signing out."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marshmallow import validate

USERNAME = {"validate": validate.Length(min=1, max=200)}
PASSWORD = {"validate": validate.Length(min=1, max=1024)}
_TOKEN = {"validate": validate.Length(min=1, max=200)}
_LIMIT = {"validate": validate.Range(min=1, max=100)}
_MARK = {"validate": validate.Length(max=2000)}


@dataclass(frozen=True)
class SignIn:
    """Who wants to sign in."""

    username: str = field(metadata=USERNAME)
    password: str = field(repr=False, metadata=PASSWORD)


@dataclass(frozen=True)
class RefreshSession:
    """The refresh token of the last answer; it holds once."""

    refresh_token: str = field(repr=False, metadata=_TOKEN)


@dataclass(frozen=True)
class TokenPair:
    """An access token for every service, and the token that gets the next pair.

    `refresh_expires_at` is when the session ends unless it is refreshed before.
    """

    access_token: str = field(repr=False)
    token_type: str
    expires_in: int
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True)
class ListSessions:
    """How many of one's sessions."""

    limit: int = field(default=20, metadata=_LIMIT)
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True)
class SessionLine:
    """Where one is signed in: the kind of device and half of the address, no more."""

    id: UUID
    current: bool
    device: str
    network: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class SessionPage:
    """Sessions that go on, the newest first."""

    items: list[SessionLine]
    next: str | None
