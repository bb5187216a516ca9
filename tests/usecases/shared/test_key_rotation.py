"""Owns the proof of rotation: every value under the newest key, at whatever point it stopped."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from shared.database import Transactions
from shared.ids import new_id
from shared.privacy.fields import SealedColumn
from shared.privacy.keyring import Keyring, KeyUnknown
from shared.privacy.personal import place_of_key
from shared.privacy.rotation import PERSON_KEYS, Unreadable, Use, rotate, uses
from shared.privacy.sealing import new_key
from tests.databases import KEYRING
from tests.usecases.shared.people import (
    T1,
    Operator,
    execute,
    line,
    phone_of,
    resident,
    ring,
    rows,
    with_residents,
)

NEW = line("t2", 2)
BOTH, NEW_ALONE = ring(NEW, T1), ring(NEW)
SECRETS = SealedColumn("secrets", "name", "value", "secrets.value {id}")


class Interrupted(Exception):
    """The operator's machine went away."""


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    execute(grid_db, "CREATE TABLE secrets (name text PRIMARY KEY, value bytea)")
    return with_residents(grid_db)


@pytest.fixture
def operator(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(capsys, monkeypatch.setenv)


def many_keys(db: Transactions, count: int) -> list[UUID]:
    """Give many persons a key, under the old one."""
    people = [new_id() for _ in range(count)]
    made = [{"id": one, "wrapped": KEYRING.encrypt(new_key(), place_of_key(one))} for one in people]
    with db.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO person_keys (person_id, wrapped) VALUES (:id, :wrapped)"), made
        )
    return people


def keep_secret(db: Transactions, name: str, value: bytes, keyring: Keyring = KEYRING) -> None:
    sealed = keyring.encrypt(value, SECRETS.context_of(name))
    execute(db, "INSERT INTO secrets VALUES (:name, :value)", name=name, value=sealed)


def untold(_column: SealedColumn, _done: int) -> None:
    """Listen to nothing."""


def on_keys(db: Transactions) -> dict[str, int]:
    """Return how many persons' keys each key sealed."""
    return dict(rows(db, "SELECT key_id, count(*) FROM person_keys GROUP BY 1"))


def test_after_a_rotation_the_new_key_alone_reveals_what_the_old_one_sealed(db: Transactions):
    person = resident(db)
    assert rotate(db, BOTH, [PERSON_KEYS], untold) == []
    assert on_keys(db) == {"t2": 1}
    assert phone_of(db, person, NEW_ALONE) == "13800138000"
    with pytest.raises(KeyUnknown, match="t2"):
        phone_of(db, person, KEYRING)


def test_before_it_the_old_key_is_needed(db: Transactions):
    with pytest.raises(KeyUnknown, match="t1"):
        phone_of(db, resident(db), NEW_ALONE)


def test_an_interrupted_rotation_goes_on_where_it_stopped(db: Transactions):
    people = many_keys(db, 1_201)
    told: list[int] = []

    def go_away(_column: SealedColumn, done: int) -> None:
        told.append(done)
        raise Interrupted

    with pytest.raises(Interrupted):
        rotate(db, BOTH, [PERSON_KEYS], go_away)
    assert (told, on_keys(db)) == ([500], {"t1": 701, "t2": 500})
    told.clear()
    rotate(db, BOTH, [PERSON_KEYS], lambda _, done: told.append(done))
    assert (told, on_keys(db)) == ([500, 701], {"t2": 1_201})
    found = dict(rows(db, "SELECT person_id, wrapped FROM person_keys"))
    assert sorted(found) == sorted(people)
    for person, wrapped in found.items():
        assert len(NEW_ALONE.decrypt(wrapped, place_of_key(person))) == 32


def test_a_second_rotation_touches_nothing(db: Transactions):
    many_keys(db, 3)
    rotate(db, BOTH, [PERSON_KEYS], untold)
    state = "SELECT person_id, wrapped, xmin::text FROM person_keys ORDER BY 1"
    before = rows(db, state)
    told: list[int] = []
    rotate(db, BOTH, [PERSON_KEYS], lambda _, done: told.append(done))
    assert (told, rows(db, state)) == ([0], before)


def test_what_an_old_process_sealed_meanwhile_is_found_by_the_next_rotation(db: Transactions):
    rotate(db, BOTH, [PERSON_KEYS], untold)
    person = resident(db)
    assert on_keys(db) == {"t1": 1}
    rotate(db, BOTH, [PERSON_KEYS], untold)
    assert phone_of(db, person, NEW_ALONE) == "13800138000"


def test_columns_that_the_keyring_itself_sealed_are_rotated_in_their_context(db: Transactions):
    for n in range(3):
        keep_secret(db, f"s{n}", b"value %d" % n)
    execute(db, "INSERT INTO secrets VALUES ('none', NULL)")
    rotate(db, BOTH, [SECRETS, PERSON_KEYS], untold)
    for n in range(3):
        (value,) = rows(db, "SELECT value FROM secrets WHERE name = :name", name=f"s{n}")
        assert NEW_ALONE.decrypt(value, f"secrets.value s{n}") == b"value %d" % n
    assert rows(db, "SELECT value FROM secrets WHERE name = 'none'") == [None]


