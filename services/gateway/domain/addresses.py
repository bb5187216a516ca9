"""Owns what is kept of where a request comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: the kind of device, and the address that limits count by."""

    device: str
    address: str
