"""Own what the operator of a local system may choose by environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.local.progress import Failure
from shared.config import each_url

Installation = Literal["demo", "production"]


@dataclass(frozen=True)
class Tls:
    """What the front door shows who it is with: a certificate with its chain, and its key, PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Settings:
    """Servers to use instead of private ones, and where the front door listens."""

    postgres_admin_url: str | None = None
    rabbitmq_management_url: str | None = None
    rabbitmq_amqp_url: str | None = None
    http_port: int | None = None
    http_host: str = "127.0.0.1"
    log_level: str = "info"
    tls: Tls | None = None
    installation: Installation = "demo"

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Return the choices made.

        Raises: Failure when they make no sense together.
        """
        management = environ.get("LINLI_RABBITMQ_MANAGEMENT_URL") or None
        amqp = environ.get("LINLI_RABBITMQ_AMQP_URL") or None
        if (management is None) != (amqp is None):
            raise Failure(
                "RabbitMQ of your own",
                "only one of LINLI_RABBITMQ_MANAGEMENT_URL and LINLI_RABBITMQ_AMQP_URL is set",
                "set both, or none for a private node",
            )
        return cls(
            postgres_admin_url=environ.get("LINLI_POSTGRES_ADMIN_URL") or None,
            rabbitmq_management_url=management,
            rabbitmq_amqp_url=amqp,
            http_port=_port(environ.get("LINLI_HTTP_PORT", "")),
            http_host=environ.get("LINLI_HTTP_HOST") or "127.0.0.1",
            log_level=environ.get("LINLI_LOG_LEVEL") or "info",
            tls=_tls(environ),
            installation=_installation(environ.get("LINLI_ENV") or "demo"),
        )


def with_login(url: str, user: str, password: str, path: str, scheme: str | None = None) -> str:
    """Return a server's URL for another login and another database or vhost."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"
    return urlunsplit((scheme or parts.scheme, login, f"/{path}", parts.query, ""))


def brokers_with_login(urls: str, user: str, password: str, path: str) -> str:
    """Return the URLs of one or several brokers for another login."""
    return ",".join(with_login(url, user, password, path) for url in each_url(urls))


def without_login(urls: str) -> str:
    """Return the URLs of one or several brokers without user, password or vhost."""
    each = map(urlsplit, each_url(urls))
    return ",".join(
        urlunsplit((url.scheme, url.netloc.rpartition("@")[2], "", url.query, "")) for url in each
    )


def _port(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Failure("LINLI_HTTP_PORT", f"{text!r} is not a port", "give a number up to 65535")
    return int(text)


def _tls(environ: Mapping[str, str]) -> Tls | None:
    names = ("LINLI_TLS_CERTIFICATE", "LINLI_TLS_KEY")
    given = [environ.get(name) or None for name in names]
    if given == [None, None]:
        return None
    for name, path in zip(names, given, strict=True):
        if path is None or not os.access(path, os.R_OK):
            why = f"{name} names no file that can be read: {path}" if path else f"no {name}"
            raise Failure("TLS", why, "give a certificate and its key, or neither")
    certificate, key = (Path(str(path)).resolve() for path in given)
    return Tls(certificate, key)


def _installation(name: str) -> Installation:
    match name:
        case "demo" | "production":
            return name
    raise Failure("LINLI_ENV", f"{name!r} is neither demo nor production", "unset it for a demo")
