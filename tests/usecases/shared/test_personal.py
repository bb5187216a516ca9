"""Owns the proof of personal data at rest: readable for one person and field, by one ring."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from shared.database import Transactions
from shared.errors import Rejected
from shared.ids import new_id
from shared.messaging.topology import SERVICES
from shared.privacy.export import export_person
from shared.privacy.fields import declared_by
from shared.privacy.keyring import KeyUnknown
from shared.privacy.personal import PersonKeyMissing, reveal, reveal_many, seal
from shared.privacy.rotation import PERSON_KEYS
from shared.privacy.sealing import SealBroken
from tests.databases import KEYRING
from tests.observe import eventually
from tests.usecases.shared.people import (
    FIELDS,
    NAME,
    PHONE,
    T1,
    execute,
    line,
    phone_of,
    resident,
    ring,
    rows,
    sealed_phone,
    with_residents,
)

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return with_residents(grid_db)


@contextmanager
def counted(db: Transactions) -> Iterator[list[str]]:
    """Note the statements that run meanwhile."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def sealed(db: Transactions, person_id: UUID, text: str) -> bytes:
    return db.change(seal, KEYRING, person_id, PHONE, text)


def test_what_was_sealed_for_a_person_is_revealed_by_a_query_that_changes_nothing(db: Transactions):
    person = resident(db, phone="13800138000")
    assert phone_of(db, person) == "13800138000"


@pytest.mark.parametrize("text", ["", "张", "𠮷" * 5_000, " a\n"])
def test_any_text_comes_back_as_it_was(db: Transactions, text: str):
    person = new_id()
    assert db.read(reveal, KEYRING, person, PHONE, sealed(db, person, text)) == text


def test_the_database_holds_neither_text_nor_key(db: Transactions):
    person = resident(db, name="张三", phone="13800138000")
    ((name, phone, index),) = rows(db, "SELECT name, phone, phone_index FROM residents")
    (wrapped,) = rows(db, "SELECT wrapped FROM person_keys")
    stored = bytes(name) + bytes(phone) + bytes(index) + bytes(wrapped)
    key = KEYRING.decrypt(wrapped, PERSON_KEYS.context_of(person))
    for secret in ("张三".encode(), b"13800138000", key):
        assert secret not in stored


def test_a_person_has_one_key_for_all_fields_and_each_person_another(db: Transactions):
    one, other = resident(db), resident(db)
    found = dict(rows(db, "SELECT person_id, wrapped FROM person_keys"))
    assert set(found) == {one, other}
    keys = {KEYRING.decrypt(found[p], PERSON_KEYS.context_of(p)) for p in (one, other)}
    assert len(keys) == 2


def test_a_value_moved_to_another_field_is_refused(db: Transactions):
    person = resident(db)
    with pytest.raises(SealBroken):
        db.read(reveal, KEYRING, person, NAME, sealed_phone(db, person))


def test_a_value_moved_to_another_person_is_refused(db: Transactions):
    one, other = resident(db), resident(db)
    with pytest.raises(SealBroken):
        db.read(reveal, KEYRING, other, PHONE, sealed_phone(db, one))


def test_a_value_and_its_key_moved_to_another_person_are_refused(db: Transactions):
    one, other = resident(db), resident(db)
    execute(
        db,
        "UPDATE person_keys SET wrapped = (SELECT wrapped FROM person_keys WHERE person_id = :one)"
        " WHERE person_id = :other",
        one=one,
        other=other,
    )
    with pytest.raises(SealBroken):
        db.read(reveal, KEYRING, other, PHONE, sealed_phone(db, one))


def test_a_value_is_bound_to_its_person_even_where_two_have_the_same_key(db: Transactions):
    one, other = resident(db), resident(db)
    (wrapped,) = rows(db, "SELECT wrapped FROM person_keys WHERE person_id = :p", p=one)
    key = KEYRING.decrypt(wrapped, PERSON_KEYS.context_of(one))
    execute(
        db,
        "UPDATE person_keys SET wrapped = :same WHERE person_id = :other",
        same=KEYRING.encrypt(key, PERSON_KEYS.context_of(other)),
        other=other,
    )
    with pytest.raises(SealBroken):
        db.read(reveal, KEYRING, other, PHONE, sealed_phone(db, one))


def test_a_value_that_was_altered_or_cut_is_refused(db: Transactions):
    person = resident(db)
    value = sealed_phone(db, person)
    for changed in (value[:-1], value[1:], value[:-1] + bytes([value[-1] ^ 1]), b"", b"\x01"):
        with pytest.raises(SealBroken):
            db.read(reveal, KEYRING, person, PHONE, changed)


