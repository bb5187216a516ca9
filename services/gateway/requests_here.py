"""Owns what the gateway's doors read of a request besides its body: from where, with what."""

from flask import request

from services.gateway.domain.addresses import Origin
from services.gateway.domain.sessions import device_of
from shared.http.origin import asking_address


def origin() -> Origin:
    """Return where the current request comes from."""
    agent = request.headers.get("User-Agent", "")[:500]
    return Origin(device_of(agent), asking_address())
