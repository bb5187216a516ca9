"""Owns which text PostgreSQL can store: any but NUL and lone surrogates."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Tell whether a text or jsonb column takes the text."""
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """Return the text with U+FFFD in place of what can't be stored."""
    return _UNSTORABLE.sub("\ufffd", text)
