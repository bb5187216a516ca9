"""Owns access tokens: JWTs signed by the gateway alone (ES256), checked by every service itself."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.auth.claims import Claims, ClaimsUnreadable, claims_of
from shared.errors import Rejected
from shared.ids import new_id

ISSUER = "linli"
TOKEN_MINUTES = 10
_TYPE = "at+jwt"
_ALGORITHM = "ES256"
_LEEWAY = timedelta(seconds=5)
"""So much may the clocks of two machines differ."""
_COORDINATE_BYTES = 32
_REQUIRED = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]


class NotSignedIn(Rejected):
    """The request carries no token that holds; the answer says how to get one."""

    status = 401
    zh = "请先登录"
    en = "Sign in first"
    oauth_error: ClassVar[str | None] = "invalid_token"
    """What RFC 6750 calls it in `WWW-Authenticate`."""


class TokenMissing(NotSignedIn):
    """There is no bearer token at all."""

    oauth_error = None
    zh = "请先登录：请求须带访问令牌（Authorization: Bearer …）"
    en = "Sign in first: the request needs an access token (Authorization: Bearer …)"


class TokenInvalid(NotSignedIn):
    """The token is none of ours, was changed, or uses a key that this service doesn't know."""

    zh = "访问令牌无效，请重新登录"
    en = "The access token is not valid; sign in again"


class TokenExpired(NotSignedIn):
    """The token's ten minutes are over."""

    zh = "访问令牌已过期，请用刷新令牌换取新的"
    en = "The access token has expired; get a new one with the refresh token"


class TokenForOtherService(NotSignedIn):
    """The token was issued for other services than this one."""

    zh = "访问令牌不是签发给本服务（{service}）的"
    en = "The access token was not issued for this service ({service})"


class TokenRevoked(NotSignedIn):
    """The account changed after the token was issued: its rights, its password, its state."""

    zh = "账号信息已变更，请重新登录"
    en = "The account has changed since; sign in again"


@dataclass(frozen=True)
class PublicKey:
    """A key that tells whether a signature is the gateway's: P-256, coordinates in base64url."""

    kid: str
    x: str
    y: str

    def as_jwk(self) -> dict[str, str]:
        """Return the key in the form of RFC 7517."""
        curve = {"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y}
        return curve | {"kid": self.kid, "use": "sig", "alg": _ALGORITHM}


@dataclass(frozen=True)
class PrivateKey:
    """A key that signs; `pem` is PKCS #8 without a password, and lies encrypted in the gateway."""

    kid: str
    pem: bytes

    def public(self) -> PublicKey:
        """Return the other half."""
        key = serialization.load_pem_private_key(self.pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("not a key of an elliptic curve")
        numbers = key.public_key().public_numbers()
        return PublicKey(self.kid, _coordinate(numbers.x), _coordinate(numbers.y))


def new_private_key() -> PrivateKey:
    """Return a fresh signing key."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return PrivateKey(str(new_id()), pem)


def sign(claims: Claims, key: PrivateKey, now: datetime) -> str:
    """Return a token that holds for ten minutes from `now` (real time, aware)."""
    times = {"iat": now, "nbf": now, "exp": now + timedelta(minutes=TOKEN_MINUTES)}
    payload = claims.as_token() | times | {"iss": ISSUER, "jti": str(new_id())}
    return jwt.encode(payload, key.pem, _ALGORITHM, {"typ": _TYPE, "kid": key.kid})


def verify(
    token: str, audience: str, find: Callable[[str], PublicKey | None], now: datetime
) -> Claims:
    """Return what a token says, when it is ours, for this service, and holds at `now`.

    The algorithm is ours and never the token's; the key is one of those we were given, and never
    one that the token names an address of.

    Raises:
        TokenInvalid, TokenExpired, TokenForOtherService
    """
    key = _key_for(token, find)
    try:
        payload = jwt.decode(
            token,
            key,
            [_ALGORITHM],
            issuer=ISSUER,
            audience=audience,
            # PyJWT would ask the machine's clock; `_require_current` asks the one we were given
            options={
                "require": _REQUIRED,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        _require_current(payload, now)
        return claims_of(payload)
    except jwt.InvalidAudienceError as error:
        raise TokenForOtherService(service=audience) from error
    except (jwt.InvalidTokenError, ClaimsUnreadable) as error:
        raise TokenInvalid from error


def _key_for(token: str, find: Callable[[str], PublicKey | None]) -> Any:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise TokenInvalid from error
    kid = header.get("kid")
    if header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM or not isinstance(kid, str):
        raise TokenInvalid
    known = find(kid)
    if known is None:
        raise TokenInvalid
    return jwt.PyJWK(known.as_jwk()).key


def _require_current(payload: dict[str, Any], now: datetime) -> None:
    leeway = _LEEWAY.total_seconds()
    try:
        expires, begins = float(payload["exp"]), float(payload["nbf"])
    except (TypeError, ValueError) as error:
        raise TokenInvalid from error
    if now.timestamp() >= expires + leeway:
        raise TokenExpired
    if now.timestamp() < begins - leeway:
        raise TokenInvalid


def _coordinate(number: int) -> str:
    packed = number.to_bytes(_COORDINATE_BYTES, "big")
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")