def test_what_no_key_opens_is_told_and_the_rest_goes_on(db: Transactions):
    keep_secret(db, "a", b"a")
    keep_secret(db, "b", b"b", ring(line("lost", 7)))
    execute(db, "INSERT INTO secrets SELECT 'c', value FROM secrets WHERE name = 'a'")
    execute(db, "INSERT INTO secrets VALUES ('d', 'garbage'), ('e', '')")
    keep_secret(db, "f", b"f")
    left = rotate(db, BOTH, [SECRETS], untold)
    assert [(one.table, one.row_id) for one in left] == [("secrets", name) for name in "bcde"]
    assert isinstance(left[0], Unreadable) and "lost" in left[0].why
    assert db.read(uses, [SECRETS]) == [
        Use("secrets", "value", "(not sealed)", 2),
        Use("secrets", "value", "lost", 1),
        Use("secrets", "value", "t1", 1),
        Use("secrets", "value", "t2", 2),
    ]


def test_more_than_a_batch_that_no_key_opens_is_told_once_and_ends(db: Transactions):
    execute(
        db,
        "INSERT INTO secrets SELECT to_char(n, 'FM0000'), 'x' FROM generate_series(1, 1001) n",
    )
    left = rotate(db, BOTH, [SECRETS], untold)
    assert [int(one.row_id) for one in left] == list(range(1, 1_002))


def test_ids_of_keys_are_not_mistaken_for_each_others_beginning(db: Transactions):
    longer = ring(line("t11", 3), T1)
    person = resident(db)
    rotate(db, longer, [PERSON_KEYS], untold)
    assert on_keys(db) == {"t11": 1}
    rotate(db, ring(T1, line("t11", 3)), [PERSON_KEYS], untold)
    assert on_keys(db) == {"t1": 1}
    assert phone_of(db, person) == "13800138000"


def test_answers_kept_for_a_day_are_counted_too(db: Transactions):
    execute(
        db,
        "INSERT INTO idempotency_keys (caller_id, key, operation, request_hash, status, headers,"
        " body) VALUES (gen_random_uuid(), 'k', 'o', '', 200, '[]', :body)",
        body=KEYRING.encrypt(b"answer", "c"),
    )
    assert db.read(uses, [PERSON_KEYS]) == [Use("idempotency_keys", "body", "t1", 1)]


def test_the_column_key_id_says_what_the_sealed_key_says(db: Transactions):
    person = resident(db)

    def lie(session: Session) -> Any:
        return session.execute(text("UPDATE person_keys SET key_id = 't9'"))

    with pytest.raises(ProgrammingError, match="generated column"):
        db.change(lie)
    assert rows(db, "SELECT person_id, key_id FROM person_keys") == [(person, "t1")]


def test_the_commands_walk_through_a_change_of_keys(db: Transactions, operator: Operator):
    many_keys(db, 501)
    fresh = operator.run(None, "keys", "new").strip()
    key_id = fresh.partition(":")[0]
    before = operator.run(db, "keys", "status", "grid", keys=(fresh, T1))
    assert [row.split() for row in before.splitlines()[1:]] == [
        ["t1", "old", "person_keys.wrapped", "501"],
        [key_id, "newest", "-", "0"],
    ]
    rotated = operator.run(db, "keys", "rotate", "grid", keys=(fresh, T1))
    assert rotated.splitlines() == [
        "person_keys.wrapped: 500 sealed anew",
        "person_keys.wrapped: 501 sealed anew",
        f"grid: 0 values are left on other keys than {key_id}",
    ]
    after = operator.run(db, "keys", "status", "grid", keys=(fresh, T1))
    assert [re.split("  +", row) for row in after.splitlines()[1:]] == [
        [key_id, "newest", "person_keys.wrapped", "501"],
        ["t1", "old, may go", "-", "0"],
    ]
    retired = operator.run(db, "keys", "status", "grid", keys=(fresh,))
    assert [row.split() for row in retired.splitlines()[1:]] == [
        [key_id, "newest", "person_keys.wrapped", "501"]
    ]


def test_the_commands_name_keys_that_are_missing(db: Transactions, operator: Operator):
    resident(db)
    said = operator.refused(db, "keys", "status", "grid", keys=(NEW,))
    assert said == "linli keys status grid: values that no key of the ring opens: t1"
    said = operator.refused(db, "keys", "rotate", "grid", keys=(NEW,))
    assert "1 values can't be opened" in said
    assert on_keys(db) == {"t1": 1}


def test_every_new_key_is_another_that_a_ring_takes(operator: Operator):
    lines = [operator.run(None, "keys", "new").strip() for _ in range(20)]
    assert len(set(ring(*lines).ids)) == 20
