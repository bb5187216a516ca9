"""Owns the shape of what OAuth clients see (RFC 6749, 5; RFC 7517)."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClientToken:
    """An access token of a client; there is no refresh token: it asks again."""

    access_token: str = field(repr=False)
    token_type: str
    expires_in: int
    scope: str


@dataclass(frozen=True)
class OAuthProblem:
    """An error in the form that RFC 6749, 5.2 demands and every OAuth library reads."""

    error: str
    error_description: str


@dataclass(frozen=True)
class JsonWebKey:
    """A public key (RFC 7517, 4; RFC 7518, 6.2.1)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


@dataclass(frozen=True)
class JsonWebKeySet:
    """Every key that an access token may be signed with (RFC 7517, 5)."""

    keys: list[JsonWebKey]


@dataclass(frozen=True)
class ScopeLine:
    """A scope, and what it allows, in both languages."""

    scope: str
    zh: str
    en: str


@dataclass(frozen=True)
class ScopeList:
    """All scopes there are."""

    items: list[ScopeLine]
