"""Own the front door's nginx.conf: the same rules for every runtime, filled with its places."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.templates import render
from deploy.nginx import doorwords

_MORE = {"grid": ("nginx/imports.conf", "nginx/reports.conf"), "gateway": ("nginx/gateway.conf",)}


@dataclass(frozen=True)
class Place:
    """What differs from one runtime to another."""

    folder: str
    """Where nginx may write."""
    listen: str
    own: str
    """Where it listens without TLS, for health checks."""
    upstreams: Mapping[str, str]
    """Service to `host:port` of its API."""
    user: str = ""
    tls: str = ""
    names: str = ""
    """Lines of the server that say how upstreams are found by name."""
    more: str = ""
    """Further servers."""


def configuration(place: Place) -> str:
    """Return nginx.conf."""
    return render(
        "nginx/nginx.conf",
        user=place.user,
        folder=place.folder,
        listen=place.listen,
        own=place.own,
        tls=place.tls,
        names=place.names,
        more=place.more,
        titles=doorwords.titles(),
        services="".join(_routes(name, host) for name, host in place.upstreams.items()),
        problems=doorwords.locations(),
    )


def tls_lines(certificate: str, key: str, http2: str = "") -> str:
    """Return the lines of a server that shows this certificate; `http2` is a line of its own."""
    return render("nginx/tls.conf", certificate=certificate, key=key, more=http2)


def _routes(service: str, upstream: str) -> str:
    names = ("nginx/service.conf", *_MORE.get(service, ()))
    return "".join(render(name, service=service, upstream=upstream) for name in names)
