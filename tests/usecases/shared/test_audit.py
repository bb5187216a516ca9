"""Owns the proof of the audit: nothing of it changes unseen, and two writers make one chain."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.audit.chain import FIRST, Entry
from shared.audit.schemas import AuditLine, ListAudit
from shared.audit.tables import AuditHead
from shared.audit.trail import list_audit, record
from shared.audit.verification import Mark, Verdict, verify
from shared.database import Transactions
from shared.errors import Rejected
from shared.http.paging import BadCursor
from tests.observe import eventually
from tests.processes import ROOT
from tests.usecases.shared.people import NOW, Operator, execute, rows

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return grid_db


@pytest.fixture
def operator(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(capsys, monkeypatch.setenv)


def write(session: Session, n: int = 1, **other: Any) -> None:
    values = {"who": f"w{n % 2}", "action": "look", "subject": f"case:{n % 3}", "facts": {"n": n}}
    record(session, **values | {"now": NOW + timedelta(seconds=n)} | other)


def say(db: Transactions, n: int = 1, **other: Any) -> None:
    db.change(lambda session: write(session, n, **other))


def written(db: Transactions, count: int) -> Mark:
    """Write some rows; return where the chain stands."""
    for n in range(1, count + 1):
        db.change(write, n)
    return db.read(verify).mark


def tamper(db: Transactions, *statements: str) -> None:
    """Change the audit as one can who owns the database, and leave no other trace."""
    tables = ("audit_log", "audit_head")
    for table in tables:
        execute(db, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for statement in statements:
        execute(db, statement)
    for table in tables:
        execute(db, f"ALTER TABLE {table} ENABLE TRIGGER USER")


def write_anew(db: Transactions) -> None:
    """Write the whole chain anew so that it fits together, one fact changed."""
    tamper(
        db,
        "DELETE FROM audit_log",
        f"UPDATE audit_head SET position = 0, hash = '\\x{FIRST.hex()}'",
    )
    for n in range(1, 6):
        db.change(write, n + 100 if n == 2 else n)


def broken(db: Transactions, expected: Mark | None = None) -> tuple[int | None, str]:
    found = db.read(verify, *([expected] if expected else []))
    return found.first_broken, found.why


def test_rows_have_what_was_told_and_positions_without_gaps(db: Transactions):
    say(db, 1, facts={"field": "张三", "areas": ["3205"], "none": None})
    db.change(write, 2)
    found = rows(
        db, "SELECT position, at, who, action, subject, facts FROM audit_log ORDER BY position"
    )
    assert found == [
        (
            1,
            NOW + timedelta(seconds=1),
            "w1",
            "look",
            "case:1",
            {"field": "张三", "areas": ["3205"], "none": None},
        ),
        (2, NOW + timedelta(seconds=2), "w0", "look", "case:2", {"n": 2}),
    ]


def test_an_untouched_chain_holds(db: Transactions):
    assert db.read(verify) == Verdict(0, FIRST)
    mark = written(db, 5)
    (head,) = rows(db, "SELECT hash FROM audit_log WHERE position = 5")
    assert (mark, db.read(verify)) == (Mark(5, head), Verdict(5, head))


def test_any_fact_that_is_allowed_holds_after_the_database_kept_it(db: Transactions):
    facts = {"a": '\x01\x7f\u2028𠮷\\"/<é', "b": 2**53 - 1, "c": [True, None, -1, ""], "d": []}
    say(db, 1, facts=facts, now=NOW.replace(microsecond=123456))
    assert db.read(verify).why == ""


def test_a_refused_fact_leaves_no_row(db: Transactions):
    with pytest.raises(TypeError):
        say(db, 1, facts={"score": 1.5})
    assert db.read(verify) == Verdict(0, FIRST)


def test_a_transaction_that_fails_leaves_no_gap(db: Transactions):
    def fail(session: Session) -> None:
        write(session)
        raise Rejected

    written(db, 1)
    with pytest.raises(Rejected):
        db.change(fail)
    assert written(db, 1).position == 2


def test_many_rows_of_one_transaction_are_chained_too(db: Transactions):
    db.change(lambda session: [write(session, n) for n in range(5)])
    assert db.read(verify).rows == 5


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_log SET facts = '{}'",
        "UPDATE audit_log SET facts = '{}' WHERE false",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "UPDATE audit_head SET position = position - 1",
        "UPDATE audit_head SET hash = ''",
    ],
)
def test_the_database_refuses_every_change(db: Transactions, change: str):
    written(db, 2)
    with pytest.raises(IntegrityError, match="only grows"):
        execute(db, change)
    assert db.read(verify).rows == 2


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "who = 'w7'",
        "action = 'glance'",
        "subject = 'case:9'",
        "facts = '{}'",
        "previous = hash",
        "hash = previous",
    ],
)
def test_a_changed_row_is_found(db: Transactions, change: str):
    written(db, 5)
    tamper(db, f"UPDATE audit_log SET {change} WHERE position = 3")
    found = db.read(verify)
    assert (found.rows, found.first_broken) == (2, 3)
    assert found.why


def test_a_changed_row_whose_hash_was_mended_is_found_at_the_next(db: Transactions):
    written(db, 5)
    (previous,) = rows(db, "SELECT hash FROM audit_log WHERE position = 2")
    entry = Entry(position=3, at=NOW, who="w", action="a", subject="s", facts={})
    tamper(
        db,
        "UPDATE audit_log SET at = '2026-11-23T04:00:00Z', who = 'w', action = 'a', subject = 's',"
        f" facts = '{{}}', hash = '\\x{entry.hash_after(previous).hex()}' WHERE position = 3",
    )
    assert broken(db) == (4, "it does not follow the row before it")


def test_a_changed_last_row_whose_hash_was_mended_is_found_by_the_head(db: Transactions):
    written(db, 2)
    (previous,) = rows(db, "SELECT hash FROM audit_log WHERE position = 1")
    entry = Entry(position=2, at=NOW, who="w", action="a", subject="s", facts={})
    tamper(
        db,
        "UPDATE audit_log SET at = '2026-11-23T04:00:00Z', who = 'w', action = 'a', subject = 's',"
        f" facts = '{{}}', hash = '\\x{entry.hash_after(previous).hex()}' WHERE position = 2",
    )
    assert broken(db) == (2, "the head knows another row here")


@pytest.mark.parametrize("position", [1, 3])
def test_a_removed_row_is_found(db: Transactions, position: int):
    written(db, 5)
    tamper(db, f"DELETE FROM audit_log WHERE position = {position}")
    assert broken(db) == (position, f"it is missing; the next row is {position + 1}")


def test_a_removed_row_is_found_when_those_after_it_moved_up(db: Transactions):
    written(db, 5)
    tamper(
        db,
        "DELETE FROM audit_log WHERE position = 3",
        "UPDATE audit_log SET position = 3 WHERE position = 4",
        "UPDATE audit_log SET position = 4 WHERE position = 5",
    )
    assert broken(db) == (3, "it does not follow the row before it")


def test_a_tail_that_was_cut_is_found(db: Transactions):
    written(db, 5)
    tamper(db, "DELETE FROM audit_log WHERE position > 3")
    assert broken(db) == (4, "it is missing; the head ends the chain at row 5")
    tamper(db, "DELETE FROM audit_log")
    assert broken(db) == (1, "it is missing; the head ends the chain at row 5")


def test_a_missing_head_is_found(db: Transactions):
    written(db, 2)
    tamper(db, "DELETE FROM audit_head")
    assert broken(db) == (3, "the head, which says where the chain ends, is missing")


def test_a_row_written_past_the_head_is_found(db: Transactions):
    mark = written(db, 2)
    entry = Entry(position=3, at=NOW, who="w", action="a", subject="s", facts={})
    execute(
        db,
        "INSERT INTO audit_log VALUES (3, :at, 'w', 'a', 's', '{}', :previous, :hash)",
        at=NOW,
        previous=mark.hash,
        hash=entry.hash_after(mark.hash),
    )
    first, why = broken(db)
    assert (first, "head ends the chain at row 2" in why) == (3, True)


def test_two_swapped_rows_are_found(db: Transactions):
    written(db, 5)
    tamper(
        db,
        "UPDATE audit_log SET position = 99 WHERE position = 2",
        "UPDATE audit_log SET position = 2 WHERE position = 3",
        "UPDATE audit_log SET position = 3 WHERE position = 99",
    )
    assert broken(db) == (2, "it does not follow the row before it")


def test_two_rows_with_swapped_contents_are_found(db: Transactions):
    written(db, 5)
    tamper(
        db,
        "UPDATE audit_log AS one SET (at, who, subject, facts) ="
        " (other.at, other.who, other.subject, other.facts) FROM audit_log AS other"
        " WHERE one.position IN (2, 3) AND other.position = 5 - one.position",
    )
    assert broken(db) == (2, "it was changed after it was written")


def test_a_chain_written_anew_holds_but_is_not_the_one_that_a_former_check_saw(db: Transactions):
    mark = written(db, 5)
    write_anew(db)
    assert broken(db) == (None, "")
    first, why = broken(db, mark)
    assert (first, "written anew" in why) == (5, True)


def test_a_chain_and_head_cut_together_are_shorter_than_a_former_check_saw(db: Transactions):
    mark = written(db, 5)
    tamper(
        db,
        "DELETE FROM audit_log WHERE position > 3",
        "UPDATE audit_head SET (position, hash) ="
        " (SELECT position, hash FROM audit_log ORDER BY position DESC LIMIT 1)",
    )
    assert broken(db) == (None, "")
    assert broken(db, mark) == (4, "it is missing; a former check saw 5 rows")


def test_a_chain_that_went_on_holds_for_every_former_check(db: Transactions):
    first = db.read(verify).mark
    second = written(db, 2)
    third = written(db, 3)
    for mark in (first, second, third):
        assert db.read(verify, mark).why == ""


def test_two_writers_at_once_keep_one_unbroken_chain(db: Transactions):
    start = Barrier(4)

    def write_many(writer: int) -> None:
        start.wait(10)
        for n in range(25):
            say(db, n, who=f"writer:{writer}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_many, range(4)))
    assert db.read(verify).rows == 100
    told = "SELECT who, (facts->>'n')::int FROM audit_log ORDER BY who, position"
    assert rows(db, told) == [(f"writer:{one}", n) for one in range(4) for n in range(25)]


@pytest.mark.parametrize("end", [None, Rejected])
def test_who_writes_second_waits_and_follows_whatever_became_of_the_first(
    db: Transactions, end: type[Exception] | None
):
    wrote, go_on = Event(), Event()

    def write_and_wait(session: Session) -> None:
        write(session, 1)
        wrote.set()
        assert go_on.wait(20)
        if end is not None:
            raise end

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(db.change, write_and_wait)
        assert wrote.wait(20)
        second = pool.submit(db.change, write, 2)
        eventually(lambda: rows(db, WAITING) == [1])
        assert db.read(verify).rows == 0
        go_on.set()
        assert type(first.exception(20)) is (end or type(None))
        second.result(20)
    assert db.read(verify).rows == (2 if end is None else 1)


def test_who_saw_an_older_head_follows_the_newest(db: Transactions):
    def look_and_write(session: Session) -> None:
        seen = session.scalars(select(AuditHead)).one()
        say(db, 1)
        write(session, 2)
        assert seen.position == 2

    db.change(look_and_write)
    assert db.read(verify).rows == 2


def test_a_check_sees_one_moment_while_others_write(db: Transactions):
    written(db, 3)

    def check_twice(session: Session) -> tuple[int, list[int]]:
        before = verify(session).rows
        say(db, 4)
        seen = session.execute(text("SELECT position FROM audit_log ORDER BY 1"))
        return before, list(seen.scalars())

    assert db.read(check_twice) == (3, [1, 2, 3])
    assert db.read(verify).rows == 4


def listed(db: Transactions, **wanted: Any) -> list[int]:
    return [line.facts["n"] for line in db.read(list_audit, ListAudit(**wanted)).items]


def test_a_list_has_the_newest_first_of_a_thing_a_person_or_an_action(db: Transactions):
    written(db, 6)
    say(db, 7, action="glance")
    assert listed(db) == [7, 6, 5, 4, 3, 2, 1]
    assert listed(db, subject="case:1") == [7, 4, 1]
    assert listed(db, who="w0") == [6, 4, 2]
    assert listed(db, action="glance") == [7]
    assert listed(db, subject="case:1", who="w0") == [4]
    assert listed(db, subject="case:9") == []
    line = db.read(list_audit, ListAudit(limit=1)).items[0]
    assert line == AuditLine(
        position=7,
        at=NOW + timedelta(seconds=7),
        who="w1",
        action="glance",
        subject="case:1",
        facts={"n": 7},
    )


def test_a_list_goes_on_where_its_page_ended_while_rows_are_added(db: Transactions):
    written(db, 5)
    first = db.read(list_audit, ListAudit(limit=2))
    db.change(write, 6)
    second = db.read(list_audit, ListAudit(limit=2, after=first.next))
    third = db.read(list_audit, ListAudit(limit=2, after=second.next))
    pages = [[line.position for line in page.items] for page in (first, second, third)]
    assert (pages, third.next) == ([[5, 4], [3, 2], [1]], None)


@pytest.mark.parametrize("mark", ["!", "eHl6", "LTE=", "MS41", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_a_mark_that_no_list_gave_is_refused(db: Transactions, mark: str):
    with pytest.raises(BadCursor):
        listed(db, after=mark)


def test_the_command_prints_the_head_and_checks_against_a_former_one(
    db: Transactions, operator: Operator
):
    mark = written(db, 5)
    said = operator.run(db, "audit", "verify", "grid")
    assert said == f"grid: 5 rows hold\nhead {mark}\n"
    assert operator.run(db, "audit", "verify", "grid", "--expect", str(mark)) == said
    write_anew(db)
    operator.run(db, "audit", "verify", "grid")
    refused = operator.refused(db, "audit", "verify", "grid", "--expect", str(mark))
    assert refused.startswith("linli audit verify grid: row 5 is broken: ")
    refused = operator.refused(db, "audit", "verify", "grid", "--expect", "5")
    assert "POSITION:HASH" in refused


def test_the_command_names_the_first_broken_row(db: Transactions, operator: Operator):
    written(db, 5)
    tamper(db, "UPDATE audit_log SET who = 'x' WHERE position IN (2, 4)")
    refused = operator.refused(db, "audit", "verify", "grid")
    assert refused == (
        "linli audit verify grid: row 2 is broken: it was changed after it was written"
    )


def test_the_command_shows_the_newest_rows(db: Transactions, operator: Operator):
    assert operator.run(db, "audit", "show", "grid") == "grid: no such rows\n"
    written(db, 5)
    say(db, 6, subject="case:\x1b[2J")
    said = operator.run(db, "audit", "show", "grid", "--last", "2").splitlines()
    assert [row.split(maxsplit=1)[0] for row in said] == ["position", "6", "5"]
    assert "2026-11-23 12:00:06" in said[1] and "\\x1b[2J" in said[1] and '{"n": 6}' in said[1]
    said = operator.run(db, "audit", "show", "grid", "--who", "w0", "--subject", "case:1")
    assert [row.split(maxsplit=1)[0] for row in said.splitlines()[1:]] == ["4"]


def test_the_command_shows_more_than_a_page(db: Transactions, operator: Operator):
    db.change(lambda session: [write(session, n) for n in range(250)])
    said = operator.run(db, "audit", "show", "grid", "--last", "230").splitlines()
    assert len(said) == 231
    assert said[-1].startswith("21 ")


def fill(db: Transactions, count: int) -> None:
    """Write a long chain of large rows faster than `record` does."""
    url = make_url(db.engine.url).set(drivername="postgresql")
    previous, facts = FIRST, {"note": "x" * 16_000}
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        with connection.cursor().copy("COPY audit_log FROM STDIN") as copy:
            for n in range(1, count + 1):
                entry = Entry(position=n, at=NOW, who="w", action="a", subject="s", facts=facts)
                new = entry.hash_after(previous)
                copy.write_row((n, NOW, "w", "a", "s", Jsonb(facts), previous, new))
                previous = new
        for n in range(1, count + 1):
            connection.execute("UPDATE audit_head SET position = %s, hash = %s", (n, previous))


_PEAK = """
import os, resource, sys
from shared.audit.verification import verify
from shared.database import Transactions, build_engine
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = Transactions(build_engine(os.environ["URL"], 1)).read(verify).rows
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_check_of_a_long_chain_stays_small(database_of: Callable[[str], Transactions]):
    db = database_of("grid")
    fill(db, 8_000)
    url = db.engine.url.render_as_string(hide_password=False)
    said = subprocess.run(
        [sys.executable, "-c", _PEAK],
        cwd=ROOT,
        env=dict(os.environ) | {"URL": url},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    checked, kilobytes = map(int, said.split())
    assert checked == 8_000
    # all of them together are 128 MB
    assert kilobytes < 80_000
