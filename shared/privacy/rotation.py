"""Owns the change of a service's data keys: what older ones sealed is sealed with the newest.

Batches commit one by one, so that it may be interrupted, and run again at any time: whatever the
newest key sealed already isn't touched. Personal data itself stays as it is; persons' keys change
their seal. Blind indexes have a key of their own, which stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Update, and_, bindparam, case, func, select, text, update
from sqlalchemy.orm import Session

from shared.database import Transactions
from shared.privacy.fields import SealedColumn
from shared.privacy.keyring import Keyring, header_of
from shared.privacy.personal import place_of_key
from shared.privacy.sealing import SealBroken

BATCH = 500
PERSON_KEYS = SealedColumn("person_keys", "person_id", "wrapped", place_of_key("{id}"))
_PASSING = SealedColumn("idempotency_keys", "key", "body", "")
"""Answers to repeated requests are forgotten after a day: counted, and not sealed anew."""


@dataclass(frozen=True)
class Unreadable:
    """A value that no key of the ring opens, and why."""

    table: str
    row_id: str
    why: str


@dataclass(frozen=True)
class Batch:
    """What one transaction did: rows it sealed anew and those it couldn't, and the last id."""

    sealed: int
    unreadable: tuple[Unreadable, ...]
    last_id: Any
    is_last: bool


@dataclass(frozen=True)
class Use:
    """How many values of a column one key sealed."""

    table: str
    column: str
    key_id: str
    rows: int


def rotate(
    db: Transactions,
    keyring: Keyring,
    columns: Sequence[SealedColumn],
    told: Callable[[SealedColumn, int], None],
) -> list[Unreadable]:
    """Seal all that older keys sealed with the newest; return what none of the keys opens.

    `told` hears of each column, after every batch, how many of its rows were sealed anew.
    """
    unreadable: list[Unreadable] = []
    for column in columns:
        done, after, is_last = 0, None, False
        while not is_last:
            batch = db.change(reseal_batch, keyring, column, after)
            done, after, is_last = done + batch.sealed, batch.last_id, batch.is_last
            unreadable += batch.unreadable
            told(column, done)
    return unreadable


def reseal_batch(session: Session, keyring: Keyring, column: SealedColumn, after: Any) -> Batch:
    """Seal up to 500 values with the newest key, those after one id, in the order of ids."""
    rows = session.execute(_older(keyring, column, after)).all()
    new, unreadable = [], []
    for row_id, sealed in rows:
        try:
            new.append({"of_row": row_id, "resealed": _resealed(keyring, column, row_id, sealed)})
        except SealBroken as error:
            unreadable.append(Unreadable(column.table, str(row_id), str(error)))
    if new:
        session.execute(_replacing(column), new)
    last_id = rows[-1][0] if rows else after
    return Batch(len(new), tuple(unreadable), last_id, len(rows) < BATCH)


def uses(session: Session, columns: Sequence[SealedColumn]) -> list[Use]:
    """Return how many values each key sealed, column by column, passing ones included."""
    return [use for column in (*columns, _PASSING) for use in _uses_of(session, column)]


def _uses_of(session: Session, column: SealedColumn) -> list[Use]:
    _, value = column.stored().c
    is_sealed = and_(func.octet_length(value) > 1, func.get_byte(value, 0) == 1)
    key_id = func.encode(func.substring(value, 3, func.get_byte(value, 1)), "escape")
    named = case((is_sealed, key_id), else_="(not sealed)").label("key_id")
    counted = select(named, func.count()).where(value.is_not(None)).group_by(text("1"))
    if column is _PASSING:  # one that erasure emptied was sealed by none
        counted = counted.where(func.octet_length(value) > 0)
    rows = session.execute(counted.order_by(text("1")))
    return [Use(column.table, column.column, key_id, count) for key_id, count in rows]


def _older(keyring: Keyring, column: SealedColumn, after: Any) -> Select[Any, Any]:
    """Select and lock the next values that another key than the newest sealed."""
    row_id, value = column.stored().c
    header = header_of(keyring.newest)
    found = select(row_id, value).where(func.substring(value, 1, len(header)) != header)
    if after is not None:
        found = found.where(row_id > after)
    return found.order_by(row_id).limit(BATCH).with_for_update(key_share=True)


def _resealed(keyring: Keyring, column: SealedColumn, row_id: object, sealed: bytes) -> bytes:
    context = column.context_of(row_id)
    return keyring.encrypt(keyring.decrypt(sealed, context), context)


def _replacing(column: SealedColumn) -> Update:
    stored = column.stored()
    row_id, value = stored.c
    return (
        update(stored)
        .where(row_id == bindparam("of_row"))
        .values({value.name: bindparam("resealed")})
    )
