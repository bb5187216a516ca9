"""Owns what a process reads from its environment; refuses to start on a missing value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Environment = Literal["production", "demo", "test"]


class BadConfiguration(Exception):
    """A value that a process needs is missing or makes no sense; the message says which."""


def _read(environ: Mapping[str, str], name: str) -> str | None:
    """Return NAME, or the content of the file that NAME_FILE points to, or None."""
    if value := environ.get(name):
        return value
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except OSError as error:
            raise BadConfiguration(f"{name}_FILE: cannot read {path}: {error.strerror}") from error
    return None


def required(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the value of NAME, or of the file NAME_FILE.

    Raises:
        BadConfiguration: when neither is set, or the file is missing or empty.
    """
    value = _read(environ, name)
    if value is None:
        raise BadConfiguration(
            f"{name} (or {name}_FILE) is not set; deploy/example.env explains it"
        )
    return value


def optional(name: str, default: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the value of NAME, or of the file NAME_FILE, or the default."""
    return _read(environ, name) or default


def number(name: str, default: int, environ: Mapping[str, str] = os.environ) -> int:
    """Return NAME as a whole number ≥ 0, or the default."""
    text = optional(name, str(default), environ)
    if not text.isdecimal():
        raise BadConfiguration(f"{name} must be a whole number, not {text!r}")
    return int(text)


@dataclass(frozen=True)
class Address:
    """Where a process listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, name: str = "LINLI_HTTP_BIND") -> "Address":
        """Read `host:port`, the value of NAME."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise BadConfiguration(f"{name} must be host:port, not {text!r}")
        return cls(host, int(port))


def pairs(name: str, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return NAME, written as `key=value,key=value`; empty when it is not set."""
    entries = [entry.strip() for entry in optional(name, "", environ).split(",")]
    found = dict(entry.partition("=")[::2] for entry in entries if entry)
    if not all(key and value for key, value in found.items()):
        raise BadConfiguration(f"{name} must be key=value,key=value")
    return found


def environment(environ: Mapping[str, str] = os.environ) -> Environment:
    """Return the kind of installation; only demo and test may shift the clock."""
    match optional("LINLI_ENV", "production", environ):
        case "production":
            return "production"
        case "demo":
            return "demo"
        case "test":
            return "test"
        case other:
            raise BadConfiguration(f"LINLI_ENV must be production, demo or test, not {other!r}")


def http_bind(environ: Mapping[str, str] = os.environ) -> Address:
    """Return the address for the API, or for the health endpoints of a worker or relay."""
    return Address.parse(required("LINLI_HTTP_BIND", environ))


def tls_address(environ: Mapping[str, str] = os.environ) -> Address | None:
    """Return where the front door speaks TLS, None when it does not."""
    name = "LINLI_WATCHED_TLS"
    text = optional(name, "", environ)
    return Address.parse(text, name) if text else None


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the service's own database, `postgresql+psycopg://…`."""
    url = required("LINLI_DATABASE_URL", environ)
    if not url.startswith("postgresql+psycopg://"):
        raise BadConfiguration("LINLI_DATABASE_URL must start with postgresql+psycopg://")
    return url


def monitor_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the broker's management API with the login `monitor`, `http://…`."""
    return _brokers("LINLI_RABBITMQ_MONITOR_URL", "http", environ)


def management_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the broker's management API with the administrator's login, `http://…`."""
    return _brokers("LINLI_RABBITMQ_MANAGEMENT_URL", "http", environ)


def amqp_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the service's own broker login, `amqp://…`."""
    return _brokers("LINLI_AMQP_URL", "amqp", environ)


def each_url(urls: str) -> list[str]:
    """Return each URL of a cluster's brokers: a value may hold several, separated by commas."""
    return [url.strip() for url in urls.split(",")]


def _brokers(name: str, scheme: str, environ: Mapping[str, str]) -> str:
    """Return the URLs of NAME, which must lead to one place: whichever broker answers serves."""
    urls = required(name, environ)
    each = each_url(urls)
    if not all(url.startswith((f"{scheme}://", f"{scheme}s://")) for url in each):
        also = "; so must each of several, and a comma in a password is %2C" if each[1:] else ""
        raise BadConfiguration(f"{name} must start with {scheme}:// or {scheme}s://{also}")
    if len({(url.username, url.path) for url in map(urlsplit, each)}) > 1:
        raise BadConfiguration(f"{name}: its URLs must name the same user and the same path")
    return urls
