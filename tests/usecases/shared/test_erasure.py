"""Owns the proof of erasure: unreadable for ever, whatever comes back from a backup."""

import stat
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.database import Transactions
from shared.ids import new_id
from shared.privacy.erasure import ErasureRow, Replayed, erase_person, erasures, replay_erasures
from shared.privacy.export import export_person
from shared.privacy.personal import PersonErased, reveal_many, seal
from shared.privacy.reasons import ReasonMissing
from tests.databases import KEYRING
from tests.observe import eventually
from tests.usecases.shared.people import (
    BOSS,
    FIELDS,
    NOW,
    PHONE,
    Operator,
    execute,
    phone_of,
    register,
    resident,
    rows,
    sealed_phone,
    with_residents,
)

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
LOG = "SELECT person_id, erased_at, by_id, reason FROM erasure_log ORDER BY person_id"
AUDIT = "SELECT who, action, subject, facts FROM audit_log ORDER BY position"


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return with_residents(grid_db)


@pytest.fixture
def operator(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(capsys, monkeypatch.setenv)


def erase(db: Transactions, person: UUID, reason: str = "本人要求", **late: Any) -> bool:
    return db.change(
        lambda session: erase_person(
            session, FIELDS, person, by=BOSS, reason=reason, now=NOW + timedelta(**late)
        )
    )


def replay(db: Transactions, *erased: ErasureRow) -> Replayed:
    return db.change(
        lambda session: replay_erasures(session, FIELDS, erased, who="operator:test", now=NOW)
    )


def copy_person_keys(db: Transactions) -> None:
    """Take a backup of what erasure destroys."""
    execute(db, "CREATE TABLE backup_keys AS SELECT person_id, wrapped FROM person_keys")
    execute(db, "CREATE TABLE backup_residents AS SELECT * FROM residents")


def restore_person_keys(db: Transactions) -> None:
    """Bring keys and blind indexes back as they were in the backup."""
    execute(
        db,
        "INSERT INTO person_keys (person_id, wrapped) SELECT person_id, wrapped FROM backup_keys"
        " ON CONFLICT DO NOTHING",
    )
    execute(db, "DELETE FROM residents")
    execute(db, "INSERT INTO residents SELECT * FROM backup_residents")


def restore_all(db: Transactions) -> None:
    """Bring back a database from before anybody was erased."""
    restore_person_keys(db)
    execute(db, "ALTER TABLE erasure_log DISABLE TRIGGER USER")
    execute(db, "DELETE FROM erasure_log")
    execute(db, "ALTER TABLE erasure_log ENABLE TRIGGER USER")


def indexes(db: Transactions, person: UUID) -> list[Any]:
    return rows(db, "SELECT phone_index FROM residents WHERE person_id = :p", p=person)


def test_what_was_held_on_an_erased_person_is_unreadable_and_in_no_index(db: Transactions):
    person, other = resident(db), resident(db)
    assert erase(db, person) is True
    with pytest.raises(PersonErased) as refusal:
        phone_of(db, person)
    assert refusal.value.status == 410
    assert rows(db, "SELECT person_id FROM person_keys") == [other]
    assert indexes(db, person) == [None]
    assert phone_of(db, other) == "13800138000"
    assert indexes(db, other) != [None]


def test_many_are_revealed_without_those_who_were_erased(db: Transactions):
    person, other = resident(db), resident(db)
    values = {one: sealed_phone(db, one) for one in (person, other)}
    erase(db, person)
    assert db.read(reveal_many, KEYRING, PHONE, values) == {other: "13800138000"}


def test_an_erasure_is_in_its_log_and_in_the_audit(db: Transactions):
    person = resident(db)
    erase(db, person, " 本人要求 ")
    assert rows(db, LOG) == [(person, NOW, BOSS, "本人要求")]
    facts = {"reason": "本人要求"}
    assert rows(db, AUDIT) == [(str(BOSS), "erase_person", f"person:{person}", facts)]


def test_an_erasure_needs_a_reason(db: Transactions):
    person = resident(db)
    for reason in ("", " ", "x" * 501):
        with pytest.raises(ReasonMissing):
            erase(db, person, reason)
    assert phone_of(db, person) == "13800138000"


def test_erased_twice_is_erased_once(db: Transactions):
    person = resident(db)
    erase(db, person)
    assert erase(db, person, "又一次", hours=1) is False
    assert [row[1:] for row in rows(db, LOG)] == [(NOW, BOSS, "本人要求")]
    assert len(rows(db, AUDIT)) == 1


def test_nothing_is_sealed_for_an_erased_person_any_more(db: Transactions):
    person, stranger = resident(db), new_id()
    for one in (person, stranger):
        erase(db, one)
        with pytest.raises(PersonErased):
            db.change(seal, KEYRING, one, PHONE, "13800138000")
    assert rows(db, "SELECT count(*) FROM person_keys") == [0]


def test_an_export_of_an_erased_person_says_when_and_holds_nothing(db: Transactions):
    person = resident(db)
    erase(db, person)
    assert db.read(export_person, KEYRING, FIELDS, person) == {
        "person_id": str(person),
        "erased_at": "2026-11-23T04:00:00+00:00",
        "held": [],
    }


@pytest.mark.parametrize(
    "change", ["UPDATE erasure_log SET reason = 'x'", "DELETE FROM erasure_log"]
)
def test_the_log_of_erasures_only_grows(db: Transactions, change: str):
    erase(db, resident(db))
    for statement in (change, "TRUNCATE erasure_log"):
        with pytest.raises(IntegrityError, match="append-only"):
            execute(db, statement)
    assert rows(db, "SELECT reason FROM erasure_log") == ["本人要求"]


def test_a_ciphertext_copied_back_from_a_backup_stays_unreadable(db: Transactions):
    person = resident(db)
    value = sealed_phone(db, person)
    erase(db, person)
    execute(db, "UPDATE residents SET phone = NULL")
    execute(db, "UPDATE residents SET phone = :value", value=value)
    with pytest.raises(PersonErased):
        phone_of(db, person)


def test_a_key_copied_back_from_a_backup_reveals_nothing_while_the_log_stands(db: Transactions):
    person = resident(db)
    copy_person_keys(db)
    erase(db, person)
    restore_person_keys(db)
    with pytest.raises(PersonErased):
        phone_of(db, person)
    with pytest.raises(PersonErased):
        db.change(seal, KEYRING, person, PHONE, "13800138000")
    assert db.read(export_person, KEYRING, FIELDS, person)["held"] == []


def test_a_replay_destroys_again_what_a_whole_backup_brought_back(db: Transactions):
    person, other = resident(db), resident(db)
    copy_person_keys(db)
    erase(db, person)
    kept = db.read(erasures)
    restore_all(db)
    assert phone_of(db, person) == "13800138000"
    assert replay(db, *kept) == Replayed(rows=1, new=1, keys=1)
    with pytest.raises(PersonErased):
        phone_of(db, person)
    assert rows(db, "SELECT person_id FROM person_keys") == [other]
    assert (indexes(db, person), rows(db, LOG)) == ([None], [(person, NOW, BOSS, "本人要求")])
    said = {"erased_at": "2026-11-23T04:00:00+00:00", "by": str(BOSS)}
    assert rows(db, AUDIT)[-1] == ("operator:test", "replay_erasure", f"person:{person}", said)


def test_a_replay_destroys_a_key_that_came_back_beside_the_log(db: Transactions):
    person = resident(db)
    copy_person_keys(db)
    erase(db, person)
    restore_person_keys(db)
    assert replay(db, *db.read(erasures)) == Replayed(rows=1, new=0, keys=1)
    assert (rows(db, "SELECT person_id FROM person_keys"), indexes(db, person)) == ([], [None])


def test_a_replay_of_what_is_still_erased_changes_nothing(db: Transactions):
    for _ in range(3):
        erase(db, resident(db))
    before = rows(db, AUDIT)
    assert replay(db, *db.read(erasures)) == Replayed(rows=3, new=0, keys=0)
    assert rows(db, AUDIT) == before


def test_erasures_are_read_page_by_page(db: Transactions):
    people = sorted(resident(db) for _ in range(5))
    for person in people:
        erase(db, person)
    first = db.read(erasures, None, 3)
    rest = db.read(erasures, first[-1].person_id, 3)
    assert [one.person_id for one in (*first, *rest)] == people


def in_background(pool: ThreadPoolExecutor, db: Transactions, work: Callable[..., Any]) -> Any:
    """Start a transaction that stays open until told; return it and the event that tells."""
    started, go_on = Event(), Event()

    def open_end(session: Session) -> None:
        work(session)
        session.flush()
        started.set()
        assert go_on.wait(20)

    future: Future[None] = pool.submit(db.change, open_end)
    assert started.wait(20), future.exception(0)
    return future, go_on


@pytest.mark.parametrize("known", [True, False])
def test_an_erasure_waits_for_who_is_writing_and_then_leaves_nothing(db: Transactions, known: bool):
    person = resident(db) if known else new_id()
    with ThreadPoolExecutor(2) as pool:
        writing, go_on = in_background(
            pool, db, lambda session: register(session, person, "张三", "13900139000")
        )
        erasing = pool.submit(erase, db, person)
        eventually(lambda: rows(db, WAITING) == [1])
        go_on.set()
        writing.result(20)
        assert erasing.result(20) is True
    assert rows(db, "SELECT count(*) FROM person_keys") == [0]
    assert set(indexes(db, person)) == {None}


@pytest.mark.parametrize("known", [True, False])
def test_who_writes_during_an_erasure_waits_and_is_refused(db: Transactions, known: bool):
    person = resident(db) if known else new_id()
    with ThreadPoolExecutor(2) as pool:
        erasing, go_on = in_background(
            pool,
            db,
            lambda s: erase_person(s, FIELDS, person, by=BOSS, reason="本人要求", now=NOW),
        )
        writing = pool.submit(db.change, register, person, "张三", "13900139000")
        eventually(lambda: rows(db, WAITING) == [1])
        go_on.set()
        erasing.result(20)
        assert isinstance(writing.exception(20), PersonErased)
    assert rows(db, "SELECT count(*) FROM person_keys") == [0]
    assert set(indexes(db, person)) <= {None}


def test_what_the_command_exported_it_replays_on_a_restored_database(
    db: Transactions, operator: Operator, tmp_path: Path
):
    people = [resident(db) for _ in range(3)]
    copy_person_keys(db)
    for person in people[:2]:
        erase(db, person)
    file = tmp_path / "erasures"
    assert operator.run(db, "erasures", "export", "grid", "--to", str(file)) == (
        f"{file}: 2 erasures of grid\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert operator.run(db, "erasures", "export", "grid") == file.read_text(encoding="utf-8")
    restore_all(db)
    replayed = operator.run(db, "erasures", "replay", "grid", str(file))
    assert replayed == "grid: 2 erasures, 2 the log lacked, 2 keys destroyed again\n"
    assert rows(db, "SELECT person_id FROM person_keys") == [people[2]]
    again = operator.run(db, "erasures", "replay", "grid", str(file))
    assert again == "grid: 2 erasures, 0 the log lacked, 0 keys destroyed again\n"


def test_more_than_a_page_of_erasures_is_exported_and_replayed(
    db: Transactions, operator: Operator, tmp_path: Path
):
    execute(
        db,
        "INSERT INTO erasure_log SELECT gen_random_uuid(), now(), gen_random_uuid(), 'x'"
        " FROM generate_series(1, 1001)",
    )
    operator.run(db, "erasures", "export", "grid", "--to", str(tmp_path / "e"))
    replayed = operator.run(db, "erasures", "replay", "grid", str(tmp_path / "e"))
    assert replayed.startswith("grid: 1001 erasures, 0 the log lacked")


def test_a_file_that_was_cut_or_is_of_another_service_replays_nothing(
    db: Transactions, operator: Operator, tmp_path: Path
):
    file = tmp_path / "erasures"
    erase(db, resident(db))
    operator.run(db, "erasures", "export", "grid", "--to", str(file))
    refused = operator.refused(db, "erasures", "replay", "inspections", str(file))
    assert "no heading of erasures of inspections" in refused
    file.write_bytes(file.read_bytes()[:-5])
    restore_log = rows(db, LOG)
    assert "it was cut" in operator.refused(db, "erasures", "replay", "grid", str(file))
    assert "cannot read" in operator.refused(db, "erasures", "replay", "grid", str(tmp_path / "x"))
    assert rows(db, LOG) == restore_log


def test_a_replay_has_the_operator_and_the_time_in_the_audit(
    db: Transactions, operator: Operator, tmp_path: Path
):
    erase(db, resident(db))
    operator.run(db, "erasures", "export", "grid", "--to", str(tmp_path / "e"))
    execute(db, "ALTER TABLE erasure_log DISABLE TRIGGER USER")
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM erasure_log"))
    operator.run(db, "erasures", "replay", "grid", str(tmp_path / "e"))
    ((who, at),) = rows(db, "SELECT who, at FROM audit_log WHERE action = 'replay_erasure'")
    assert who.startswith("operator:")
    assert abs(real_now() - at) < timedelta(minutes=1)
