"""Owns the proof of transactions: all of a use case or no trace of it, once for each event."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from marshmallow import ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DataError, IntegrityError, InternalError
from sqlalchemy.orm import Session

from shared.contracts.inspections import FindingRaisedV1
from shared.database import DatabaseUnavailable, LockBusy, Transactions, build_engine
from shared.errors import Rejected
from shared.ids import new_id
from shared.messaging import failures, outbox
from shared.messaging.envelope import Event, seal, unseal
from tests.databases import DatabaseServer, SetClock
from tests.factories import NOON, case_filed, finding_raised
from tests.observe import eventually, outbox_of


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    with grid_db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (id int PRIMARY KEY, note text NOT NULL)"))
        connection.execute(text("INSERT INTO notes VALUES (1, ''), (2, '')"))
    return grid_db


def heard() -> Event:
    sealed = seal(finding_raised(), new_id(), NOON)
    return unseal("grid.on_finding_raised", sealed.headers, sealed.body)


def note(session: Session, number: int) -> None:
    session.execute(text("INSERT INTO notes VALUES (:n, 'made')"), {"n": number})


def count(db: Transactions, table: str) -> int:
    with db.engine.connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def traces(db: Transactions) -> tuple[int, int, int]:
    """Return how many claims, notes made and outbox rows there are."""
    return count(db, "inbox"), count(db, "notes WHERE note = 'made'"), count(db, "outbox")


def note_and_say(session: Session, *_: Any) -> None:
    note(session, 3)
    outbox.add(session, case_filed())


def note_say_and_fail(session: Session, *_: Any) -> None:
    note_and_say(session)
    raise Rejected


def test_a_use_case_gets_its_request_and_business_time(db: Transactions, clock: SetClock):
    clock.set(NOON)
    given = db.run(lambda session, *request: request, "a", 1)
    assert given == ("a", 1, NOON)


def test_a_use_case_that_ends_is_committed_with_what_it_said(db: Transactions):
    db.run(note_and_say)
    assert traces(db) == (0, 1, 1)


def test_a_use_case_that_raises_leaves_no_trace(db: Transactions):
    with pytest.raises(Rejected):
        db.run(note_say_and_fail)
    assert traces(db) == (0, 0, 0)


def test_an_event_that_comes_twice_has_one_effect(db: Transactions):
    event = heard()
    assert db.once(event, note_and_say) is True
    assert db.once(event, note_and_say) is False
    assert traces(db) == (1, 1, 1)


def test_an_event_whose_use_case_raised_is_not_claimed_and_may_come_again(db: Transactions):
    event = heard()
    with pytest.raises(Rejected):
        db.once(event, note_say_and_fail)
    assert traces(db) == (0, 0, 0)
    assert db.once(event, note_and_say) is True
    assert traces(db) == (1, 1, 1)


def test_two_consumers_of_one_event_each_have_their_effect(db: Transactions):
    event = heard()
    other = Event(**vars(event) | {"queue": "grid.on_something_else"})
    assert db.once(event, lambda session, *_: note(session, 3))
    assert db.once(other, lambda session, *_: note(session, 4))
    assert traces(db) == (2, 2, 0)


def note_all(session: Session, data: list[FindingRaisedV1], _now: datetime) -> None:
    for finding in data:
        session.execute(
            text("INSERT INTO notes SELECT max(id) + 1, :note FROM notes"), {"note": finding.note}
        )


def heard_with(word: str) -> Event:
    sealed = seal(finding_raised(note=word), new_id(), NOON)
    return unseal("grid.on_finding_raised", sealed.headers, sealed.body)


def notes(db: Transactions) -> list[str]:
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT note FROM notes WHERE id > 2 ORDER BY id"))
        return list(rows.scalars())


def test_a_batch_has_the_effects_of_its_new_events_in_their_order(db: Transactions):
    first, second, third = events = [heard_with(word) for word in "cab"]
    assert db.once(second, lambda session, *_: None) is True
    assert db.once_all(events, note_all) == 2
    assert notes(db) == ["c", "b"]
    assert db.once_all([third, first], note_all) == 0
    assert notes(db) == ["c", "b"]


def test_an_event_twice_in_one_batch_has_one_effect(db: Transactions):
    event, other = heard_with("a"), heard_with("b")
    assert db.once_all([event, other, event], note_all) == 2
    assert notes(db) == ["a", "b"]


def test_a_batch_whose_use_case_raised_leaves_no_claim(db: Transactions):
    events = [heard_with(word) for word in "ab"]
    with pytest.raises(Rejected):
        db.once_all(events, note_say_and_fail)
    assert traces(db) == (0, 0, 0)
    assert db.once_all(events, note_all) == 2


def test_two_batches_that_share_events_in_other_orders_have_each_effect_once(db: Transactions):
    for _ in range(10):
        events = [heard_with("x") for _ in range(50)]
        with ThreadPoolExecutor(2) as pool:
            orders = (events, events[::-1])
            ran = pool.map(lambda order: db.once_all(order, lambda *_: None), orders)
        assert sum(ran) == 50


def waiting_for_a_lock(db: Transactions) -> bool:
    return count(db, "pg_stat_activity WHERE wait_event_type = 'Lock'") > 0


@pytest.mark.parametrize("first_fails", [False, True])
def test_two_who_handle_one_event_at_once_have_one_effect(db: Transactions, first_fails: bool):
    event = heard()
    inside = threading.Event()

    def slow(session: Session, *_: Any) -> None:
        note_and_say(session)
        inside.set()
        eventually(lambda: waiting_for_a_lock(db))
        if first_fails:
            raise Rejected

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(db.once, event, slow)
        assert inside.wait(10)
        second = pool.submit(db.once, event, note_and_say)
        assert isinstance(first.exception(30), Rejected) if first_fails else first.result(30)
        assert second.result(30) is first_fails
    assert traces(db) == (1, 1, 1)


def test_a_deadlock_is_tried_again(db: Transactions):
    both_hold_one = threading.Barrier(2)
    tries: list[int] = []

    def lock_both(session: Session, first: int, second: int, _now: datetime) -> None:
        tries.append(first)
        update = text("UPDATE notes SET note = note || 'x' WHERE id = :n")
        session.execute(update, {"n": first})
        if tries.count(first) == 1:
            both_hold_one.wait(10)
        session.execute(update, {"n": second})

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(db.run, lock_both, *order) for order in ((1, 2), (2, 1))]
        assert [one.result(30) for one in done] == [None, None]
    assert len(tries) == 3
    assert count(db, "notes WHERE note = 'xx'") == 2


def test_what_always_deadlocks_is_given_up(db: Transactions):
    tries: list[int] = []

    def deadlock(session: Session, _now: datetime) -> None:
        tries.append(1)
        session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))

    with pytest.raises(LockBusy):
        db.run(deadlock)
    assert len(tries) == 3


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("INSERT INTO notes VALUES (1, '')", IntegrityError),
        ("SELECT 1 / 0", DataError),
        ("DO $$ BEGIN RAISE SQLSTATE '25006'; END $$", InternalError),
    ],
)
def test_a_statement_that_is_wrong_is_tried_once_and_told_as_it_is(
    db: Transactions, statement: str, error: type[Exception]
):
    tries: list[int] = []

    def wrong(session: Session, _now: datetime) -> None:
        tries.append(1)
        session.execute(text(statement))

    with pytest.raises(error):
        db.run(wrong)
    assert len(tries) == 1


def test_a_query_can_change_nothing(db: Transactions):
    with pytest.raises(InternalError, match="read-only"):
        db.read(lambda session: note(session, 3))
    assert db.read(lambda session: session.execute(text("SELECT 1")).scalar()) == 1
    db.run(note_and_say)  # the same connection writes again


def test_data_that_breaks_its_contract_fails_the_whole_transaction(db: Transactions):
    def say_nonsense(session: Session, *_: Any) -> None:
        note_and_say(session)
        outbox.add(session, case_filed(version=0))

    with pytest.raises(ValidationError):
        db.run(say_nonsense)
    with pytest.raises(ValidationError):
        db.once(heard(), say_nonsense)
    assert traces(db) == (0, 0, 0)


def test_facts_of_one_transaction_keep_their_order(db: Transactions):
    said = [case_filed(version=version) for version in (1, 2, 3)]
    ids: list[UUID] = db.run(lambda session, now: outbox.add_all(session, said))
    assert [data for _, data in outbox_of(db)] == said
    assert ids == sorted(ids)


def say(times: int) -> Callable[..., None]:
    def usecase(session: Session, _now: datetime) -> None:
        for _ in range(times):
            outbox.add(session, case_filed())

    return usecase


@pytest.mark.parametrize(("times", "woken"), [(0, 0), (1, 1), (3, 1)])
def test_the_relay_is_woken_once_and_only_by_what_was_said(
    db: Transactions, times: int, woken: int
):
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as relay:
        relay.execute(f"LISTEN {outbox.CHANNEL}")
        db.run(say(times))
        with pytest.raises(Rejected):
            db.run(note_say_and_fail)
        relay.execute(f"NOTIFY {outbox.CHANNEL}, 'end'")
        heard = [one.payload for one in relay.notifies(timeout=10, stop_after=woken + 1)]
    assert heard == [""] * woken + ["end"]


def test_a_pool_without_a_free_connection_is_a_database_that_is_away(db: Transactions):
    engine = create_engine(db.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    narrow = Transactions(engine)
    with engine.connect():
        with pytest.raises(DatabaseUnavailable):
            narrow.run(note_and_say)
        assert not narrow.reachable()
    assert narrow.reachable()
    engine.dispose()


def test_a_connection_lost_in_the_middle_leaves_no_trace_and_the_next_one_works(db: Transactions):
    def cut_off(session: Session, *_: Any) -> None:
        note_and_say(session)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        db.once(heard(), cut_off)
    assert traces(db) == (0, 0, 0)
    db.run(note_and_say)


def test_a_database_that_is_gone_is_away(database_server: DatabaseServer):
    url = database_server.create("grid")
    db = Transactions(build_engine(url, 1))
    assert db.reachable()
    database_server.drop(url)
    for work in (db.run, db.change, db.read):
        with pytest.raises(DatabaseUnavailable):
            work(lambda session, *_: session.execute(text("SELECT 1")))
    assert not db.reachable()
    db.engine.dispose()


def test_a_server_that_is_not_there_is_away_and_no_password_is_told():
    db = Transactions(build_engine("postgresql+psycopg://a:hidden@127.0.0.1:1/x", 1))
    with pytest.raises(DatabaseUnavailable) as refusal:
        db.run(note_and_say)
    assert "hidden" not in str(refusal.value)
    assert not db.reachable()


def test_an_error_of_the_database_does_not_carry_parameters(db: Transactions):
    with pytest.raises(IntegrityError) as refusal:
        db.run(lambda session, now: [note(session, n) for n in (3, 3)])
    assert "made" not in failures.describe(refusal.value)
    assert "hide_parameters" in str(refusal.value)


def test_sessions_speak_utc_and_do_not_wait_for_a_lock_for_ever(db: Transactions):
    def settings(session: Session) -> tuple[datetime, str]:
        return (
            session.execute(text("SELECT timestamptz '2026-11-23 12:00+08'")).scalar_one(),
            session.execute(text("SHOW lock_timeout")).scalar_one(),
        )

    assert db.read(settings) == (datetime(2026, 11, 23, 4, tzinfo=UTC), "10s")


def test_a_message_with_characters_that_no_column_takes_is_kept_all_the_same(db: Transactions):
    headers = {"ce-id": str(new_id()), "ce-type": "a\x00b\ud800", "ce-subject": "\x00"}
    error = failures.describe(ValueError("\x00\ud800"))
    failure = failures.Failure("grid.on_finding_raised", headers, b"\x00\xff", error, True)
    assert db.change(failures.keep, failure) == "parked"
    assert db.change(failures.keep, failure) == "parked"
    assert count(db, "failed_events") == 1


def test_a_due_retry_goes_to_one_of_many_workers(db: Transactions):
    for _ in range(40):
        event = heard()
        failure = failures.Failure(event.queue, event.headers, event.body, "x", hopeless=False)
        db.change(failures.keep, failure)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE failed_events SET next_attempt_at = now()"))
    with ThreadPoolExecutor(4) as pool:
        taken = [pool.submit(db.change, failures.take_due, 20) for _ in range(4)]
        ids = [retry.id for one in taken for retry in one.result(30)]
    assert len(ids) == len(set(ids)) == 40
