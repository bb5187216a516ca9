"""Owns the proof that a database that was lent before is like a fresh one."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from shared.database import Transactions
from tests.databases import DatabaseServer, Lender, SetClock
from tests.usecases.volunteers.stories import rows

CONTENT = """
    SELECT relname, (xpath('/row/rows/text()', query_to_xml(
        format('SELECT count(*) AS rows, md5(string_agg(t::text, '''')) AS md5 FROM %I t', relname),
        false, true, '')))[1]::text
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
"""


@pytest.fixture
def lender(database_server: DatabaseServer) -> Iterator[Lender]:
    lender = Lender(database_server, SetClock())
    yield lender
    lender.close()


def change(db: Transactions, *statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def name_of(db: Transactions) -> str | None:
    return db.engine.url.database


def test_what_comes_back_is_empty_but_for_what_a_migration_wrote(lender: Lender) -> None:
    db = lender.lend("volunteers")
    fresh = rows(db, CONTENT)
    assert rows(db, "SELECT count(*) FROM hours_head") != [(0,)]
    many = "INSERT INTO inbox (consumer, event_id) SELECT 'q', gen_random_uuid()"
    change(
        db,
        "SET session_replication_role = replica",
        many,
        f"{many} FROM generate_series(1, 5000)",
        "DELETE FROM hours_head",
        "INSERT INTO outbox (event_id, event_type, subject, headers, body)"
        " VALUES (gen_random_uuid(), 'x', 'x', '{}', '')",
    )
    assert rows(db, CONTENT) != fresh
    name = name_of(db)
    lender.take_back("volunteers", db)
    again = lender.lend("volunteers")
    assert name_of(again) == name
    assert rows(again, CONTENT) == fresh
    change(
        again,
        "INSERT INTO outbox (event_id, event_type, subject, headers, body)"
        " VALUES (gen_random_uuid(), 'x', 'x', '{}', '')",
    )
    assert rows(again, "SELECT position FROM outbox") == [(1,)]


def test_what_an_extension_brought_stays(lender: Lender) -> None:
    db = lender.lend("grid")
    systems = "SELECT count(*) FROM spatial_ref_sys"
    brought = rows(db, systems)
    assert brought[0][0] > 1_000
    lender.take_back("grid", db)
    again = lender.lend("grid")
    assert (name_of(again), rows(again, systems)) == (name_of(db), brought)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (id int)",
        "DROP TABLE failed_events CASCADE",
        "ALTER TABLE outbox ADD CONSTRAINT full_now CHECK (false) NOT VALID",
        "ALTER TABLE audit_log DISABLE TRIGGER USER",
        "CREATE INDEX more ON inbox (event_id)",
        "ANALYZE inbox",
    ],
)
def test_one_whose_tables_are_others_is_not_lent_again(lender: Lender, statement: str) -> None:
    db = lender.lend("grid")
    change(db, "INSERT INTO inbox (consumer, event_id) VALUES ('q', gen_random_uuid())", statement)
    lender.take_back("grid", db)
    assert name_of(lender.lend("grid")) != name_of(db)
    with pytest.raises(OperationalError, match="does not exist"):
        rows(db, "SELECT 1")


def test_whoever_is_still_connected_is_shown_out(lender: Lender) -> None:
    db = lender.lend("grid")
    with db.engine.connect() as left_open:
        left_open.execute(text("LOCK TABLE inbox"))
        lender.take_back("grid", db)
        with pytest.raises(OperationalError):
            left_open.execute(text("SELECT 1"))
        left_open.invalidate()
    assert name_of(lender.lend("grid")) == name_of(db)


def test_two_at_once_are_two(lender: Lender) -> None:
    assert name_of(lender.lend("grid")) != name_of(lender.lend("grid"))
