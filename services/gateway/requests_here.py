"""Owns what the gateway's doors read of a request besides its body: from where, with what."""

from flask import request

from services.gateway.domain.addresses import Origin, client_address
from services.gateway.domain.sessions import device_of


def origin() -> Origin:
    """Return where the current request comes from."""
    told = request.headers.get("X-Real-IP")
    agent = request.headers.get("User-Agent", "")[:500]
    return Origin(device_of(agent), client_address(request.remote_addr or "", told))
