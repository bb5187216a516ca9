"""Owns what is believed of an outside issuer (OpenID Connect Core 1.0, 3.1.3.7)."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from shared.errors import NotFound, Rejected

LOGIN_LIFE = timedelta(minutes=10)
"""So long somebody may take at the issuer's page."""
LEEWAY = timedelta(seconds=60)
"""So much may the issuer's clock differ."""
OLDEST = timedelta(minutes=10)
"""An id_token is made when the code is exchanged; an old one comes from somewhere else."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Asymmetric ones alone: with HS256 our client secret, or the issuer's public key, could sign."""
_LONGEST_SUBJECT = 255


class OidcNotConfigured(NotFound):
    """This installation signs nobody in by an outside issuer."""

    zh = "本系统未启用统一身份认证登录"
    en = "Sign-in by an outside issuer is not set up here"


class OidcSignInFailed(Rejected):
    """The way through the issuer's page was not gone by this browser, now, once."""

    status = 401
    zh = "统一身份认证登录未完成或已过期，请重新开始"
    en = "The sign-in was not finished or is over; start again"


class OidcAnswerInvalid(OidcSignInFailed):
    """The issuer said something that it can't say; the operators have to look."""

    zh = "统一身份认证返回的内容无法通过验证"
    en = "What the issuer answered doesn't hold"


class IssuerUnreachable(Rejected):
    """The issuer doesn't answer in time."""

    status = 503
    zh = "统一身份认证服务暂时无法访问，请稍后再试"
    en = "The issuer doesn't answer; try again later"


class IdentityNotLinked(Rejected):
    """The issuer knows the person, and no account here is theirs."""

    status = 403
    zh = "该身份尚未关联本系统账号，请联系账号管理员"
    en = "This identity is linked to no account here; ask the administrator of accounts"


class IssuerNotTrusted(Rejected):
    """The address can't be one of an issuer: not https, or with a password in it."""

    zh = "地址 {url} 必须使用 https"
    en = "The address {url} must use https"


@dataclass(frozen=True)
class Expected:
    """What an id_token must say."""

    issuer: str
    client_id: str
    nonce: str


def require_safe(url: str, *, insecure_loopback: bool) -> None:
    """Refuse an address to send secrets to, unless it is https, or on this machine in a test.

    Raises:
        IssuerNotTrusted
    """
    parts = urlsplit(url)
    plain = insecure_loopback and parts.scheme == "http" and _is_loopback(parts.hostname or "")
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.username:
        raise IssuerNotTrusted(url=url)


def subject_of(claims: Mapping[str, Any], expected: Expected, now: datetime) -> str:
    """Return whom a verified id_token is about, when it was made for this very sign-in.

    Raises:
        OidcAnswerInvalid
    """
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    subject = claims.get("sub")
    holds = (
        claims.get("iss") == expected.issuer
        and expected.client_id in audiences
        # several audiences: only the authorized party says that we are the one it was made for
        and (party == expected.client_id if party is not None else len(audiences) == 1)
        and claims.get("nonce") == expected.nonce
        and _is_current(claims, now)
        and isinstance(subject, str)
        and 0 < len(subject) <= _LONGEST_SUBJECT
    )
    if not holds:
        raise OidcAnswerInvalid
    return str(subject)


def _is_current(claims: Mapping[str, Any], now: datetime) -> bool:
    times = [claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)]
    if not all(_is_time(one) for one in times):
        return False
    expires, issued, begins = (float(one) for one in times if one is not None)
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    oldest = OLDEST.total_seconds() + leeway
    return (
        moment < expires + leeway
        and begins - leeway <= moment
        and issued - leeway <= moment <= issued + oldest
    )


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
