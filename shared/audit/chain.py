"""Owns the form of the chain: what exactly is hashed, so that anybody can compute it again.

hash = SHA-256(previous hash, 32 bytes, followed by the entry in canonical JSON), and the first
row's previous hash is 32 zero bytes. The canonical JSON is RFC 8785 in UTF-8: keys sorted, no
blanks, nothing escaped that need not be. The entry has exactly these members:

    {"action":"unmask","at":"2026-11-23T04:00:00.000000Z","facts":{"field":"accounts.phone"},
     "position":7,"subject":"person:0193…","who":"0193…"}

`at` is UTC with six decimals. `facts` is flat: names of small letters, digits and `_`; values are
texts, whole numbers up to 2^53 - 1, true, false, null, or lists of these.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.text import is_storable

FIRST = bytes(32)
"""What the first row has as its previous hash."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MOST = 2**53 - 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one row says: who did what to which thing, when, and the facts of it."""

    position: int
    at: datetime
    who: str
    action: str
    subject: str
    facts: Mapping[str, Any]

    def hash_after(self, previous: bytes) -> bytes:
        """Return the row's hash, given that of the row before."""
        return hashlib.sha256(previous + canonical(self)).digest()


def canonical(entry: Entry) -> bytes:
    """Return the bytes that stand for an entry."""
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    whole = vars(entry) | {"at": at, "facts": dict(entry.facts)}
    written = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return written.encode()


def require_plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts that have one canonical form and stay the same in the database.

    Raises:
        TypeError: when a name or a value is of another kind; the message names it.
    """
    plain = {name: _plain_value(name, value) for name, value in facts.items()}
    if odd := [name for name in plain if not _NAME.fullmatch(name)]:
        raise TypeError(f"no name of a fact: {odd[0]!r}")
    return plain


def _plain_value(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain_single(name, one) for one in value]
    return _plain_single(name, value)


def _plain_single(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _MOST:
        return int(value)
    if isinstance(value, str) and is_storable(value):
        return str(value)
    raise TypeError(f"fact {name} is no text, whole number, bool, null or list of them")