def test_a_ring_with_another_key_reveals_nothing(db: Transactions):
    person = resident(db)
    with pytest.raises(KeyUnknown, match="t1"):
        phone_of(db, person, ring(line("t2", 2)))
    with pytest.raises(SealBroken):
        phone_of(db, person, ring(line("t1", 2)))
    assert phone_of(db, person, ring(line("t2", 2), T1)) == "13800138000"


def test_many_are_revealed_in_one_query(db: Transactions):
    people = [new_id() for _ in range(5)]
    values = {person: sealed(db, person, f"1380013800{n}") for n, person in enumerate(people)}
    with counted(db) as ran:
        found = db.read(reveal_many, KEYRING, PHONE, values)
    assert found == {person: f"1380013800{n}" for n, person in enumerate(people)}
    assert len([one for one in ran if "person_keys" in one]) == len(ran) == 1
    assert db.read(reveal_many, KEYRING, PHONE, {}) == {}


def test_a_key_that_a_backup_lacks_is_no_erasure(db: Transactions):
    person = resident(db)
    execute(db, "DELETE FROM person_keys")
    with pytest.raises(PersonKeyMissing, match=str(person)):
        phone_of(db, person)


def test_two_who_seal_first_at_once_both_succeed_with_one_key(db: Transactions):
    person, start = new_id(), Barrier(2)

    def store(text: str) -> bytes:
        start.wait(10)
        return sealed(db, person, text)

    for _ in range(10):
        person = new_id()
        with ThreadPoolExecutor(2) as pool:
            values = list(pool.map(store, ("a", "b")))
        found = [db.read(reveal, KEYRING, person, PHONE, value) for value in values]
        assert found == ["a", "b"]


def seal_and_wait(db: Transactions, person: UUID, go_on: Event, end: type[Exception] | None) -> Any:
    """Seal, and keep the transaction open until told."""

    def work(session: Session) -> bytes:
        value = seal(session, KEYRING, person, PHONE, "a")
        assert go_on.wait(20)
        if end is not None:
            raise end
        return value

    return db.change(work)


@pytest.mark.parametrize("end", [None, Rejected])
def test_who_seals_second_waits_for_the_first_whether_it_commits_or_not(
    db: Transactions, end: type[Exception] | None
):
    person, go_on = new_id(), Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(seal_and_wait, db, person, go_on, end)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        eventually(lambda: rows(db, held) == [1])
        second = pool.submit(sealed, db, person, "b")
        eventually(lambda: rows(db, WAITING) == [1])
        go_on.set()
        assert type(first.exception(20)) is (end or type(None))
        assert db.read(reveal, KEYRING, person, PHONE, second.result(20)) == "b"
    if end is None:
        assert db.read(reveal, KEYRING, person, PHONE, first.result()) == "a"


def test_many_may_seal_for_a_person_at_once_who_has_a_key(db: Transactions):
    person, go_on = resident(db), Event()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(seal_and_wait, db, person, go_on, None)
        sealed(db, person, "b")
        go_on.set()
        first.result(20)


def test_an_export_has_everything_held_on_one_person_as_plain_data(db: Transactions):
    person = resident(db, "张三", "13800138000")
    resident(db, "李四", "13900139000")
    (row,) = rows(db, "SELECT id FROM residents WHERE person_id = :p", p=person)
    assert db.read(export_person, KEYRING, FIELDS, person) == {
        "person_id": str(person),
        "erased_at": None,
        "held": [
            {"table": "residents", "row": str(row), "column": c, "kind": c, "value": v}
            for c, v in (("name", "张三"), ("phone", "13800138000"))
        ],
    }


def test_an_export_leaves_out_what_is_empty_and_who_is_unknown(db: Transactions):
    person = resident(db)
    execute(db, "UPDATE residents SET phone = NULL")
    held = db.read(export_person, KEYRING, FIELDS, person)["held"]
    assert [one["column"] for one in held] == ["name"]
    assert db.read(export_person, KEYRING, FIELDS, new_id())["held"] == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_declares_is_in_its_database(
    database_of: Callable[[str], Transactions], service: str
):
    declared = declared_by(service)
    columns = {
        (table, column): (kind, nullable)
        for table, column, kind, nullable in rows(
            database_of(service),
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'public'",
        )
    }
    for one in (PERSON_KEYS, *declared.fields, *declared.sealed_columns):
        assert columns[one.table, one.column][0] == "bytea"
        assert (one.table, one.id_column) in columns
    for field in declared.fields:
        assert columns[field.table, field.person_column][0] == "uuid"
        if field.index_column is not None:
            assert columns[field.table, field.index_column] == ("bytea", "YES")
