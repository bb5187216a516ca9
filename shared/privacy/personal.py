"""Owns what is stored of a person: every value under that person's own key.

A sealed value is a version (1 byte, 1), nonce, ciphertext and tag, bound to the person and to the
name of the field, so that it can't be read as another person's, nor as another field. Whoever
destroys the key has destroyed the values, in backups too once those of the keys have run out.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from shared.errors import Rejected
from shared.privacy.keyring import Keyring
from shared.privacy.sealing import SealBroken, close_with, new_key, open_with
from shared.privacy.tables import Erasure, PersonKey

_VERSION = b"\x01"
_LOCKS = 7_236_004
"""Seeds the advisory locks of persons; the number means nothing."""

# who is in the log is erased, even where a backup brought the key back
_KEYS = sql("""
    SELECT asked.id, held.wrapped, gone.person_id IS NOT NULL AS erased
    FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
    LEFT JOIN person_keys AS held ON held.person_id = asked.id
    LEFT JOIN erasure_log AS gone ON gone.person_id = asked.id
""")


class PersonErased(Rejected):
    """All that was held on the person was erased, and nothing is to be stored any more."""

    status = 410
    zh = "该人员的个人信息已被删除"
    en = "This person's data has been erased"


class PersonKeyMissing(SealBroken):
    """A person has sealed values but no key, though nobody erased them: a backup lacks it."""


def seal(session: Session, keyring: Keyring, person_id: UUID, field: str, text: str) -> bytes:
    """Return a text sealed for one field of one person; the first makes the person's key.

    Until this transaction ends, the person can't be erased: write the value in it.

    Raises:
        PersonErased: when the person's data was erased before.
    """
    wrapped = _key_held(session, person_id) or _key_made(session, keyring, person_id)
    key = keyring.decrypt(wrapped, place_of_key(person_id))
    return _VERSION + close_with(key, text.encode(), _place(person_id, field))


def seal_new(
    session: Session, keyring: Keyring, field: str, texts: Mapping[UUID, str]
) -> dict[UUID, bytes]:
    """Return a text each of many persons, sealed with keys that are made for them at once.

    It takes no locks: the ids must have been made in this transaction, so that nobody else can
    seal anything for these persons, or erase them.
    """
    keys = {person_id: new_key() for person_id in texts}
    wrapped = [
        {"person_id": person_id, "wrapped": keyring.encrypt(key, place_of_key(person_id))}
        for person_id, key in keys.items()
    ]
    if wrapped:
        session.execute(insert(PersonKey), wrapped)
    return {
        person_id: _VERSION + close_with(key, texts[person_id].encode(), _place(person_id, field))
        for person_id, key in keys.items()
    }


def reveal(session: Session, keyring: Keyring, person_id: UUID, field: str, sealed: bytes) -> str:
    """Return the text that was sealed for this field of this person.

    Raises:
        PersonErased: when the person's data was erased.
        SealBroken: when it was altered, or sealed for another field or person.
    """
    found = reveal_many(session, keyring, field, {person_id: sealed})
    if person_id not in found:
        raise PersonErased
    return found[person_id]


def reveal_many(
    session: Session, keyring: Keyring, field: str, sealed: Mapping[UUID, bytes]
) -> dict[UUID, str]:
    """Return the texts of many persons, in one query; those who were erased are left out.

    Raises:
        SealBroken: when one was altered, or sealed for another field or person.
    """
    found = {}
    for person_id, wrapped, erased in session.execute(_KEYS, {"ids": list(sealed)}):
        if erased:
            continue
        if wrapped is None:
            raise PersonKeyMissing(f"no key of person {person_id}")
        key = keyring.decrypt(wrapped, place_of_key(person_id))
        found[person_id] = _opened(key, sealed[person_id], _place(person_id, field))
    return found


def place_of_key(person_id: object) -> str:
    """Return the context in which a person's key is sealed."""
    return f"person_keys.wrapped {person_id}"


def lock_person(session: Session, person_id: UUID) -> None:
    """Let one transaction at a time decide whether a person has a key."""
    session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(str(person_id), _LOCKS)))
    )


def _key_held(session: Session, person_id: UUID) -> bytes | None:
    """Return the person's key and keep it from being destroyed while this transaction lasts."""
    held = select(PersonKey.wrapped).where(PersonKey.person_id == person_id)
    not_erased = ~select(Erasure).where(Erasure.person_id == person_id).exists()
    return session.scalar(held.where(not_erased).with_for_update(key_share=True, read=True))


def _key_made(session: Session, keyring: Keyring, person_id: UUID) -> bytes:
    """Make the person's key, unless another transaction made it, or erased the person."""
    lock_person(session, person_id)
    if session.get(Erasure, person_id, populate_existing=True) is not None:
        raise PersonErased
    if (wrapped := _key_held(session, person_id)) is None:
        wrapped = keyring.encrypt(new_key(), place_of_key(person_id))
        session.add(PersonKey(person_id=person_id, wrapped=wrapped))
        session.flush()
    return wrapped


def _opened(key: bytes, sealed: bytes, place: bytes) -> str:
    if sealed[:1] != _VERSION:
        raise SealBroken("not a value that was sealed for a person")
    return open_with(key, sealed[1:], place).decode()


def _place(person_id: UUID, field: str) -> bytes:
    return _VERSION + person_id.bytes + field.encode()
