"""Owns whose address counts: the client's as our own front door tells it, nobody else's word."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address

_SITE_BITS = 64
"""One IPv6 client has a whole /64 to choose addresses from (RFC 6177)."""
UNKNOWN = "unknown"


def client_address(peer: str, told: str | None) -> str:
    """Return the address to count by; of IPv6, its /64.

    `told` (X-Real-IP) holds only when the peer is on this machine or in a private network, as our
    nginx or Ingress is: it overwrites the header. Anyone else may write there what they like.
    """
    direct = _parsed(peer)
    if direct is None:
        return UNKNOWN
    named = _parsed(told or "") if direct.is_loopback or direct.is_private else None
    return _counted(named or direct)


def masked(address: str) -> str:
    """Return an address for people to recognise and nobody to follow: half of it is left out."""
    parsed = _parsed(address.partition("/")[0])
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, IPv4Address):
        first, second, *_ = str(parsed).split(".")
        return f"{first}.{second}.*.*"
    groups = parsed.exploded.split(":")
    return f"{groups[0]}:{groups[1]}:*"


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _counted(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    whole = int(address) >> (128 - _SITE_BITS) << (128 - _SITE_BITS)
    return f"{IPv6Address(whole)}/{_SITE_BITS}"
