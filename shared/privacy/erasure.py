"""Owns erasure: a person's key is destroyed, and a log outlives every backup."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Update, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.audit import trail
from shared.privacy.fields import PersonalField
from shared.privacy.kept_answers import empty_answers
from shared.privacy.personal import lock_person
from shared.privacy.reasons import require_new_reason
from shared.privacy.tables import Erasure, PersonKey


@dataclass(frozen=True)
class ErasureRow:
    """One erasure, as it is kept outside of the database too."""

    person_id: UUID
    erased_at: datetime
    by_id: UUID
    reason: str


@dataclass(frozen=True)
class Replayed:
    """What a replay found: erasures in all, those the log lacked, and keys that were back."""

    rows: int
    new: int
    keys: int


def erase_person(
    session: Session,
    fields: Sequence[PersonalField],
    person_id: UUID,
    *,
    by: UUID,
    reason: str,
    now: datetime,
) -> bool:
    """Make all that is held on a person unreadable for ever; tell whether it was not so before.

    Sealed values may stay where they are, their key is gone. Nothing can be sealed for the person
    any more. The second time changes nothing.

    Raises:
        ReasonMissing: when nobody says why.
        ReasonNamesSomebody: when a number or address of somebody stands in it.
    """
    erasure = ErasureRow(person_id, now, by, require_new_reason(reason))
    new, _ = _destroy(session, fields, erasure)
    if new:
        facts = {"reason": erasure.reason}
        trail.record(
            session,
            who=str(by),
            action="erase_person",
            subject=f"person:{person_id}",
            facts=facts,
            now=now,
        )
    return new


def replay_erasures(
    session: Session,
    fields: Sequence[PersonalField],
    rows: Iterable[ErasureRow],
    *,
    who: str,
    now: datetime,
) -> Replayed:
    """Erase again whom a restored backup brought back; what is still erased stays untouched."""
    count = new_ones = keys = 0
    replayed = []
    # in one order, so that two who replay wait for each other instead of deadlocking
    for row in sorted(rows, key=lambda one: one.person_id):
        new, destroyed = _destroy(session, fields, row)
        count, new_ones, keys = count + 1, new_ones + new, keys + destroyed
        if new or destroyed:
            replayed.append(row)
    for row in replayed:
        trail.record(
            session,
            who=who,
            action="replay_erasure",
            subject=f"person:{row.person_id}",
            facts={"erased_at": row.erased_at.isoformat(), "by": str(row.by_id)},
            now=now,
        )
    return Replayed(count, new_ones, keys)


def erasures(session: Session, after: UUID | None = None, limit: int = 500) -> list[ErasureRow]:
    """Return erasures in the order of persons' ids, those after one id."""
    found = select(Erasure).order_by(Erasure.person_id).limit(limit)
    if after is not None:
        found = found.where(Erasure.person_id > after)
    return [
        ErasureRow(row.person_id, row.erased_at, row.by_id, row.reason)
        for row in session.scalars(found)
    ]


def _destroy(
    session: Session, fields: Sequence[PersonalField], erasure: ErasureRow
) -> tuple[bool, bool]:
    """Destroy the key, the blind indexes and kept answers.

    Return (the log lacked it, there was a key).
    The lock and the key's own row lock make it wait for whoever is sealing for the person.
    """
    session.flush()
    lock_person(session, erasure.person_id)
    gone = session.execute(delete(PersonKey).where(PersonKey.person_id == erasure.person_id))
    log = insert(Erasure).values(vars(erasure)).on_conflict_do_nothing()
    logged = session.execute(log.returning(Erasure.person_id)).first()
    empty_answers(session, erasure.person_id)
    for field in fields:
        if field.index_column is not None:
            session.execute(_without_index(field, field.index_column, erasure.person_id))
    return logged is not None, cast(CursorResult[Any], gone).rowcount > 0


def _without_index(field: PersonalField, index_column: str, person_id: UUID) -> Update:
    stored = field.stored()
    return (
        update(stored)
        .where(stored.c[field.person_column] == person_id, stored.c[index_column].is_not(None))
        .values({index_column: None})
    )
