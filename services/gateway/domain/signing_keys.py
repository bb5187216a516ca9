"""Owns which key signs at a moment, and what becomes of the others when a new one comes.

A new key is told to everyone before it signs; the key before it is known until its last token is
over. So nobody ever sees a good token whose key they don't know.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import Conflict, NotFound

LEAD = timedelta(hours=1)
"""So long before its first signature a key is announced: a broker may be away for a while."""
TAIL = timedelta(minutes=15)
"""So long after its last signature a key is known: a token holds ten minutes, clocks differ."""
TOKEN_LIFE = timedelta(minutes=10)


class NoSigningKey(Conflict):
    """No key signs now; nobody can be given a token."""

    status = 503
    zh = "尚无签名密钥，暂时无法登录"
    en = "There is no signing key yet; nobody can sign in for now"


class SigningKeyUnknown(NotFound):
    """There is no such key, or it is over already."""

    zh = "没有此签名密钥，或其已失效"
    en = "There is no such signing key, or it is over"


@dataclass(frozen=True)
class Lifetime:
    """From when a key signs, and until when its tokens hold (None: until further notice)."""

    kid: str
    signs_from: datetime
    expires_at: datetime | None = None


def live(keys: Sequence[Lifetime], now: datetime) -> list[Lifetime]:
    """Return the keys to tell everyone of: those that sign, will sign or have signed of late."""
    return [key for key in keys if key.expires_at is None or now < key.expires_at]


def signing(keys: Sequence[Lifetime], now: datetime) -> Lifetime:
    """Return the key that signs at `now`: the newest whose time has come.

    A key whose tokens could outlive it signs no more.

    Raises:
        NoSigningKey
    """
    ready = [
        key
        for key in keys
        if key.signs_from <= now and (key.expires_at is None or now + TOKEN_LIFE <= key.expires_at)
    ]
    if not ready:
        raise NoSigningKey
    return max(ready, key=lambda key: (key.signs_from, key.kid))


def with_new(
    keys: Sequence[Lifetime], kid: str, *, signs_from: datetime, now: datetime
) -> list[Lifetime]:
    """Return all keys after a new one was announced, the new one last.

    Those before it end a while after it begins to sign. One that was to begin later than the new
    one never signs, and ends at once.
    """
    ends = signs_from + TAIL
    settled = []
    for key in keys:
        end = now if key.signs_from > signs_from else ends
        settled.append(replace(key, expires_at=min(key.expires_at or end, end)))
    return [*settled, Lifetime(kid, signs_from)]


def without(keys: Sequence[Lifetime], kid: str, now: datetime) -> list[Lifetime]:
    """Return all keys after one ended at once: what it signed holds no longer.

    Raises:
        SigningKeyUnknown
    """
    if kid not in [key.kid for key in live(keys, now)]:
        raise SigningKeyUnknown
    return [replace(key, expires_at=now) if key.kid == kid else key for key in keys]
