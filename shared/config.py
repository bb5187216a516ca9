"""Owns what a process reads from its environment; refuses to start on a missing value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
    url = required("LINLI_RABBITMQ_MONITOR_URL", environ)
    if not url.startswith(("http://", "https://")):
        raise BadConfiguration("LINLI_RABBITMQ_MONITOR_URL must start with http:// or https://")
    return url


def amqp_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the service's own broker login, `amqp://…`."""
    url = required("LINLI_AMQP_URL", environ)
    if not url.startswith(("amqp://", "amqps://")):
        raise BadConfiguration("LINLI_AMQP_URL must start with amqp:// or amqps://")
    return url
