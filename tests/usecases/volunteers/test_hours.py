"""Owns the proof of the ledger: nothing of it changes unseen, two writers make one chain."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from services.volunteers.domain.hours import Totals
from services.volunteers.schemas.hours import ListHours, ListOwnHours
from services.volunteers.usecases.hours import list_hours, list_own_hours, verify_hours
from shared.audit.chain import FIRST
from shared.audit.verification import Mark, Verdict
from shared.database import Transactions
from shared.http.paging import BadCursor
from tests.databases import SetClock
from tests.factories import COMMUNITY
from tests.tokens import somebody
from tests.usecases.shared.people import Operator
from tests.usecases.volunteers.stories import (
    END,
    NEIGHBOUR,
    START,
    at_once,
    checks_in,
    checks_out,
    dispatched,
    execute,
    published,
    registered,
    rows,
    signed_up,
)

TABLES = ("hours_entries", "hours_head")


def served(
    db: Transactions, clock: SetClock, count: int = 3, **values: object
) -> tuple[UUID, list[UUID]]:
    """Let some people serve two hours in one activity; return its id and theirs."""
    called = published(db, **values).id
    people = [registered(db).id for _ in range(count)]
    for person in people:
        signed_up(db, person, called)
    clock.set(START)
    for person in people:
        checks_in(db, person, called)
    clock.set(END)
    for person in people:
        checks_out(db, person, called)
    clock.set(START - timedelta(days=1))
    return called, people


def tamper(db: Transactions, *statements: str) -> None:
    """Change the ledger as one can who owns the database, and leave no other trace."""
    for table in TABLES:
        execute(db, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for statement in statements:
        execute(db, statement)
    for table in TABLES:
        execute(db, f"ALTER TABLE {table} ENABLE TRIGGER USER")


def broken(db: Transactions, *expected: Mark) -> tuple[int | None, str]:
    found = db.read(verify_hours, *expected)
    return found.first_broken, found.why


def test_an_untouched_ledger_holds(db: Transactions, clock: SetClock):
    assert db.read(verify_hours) == Verdict(0, FIRST)
    served(db, clock, case_id=dispatched(db))
    served(db, clock, area_code=NEIGHBOUR)
    ((head,),) = rows(db, "SELECT hash FROM hours_entries WHERE position = 6")
    assert db.read(verify_hours) == Verdict(6, head)


@pytest.mark.parametrize(
    "change",
    [
        "minutes = 60",
        "kind = 'attested', attendance_id = NULL",
        "volunteer_id = (SELECT volunteer_id FROM hours_entries WHERE position = 1)",
        "started_at = started_at - interval '1 hour'",
        "ended_at = ended_at + interval '1 microsecond'",
        "recorded_at = recorded_at + interval '1 second'",
        "recorded_by = '01931f6a-2c40-7c11-9d0e-5b1f6a2c4001'",
        "area_code = '320508019019'",
        "activity_title = '别的活动'",
        "case_id = '01931f6a-2c40-7c11-9d0e-5b1f6a2c4001'",
        "id = '01931f6a-2c40-7c11-9d0e-5b1f6a2c4001'",
    ],
)
def test_any_change_of_a_stored_line_is_found_and_the_line_named(
    db: Transactions, clock: SetClock, change: str
):
    served(db, clock)
    tamper(db, f"UPDATE hours_entries SET {change} WHERE position = 2")
    assert broken(db) == (2, "it was changed after it was written")


def test_a_line_that_is_missing_is_found(db: Transactions, clock: SetClock):
    served(db, clock)
    mark = db.read(verify_hours).mark
    tamper(db, "DELETE FROM hours_entries WHERE position = 3")
    assert broken(db) == (3, "it is missing; the head ends the chain at row 3")
    tamper(db, "DELETE FROM hours_entries WHERE position = 1")
    assert broken(db) == (1, "it is missing; the next row is 2")
    tamper(
        db,
        "DELETE FROM hours_entries",
        f"UPDATE hours_head SET position = 0, hash = '\\x{FIRST.hex()}'",
    )
    assert broken(db) == (None, "")
    assert broken(db, mark) == (1, "it is missing; a former check saw 3 rows")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hours_entries SET minutes = minutes",
        "DELETE FROM hours_entries",
        "TRUNCATE hours_entries",
        "DELETE FROM hours_head",
        "TRUNCATE hours_head",
        "UPDATE hours_head SET position = 0",
        "UPDATE sign_up_steps SET at = at",
        "DELETE FROM sign_up_steps",
        "UPDATE attendances SET checked_out_at = checked_out_at",
        "UPDATE attendances SET checked_in_at = checked_in_at - interval '1 hour'",
        "DELETE FROM attendances",
    ],
)
def test_the_database_refuses_to_change_what_was_written(
    db: Transactions, clock: SetClock, statement: str
):
    served(db, clock, count=1)
    with pytest.raises(DBAPIError, match="is append-only|cannot truncate"):
        execute(db, statement)


def test_those_who_check_out_at_once_make_one_chain(db: Transactions, clock: SetClock):
    calls = [published(db).id for _ in range(2)]
    people = [registered(db).id for _ in range(6)]
    for place, person in enumerate(people):
        signed_up(db, person, calls[place % 2])
    clock.set(START)
    for place, person in enumerate(people):
        checks_in(db, person, calls[place % 2])
    clock.set(END)
    jobs = [partial(checks_out, db, one, calls[place % 2]) for place, one in enumerate(people)]
    outcomes = at_once(*jobs)
    assert [one.state for one in outcomes] == ["checked_out"] * 6
    assert db.read(verify_hours).rows == 6
    assert broken(db) == (None, "")


def test_one_sees_ones_own_hours_and_totals(db: Transactions, clock: SetClock):
    called, people = served(db, clock)
    page = db.read(list_own_hours, ListOwnHours(), somebody(subject=people[1]))
    (entry,) = page.items
    assert (entry.volunteer_id, entry.activity_id, entry.minutes) == (people[1], called, 120)
    assert (entry.started_at, entry.ended_at, entry.kind) == (START, END, "measured")
    assert page.totals == Totals(120, 0)
    assert db.read(list_own_hours, ListOwnHours(), somebody()).totals == Totals(0, 0)


def test_staff_see_hours_of_their_areas_by_page_with_the_totals_of_all(
    db: Transactions, clock: SetClock
):
    _, people = served(db, clock)
    _, others = served(db, clock, count=1, area_code=NEIGHBOUR)
    here = somebody(COMMUNITY)
    first = db.read(list_hours, ListHours(limit=2), here)
    rest = db.read(list_hours, ListHours(limit=2, after=first.next), here)
    assert [one.volunteer_id for one in first.items + rest.items] == people[::-1]
    assert first.totals == rest.totals == Totals(360, 0)
    everywhere = somebody()
    assert db.read(list_hours, ListHours(), everywhere).totals == Totals(480, 0)
    assert db.read(list_hours, ListHours(area=NEIGHBOUR), everywhere).totals == Totals(120, 0)
    of_one = db.read(list_hours, ListHours(volunteer=people[0]), everywhere)
    assert [one.volunteer_id for one in of_one.items] == [people[0]]
    assert db.read(list_hours, ListHours(volunteer=others[0]), here).items == []
    with pytest.raises(BadCursor):
        db.read(list_hours, ListHours(after=first.next, area=COMMUNITY), here)


def test_time_that_was_counted_counts_no_more(db: Transactions, clock: SetClock):
    """What sign-ups rule out, the ledger would survive: a call that was moved in the database."""
    person = registered(db).id
    first = published(db)
    second = published(db, starts_at=END, ends_at=END + timedelta(hours=1))
    for one in (first, second):
        signed_up(db, person, one.id)
    execute(db, "UPDATE activities SET starts_at = :at WHERE id = :id", at=START, id=second.id)
    clock.set(START)
    checks_in(db, person, first.id)
    clock.set(END - timedelta(minutes=30))
    checks_out(db, person, first.id)
    execute(
        db,
        "INSERT INTO attendances (id, sign_up_id, checked_in_at)"
        " SELECT id, id, :at FROM sign_ups WHERE activity_id = :activity",
        at=START,
        activity=second.id,
    )
    clock.set(END)
    checks_out(db, person, second.id)
    page = db.read(list_own_hours, ListOwnHours(), somebody(subject=person))
    assert [one.minutes for one in page.items] == [30, 90]
    assert page.totals.measured_minutes == 120


def test_the_command_says_whether_the_ledger_holds_and_names_the_line_that_does_not(
    db: Transactions,
    clock: SetClock,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    operator = Operator(capsys, monkeypatch.setenv)
    served(db, clock, count=2)
    mark = db.read(verify_hours).mark
    told = operator.run(db, "hours", "verify", "--expect", str(mark))
    assert told == f"2 lines hold\nhead {mark}\n"
    tamper(db, "UPDATE hours_entries SET minutes = 1 WHERE position = 2")
    assert operator.refused(db, "hours", "verify") == (
        "linli hours verify volunteers: line 2 is broken: it was changed after it was written"
    )
