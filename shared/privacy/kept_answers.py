"""Owns what erasure does to answers that are kept for repeated requests: they are emptied.

An answer is sealed and tells nobody whom it is about; so the ids that it or its address mention
are kept beside its headers. The row stays until its day is over, so that the request that it
answered, sent again, is told that the person is gone, and doesn't make them anew.
"""

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

ERASED = 410
"""The status of an emptied answer; no refusal is ever kept, so no other has it."""

_MENTIONS = "Linli-Mentions"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# no index: erasures are rare, and a day's answers are all that is there
_EMPTY = text("""
    UPDATE idempotency_keys SET status = :erased, headers = '[]', body = ''
    WHERE headers @> jsonb_build_array(jsonb_build_array(
        CAST(:mentions AS text), CAST(:person AS text)))
""")


def mentions_in(address: str, body: bytes) -> list[tuple[str, str]]:
    """Return every id of an answer, in the form in which headers are kept."""
    found: Iterable[str] = _ID.findall(f"{address} {body.decode(errors='replace')}".lower())
    return [(_MENTIONS, one) for one in sorted(set(found))]


def empty_answers(session: Session, person_id: UUID) -> None:
    """Make every kept answer that mentions a person say no more than that they were erased."""
    found = {"erased": ERASED, "mentions": _MENTIONS, "person": str(person_id)}
    session.execute(_EMPTY, found)
