"""Owns from where the current request comes, for what counts by address."""

from flask import request

from shared.addresses import client_address


def asking_address() -> str:
    """Return the address to count the current request by, as our front door tells it."""
    return client_address(request.remote_addr or "", request.headers.get("X-Real-IP"))
