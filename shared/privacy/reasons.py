"""Owns the reason that a person gives before touching another's data."""

from shared.errors import Rejected
from shared.text import is_storable

_LONGEST = 500


class ReasonMissing(Rejected):
    """Nobody unmasks or erases without saying why."""

    zh = "必须填写理由（1 至 500 个字）"
    en = "A reason is required (1 to 500 characters)"


def require_reason(reason: str) -> str:
    """Return the reason without blanks around it.

    Raises:
        ReasonMissing: when it is blank, too long, or no text.
    """
    plain = reason.strip()
    if not plain or len(plain) > _LONGEST or not is_storable(plain):
        raise ReasonMissing("reason")
    return plain
