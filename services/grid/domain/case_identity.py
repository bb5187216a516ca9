"""Owns the id of a case that a finding opens: the same whenever the finding is heard.

A restore loses cases that others know already; the findings come again, and the cases made of
them must be the same to others. It is a UUIDv7 by its form: the time is the finding's.
"""

import hashlib
from uuid import UUID

_TIME = ((1 << 48) - 1) << 80
_RANDOM_HIGH = ((1 << 12) - 1) << 64
_RANDOM_LOW = (1 << 62) - 1
_VERSION_7 = 7 << 76
_VARIANT = 0b10 << 62


def case_of_finding(finding_id: UUID) -> UUID:
    """Return the id of the one case of a finding."""
    digest = hashlib.sha256(b"linli case of finding " + finding_id.bytes).digest()
    chosen = int.from_bytes(digest[:16], "big") & (_RANDOM_HIGH | _RANDOM_LOW)
    return UUID(int=(finding_id.int & _TIME) | _VERSION_7 | _VARIANT | chosen)
