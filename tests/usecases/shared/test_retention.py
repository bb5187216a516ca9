"""Owns the proof of what delivery forgets: what is old enough, in batches, and nothing else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging import outbox, parked, retention
from shared.messaging.housekeeping import Housekeeping
from shared.messaging.patience import PatientTransactions, Stopping
from shared.messaging.retention import Periods, delete_claims, delete_sent, delete_settled
from tests.factories import NOON, case_filed
from tests.observe import eventually
from tests.usecases.shared.parking import OPERATOR, column, event_of, execute, fail, park, sealed

MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)
PERIODS = Periods(inbox=90 * DAY, outbox=30 * DAY, failed_events=90 * DAY)


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return grid_db


def claim(db: Transactions, *times: datetime) -> None:
    for at in times:
        execute(db, "INSERT INTO inbox VALUES ('grid.on_x', :id, :at)", id=new_id(), at=at)


def say(db: Transactions, *sent: datetime | None) -> None:
    """Fill the outbox in this order, each row sent at a time or not yet."""
    for at in sent:
        db.change(lambda session: outbox.add(session, case_filed()))
        last = "(SELECT max(position) FROM outbox)"
        execute(db, f"UPDATE outbox SET sent_at = :at WHERE position = {last}", at=at)


def settle(db: Transactions, state: str, *times: datetime) -> None:
    for at in times:
        execute(
            db,
            "UPDATE failed_events SET state = :state, settled_at = :at WHERE id = :id",
            id=park(db),
            state=state,
            at=at,
        )


def claims(db: Transactions) -> list[Any]:
    return column(db, "SELECT claimed_at FROM inbox ORDER BY claimed_at")


def sent(db: Transactions) -> list[Any]:
    return column(db, "SELECT sent_at FROM outbox ORDER BY position")


def settled(db: Transactions) -> list[Any]:
    return column(db, "SELECT settled_at FROM failed_events ORDER BY settled_at")


EACH = pytest.mark.parametrize(
    ("delete", "fill", "left"),
    [
        (delete_claims, claim, claims),
        (delete_sent, say, sent),
        (delete_settled, lambda db, *times: settle(db, "handled", *times), settled),
        (delete_settled, lambda db, *times: settle(db, "discarded", *times), settled),
    ],
    ids=["inbox", "outbox", "handled", "discarded"],
)


@EACH
def test_a_row_goes_when_it_is_older_than_the_period_and_not_before(
    db: Transactions, delete: retention.Delete, fill: Callable[..., None], left: Callable[..., Any]
):
    fill(db, NOON - MOMENT, NOON, NOON + MOMENT)
    assert db.change(delete, NOON, 10) == 1
    assert left(db) == [NOON, NOON + MOMENT]
    assert db.change(delete, NOON, 10) == 0


@EACH
def test_rows_go_in_batches_the_oldest_first(
    db: Transactions, delete: retention.Delete, fill: Callable[..., None], left: Callable[..., Any]
):
    times = [NOON + n * MOMENT for n in range(7)]
    fill(db, *times)
    counts = []
    for _ in range(4):
        counts.append(db.change(delete, NOON + DAY, 3))
        assert left(db) == times[sum(counts) :]
    assert counts == [3, 3, 1, 0]


@EACH
def test_two_who_delete_at_once_take_different_rows_and_don_t_wait(
    db: Transactions, delete: retention.Delete, fill: Callable[..., None], left: Callable[..., Any]
):
    fill(db, *(NOON + n * MOMENT for n in range(7)))
    with Session(db.engine) as first, first.begin():
        assert delete(first, NOON + DAY, 3) == 3
        assert db.change(delete, NOON + DAY, 3) == 3
        assert db.change(delete, NOON + DAY, 3) == 1
    assert left(db) == []


def test_a_row_that_was_not_sent_never_goes(db: Transactions):
    say(db, None, NOON, None, NOON, None)
    execute(db, "UPDATE outbox SET created_at = '2000-01-01'")
    assert db.change(delete_sent, NOON + DAY, 2) == 2
    assert db.change(delete_sent, NOON + 10_000 * DAY, 2) == 0
    assert sent(db) == [None, None, None]


def test_rows_behind_those_sent_late_go_when_these_do_and_none_too_early(db: Transactions):
    late = NOON + 5 * DAY
    say(db, late, late, NOON)
    assert db.change(delete_sent, NOON + DAY, 2) == 0
    assert db.change(delete_sent, NOON + DAY, 3) == 1
    assert sent(db) == [late, late]
    assert db.change(delete_sent, late + DAY, 2) == 2


def test_an_event_that_waits_or_is_parked_never_goes(db: Transactions):
    park(db)
    fail(db, sealed(), hopeless=False)
    execute(db, "UPDATE failed_events SET created_at = '2000-01-01'")
    assert db.change(delete_settled, NOON + 10_000 * DAY, 10) == 0
    assert len(settled(db)) == 2


def test_the_trail_goes_with_its_event(db: Transactions):
    gone, stays = park(db), park(db)
    for each in (gone, stays):
        db.change(parked.discard_parked_event, each, OPERATOR, "测试")
    execute(db, "UPDATE failed_events SET settled_at = :at WHERE id = :id", id=gone, at=NOON)
    assert db.change(delete_settled, NOON + MOMENT, 10) == 1
    assert column(db, "SELECT failed_event_id FROM failed_event_steps") == [stays]


@pytest.mark.parametrize(
    ("table", "fill", "statement"),
    [
        (
            "outbox",
            "INSERT INTO outbox (event_id, event_type, subject, headers, body, sent_at)"
            " SELECT gen_random_uuid(), 'x', 'x', '{}', '', now() FROM generate_series(1, 50000)",
            retention._SENT,
        ),
        (
            "inbox",
            "INSERT INTO inbox SELECT 'grid.on_x', gen_random_uuid(), now()"
            " FROM generate_series(1, 50000)",
            retention._CLAIMS,
        ),
    ],
    ids=["outbox", "inbox"],
)
def test_a_round_with_nothing_to_delete_doesn_t_read_the_whole_table(
    db: Transactions, table: str, fill: str, statement: Any
):
    execute(db, fill)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM ANALYZE {table}"))
    with db.engine.begin() as connection:
        explained = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.text}")
        values = {"before": real_now() - DAY, "rows": 100}
        (plan,) = connection.execute(explained, values).scalar_one()
    pages = column(db, f"SELECT pg_relation_size('{table}') / 8192")[0]
    assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < pages


def patient(db: Transactions) -> PatientTransactions:
    return PatientTransactions(db)


def deleted(table: str) -> float:
    name = "linli_retention_deleted_rows_total"
    return REGISTRY.get_sample_value(name, {"table": table}) or 0.0


def test_a_sweep_leaves_what_is_within_its_period_and_counts_the_rest(db: Transactions):
    now = real_now()
    claim(db, now - 91 * DAY, now - 89 * DAY)
    say(db, now - 31 * DAY, None, now - 29 * DAY)
    settle(db, "handled", now - 91 * DAY, now - 89 * DAY)
    park(db)
    tables = ("inbox", "outbox", "failed_events")
    before = [deleted(table) for table in tables]
    Housekeeping(patient(db), PERIODS).sweep()
    assert (len(claims(db)), len(sent(db)), len(settled(db))) == (1, 2, 2)
    assert [deleted(table) for table in tables] == [count + 1 for count in before]


def test_a_sweep_settles_what_was_parked_and_had_its_effect_later(db: Transactions):
    message = sealed()
    fail(db, message)
    park(db)
    db.once(event_of(message), lambda *_: None)
    Housekeeping(patient(db), PERIODS).sweep()
    states = column(db, "SELECT state FROM failed_events ORDER BY id")
    assert states == ["handled", "parked"]


def test_several_workers_sweep_at_once_and_each_row_goes_once(db: Transactions):
    old = real_now() - 91 * DAY
    execute(
        db,
        "INSERT INTO inbox SELECT 'grid.on_x', gen_random_uuid(), CAST(:at AS timestamptz)"
        " FROM generate_series(1, 12000)",
        at=old,
    )
    claim(db, real_now())
    before = deleted("inbox")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: Housekeeping(patient(db), PERIODS).sweep(), range(3)))
    assert len(claims(db)) == 1
    assert deleted("inbox") == before + 12_000


def test_housekeeping_runs_until_the_process_stops(db: Transactions):
    transactions = patient(db)
    housekeeping = Housekeeping(transactions, PERIODS)
    claim(db, real_now() - 91 * DAY)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(housekeeping.run, 0.01, 0.01)
        eventually(lambda: claims(db) == [])
        claim(db, real_now() - 91 * DAY)
        eventually(lambda: claims(db) == [])
        transactions.stop()
        running.result(10)


def test_a_stop_ends_a_sweep_between_two_batches(db: Transactions):
    transactions = patient(db)
    claim(db, real_now() - 91 * DAY)
    transactions.stop()
    with pytest.raises(Stopping):
        Housekeeping(transactions, PERIODS).sweep()


def test_a_table_that_somebody_has_locked_is_left_for_the_next_round(db: Transactions):
    claim(db, real_now() - 91 * DAY)
    hasty = create_engine(db.engine.url, connect_args={"options": "-c lock_timeout=100ms"})
    housekeeping = Housekeeping(patient(Transactions(hasty)), PERIODS)
    with db.engine.begin() as connection:
        connection.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        housekeeping.sweep()
    assert len(claims(db)) == 1
    housekeeping.sweep()
    assert claims(db) == []
    hasty.dispose()
