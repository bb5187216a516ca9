"""Owns what operators choose for e-mail: the server that takes it, and who it comes from."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from services.notifications.domain.recipients import EmailMalformed, normalised_email
from services.notifications.domain.wording import one_line
from shared import config

Security = Literal["starttls", "tls", "none"]
_URL = "LINLI_SMTP_URL"
_FROM = "LINLI_SMTP_FROM"
_CA = "LINLI_SMTP_CA"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class SmtpSettings:
    """A mail server, how the way to it is secured, and the sender of all e-mail."""

    host: str
    port: int
    security: Security
    user: str
    sender: str
    sender_name: str
    authority: str | None
    """A file of certificates that the server's is to be signed by; the machine's own without."""
    password: str = field(repr=False)

    @property
    def domain(self) -> str:
        """The sender's domain: that of Message-IDs, and our name when we greet the server."""
        return self.sender.rpartition("@")[2]

    def tls(self) -> ssl.SSLContext:
        """Return what checks the server's certificate and name."""
        context = ssl.create_default_context(cafile=self.authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def smtp_settings(environ: Mapping[str, str] | None = None) -> SmtpSettings | None:
    """Return the settings, None when no mail server is told: then e-mail waits.

    Raises:
        BadConfiguration: when they make no sense; it never shows the password.
    """
    told = {} if environ is None else {"environ": environ}
    text = config.optional(_URL, "", **told)
    if not text:
        return None
    name, address = _sender(config.required(_FROM, **told))
    parts = urlsplit(text)
    security = _security(parts)
    if not parts.hostname:
        raise config.BadConfiguration(f"{_URL} names no host")
    if parts.username and security == "none" and parts.hostname not in _LOOPBACK:
        raise config.BadConfiguration(f"{_URL} would send a password that anybody can read")
    return SmtpSettings(
        host=parts.hostname,
        port=_port(parts, security),
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=address,
        sender_name=name,
        authority=config.optional(_CA, "", **told) or None,
    )


def _security(parts: SplitResult) -> Security:
    match parts.scheme, parse_qs(parts.query).get("starttls", ["required"]):
        case "smtps", _:
            return "tls"
        case "smtp", ["required"]:
            return "starttls"
        case "smtp", ["never"]:
            return "none"
    raise config.BadConfiguration(
        f"{_URL} must be smtps://… or smtp://…, the latter with ?starttls=required or never"
    )


def _port(parts: SplitResult, security: Security) -> int:
    try:
        return parts.port or (465 if security == "tls" else 587)
    except ValueError:
        raise config.BadConfiguration(f"{_URL}: the port is no number up to 65535") from None


def _sender(text: str) -> tuple[str, str]:
    name, address = parseaddr(text)
    try:
        return one_line(name), normalised_email(address)
    except EmailMalformed:
        raise config.BadConfiguration(f"{_FROM} must be like 邻里 <linli@example.gov.cn>") from None
