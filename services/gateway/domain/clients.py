"""Owns what another system may be given: scopes that exist, secrets that overlap, an end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.gateway.domain.scopes import SCOPES
from shared.errors import Conflict, NotFound, Rejected

OVERLAP = timedelta(hours=24)
"""So long the old secret holds beside the new one: time to bring the new one to the system."""
MOST_PER_MINUTE = 60
"""Tokens hold for ten minutes; a client that asks more often has lost them."""


class ClientUnknown(NotFound):
    """There is no such client, or it reaches beyond the caller's areas."""

    zh = "未找到该接入系统"
    en = "There is no such client"


class ClientRevoked(Conflict):
    """The client was revoked for good."""

    zh = "该接入系统已停用，不能再修改"
    en = "The client was revoked; it can't be changed any more"


class ScopeUnknown(Rejected):
    """No service knows the scope."""

    zh = "未知的权限范围 {scope}"
    en = "There is no scope {scope}"


class ClientAlreadyOver(Rejected):
    """The client would end before it began."""

    zh = "有效期须晚于当前时间"
    en = "The end must lie in the future"


@dataclass(frozen=True)
class Secret:
    """A client's secret: its hash, and until when it holds."""

    hash: bytes
    expires_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """What decides whether a client gets tokens at all."""

    valid_until: datetime | None
    revoked_at: datetime | None


def require_scopes(scopes: Iterable[str]) -> None:
    """Refuse scopes that don't exist.

    Raises:
        ScopeUnknown
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise ScopeUnknown("scopes", scope=scope)


def require_future(valid_until: datetime | None, now: datetime) -> None:
    """Refuse an end that has passed.

    Raises:
        ClientAlreadyOver
    """
    if valid_until is not None and valid_until <= now:
        raise ClientAlreadyOver("valid_until")


def may_have_tokens(client: Standing, now: datetime) -> bool:
    """Tell whether a client is neither revoked nor past its end."""
    return client.revoked_at is None and (client.valid_until is None or now < client.valid_until)


def holds(secret: Secret, now: datetime) -> bool:
    """Tell whether a secret still opens anything."""
    return secret.expires_at is None or now < secret.expires_at


def retired(secret: Secret, now: datetime) -> Secret:
    """Return a secret as it is once a newer one was given out: it holds one more day at most."""
    end = now + OVERLAP
    return Secret(secret.hash, end if secret.expires_at is None else min(secret.expires_at, end))


def granted_scopes(allowed: tuple[str, ...], asked: str | None) -> tuple[str, ...] | None:
    """Return the scopes of a token: those asked for, or all; None when one is not allowed."""
    if asked is None:
        return allowed
    wanted = tuple(dict.fromkeys(asked.split(" ")))
    return wanted if set(wanted) <= set(allowed) else None
