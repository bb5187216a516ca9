"""Owns the number by which a resident follows a report: whoever has it may look.

80 random bits in Crockford's base 32, whose letters can't be taken for digits, and a check
character: the sum over GF(32) with the powers of 2 as weights. It finds every single wrong
character and every swap of two.
"""

import re
from collections.abc import Iterable

from shared.errors import NotFound

RANDOM_BYTES = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = RANDOM_BYTES * 8 // 5 + 1
_LOOKS_LIKE = str.maketrans("ILO", "110")
_BETWEEN = re.compile(r"[\s-]+")
_GROUPS = re.compile(r"(.{4})(.{4})(.{4})(.{5})")
_POLYNOMIAL = 0b100101


class ReportUnknown(NotFound):
    """No report has that tracking number."""

    zh = "没有此查询码对应的反映"
    en = "No report has this tracking number"


class TrackingNumberMistyped(NotFound):
    """The number can't be one of ours; nothing is said of which numbers there are."""

    zh = "查询码有误，请核对是否抄错（17 位，不含字母 I、L、O、U）"
    en = "The tracking number has a slip; check it (17 characters, without the letters I, L, O, U)"


def tracking_number(random_bytes: bytes) -> str:
    """Return the number of ten random bytes, in groups as people write it."""
    whole = int.from_bytes(random_bytes)
    digits = [whole >> shift & 31 for shift in range(len(random_bytes) * 8 - 5, -1, -5)]
    letters = "".join(_ALPHABET[digit] for digit in (*digits, _times_two(_folded(digits))))
    return grouped(letters)


def grouped(letters: str) -> str:
    """Return the 17 characters in groups."""
    return _GROUPS.sub(r"\1-\2-\3-\4", letters)


def read_tracking_number(said: str) -> str:
    """Return the 17 characters of what somebody typed, in one form.

    Raises:
        TrackingNumberMistyped: when a character is wrong, missing or too many.
    """
    letters = _BETWEEN.sub("", said).upper().translate(_LOOKS_LIKE)
    known = all(letter in _ALPHABET for letter in letters)
    if len(letters) != _LENGTH or not known or _folded(map(_ALPHABET.index, letters)):
        raise TrackingNumberMistyped
    return letters


def _folded(digits: Iterable[int]) -> int:
    """Return Σ digit × 2^(places behind it) over GF(32); 0 for a whole number."""
    total = 0
    for digit in digits:
        total = _times_two(total) ^ digit
    return total


def _times_two(element: int) -> int:
    doubled = element << 1
    return doubled ^ _POLYNOMIAL if doubled & 32 else doubled
