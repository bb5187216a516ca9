"""Owns the proof of sending again: exactly what was sent since a time, once more."""

from datetime import datetime, timedelta

import psycopg
import pytest

from shared.clock import real_now
from shared.database import Transactions
from shared.messaging import outbox
from shared.messaging.resend import Asked, SinceInFuture, SinceTooOld, resend
from shared.messaging.retention import Periods
from tests.factories import case_closed, case_filed
from tests.usecases.shared.people import execute, rows

DAY = timedelta(days=1)
PERIODS = Periods(inbox=90 * DAY, outbox=30 * DAY, failed_events=90 * DAY)
UNSENT = "SELECT position FROM outbox WHERE sent_at IS NULL ORDER BY position"


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return grid_db


def sent(db: Transactions, *times: datetime | None) -> None:
    """Say one event per time, sent then."""
    for at in times:
        db.change(lambda session: outbox.add(session, case_filed()))
        last = "WHERE position = (SELECT max(position) FROM outbox)"
        execute(
            db, f"UPDATE outbox SET sent_at = :at, created_at = coalesce(:at, now()) {last}", at=at
        )


def test_what_was_sent_since_a_time_is_unsent_again_and_nothing_else(db: Transactions):
    now = real_now()
    since = now - DAY
    sent(db, since - timedelta(microseconds=1), since, now, None)
    assert resend(db, Asked(since), PERIODS) == 2
    assert rows(db, UNSENT) == [2, 3, 4]


def test_of_one_type_alone(db: Transactions):
    db.change(lambda session: outbox.add_all(session, [case_filed(), case_closed()]))
    execute(db, "UPDATE outbox SET sent_at = now()")
    assert resend(db, Asked(real_now() - DAY, "case_closed.v1"), PERIODS) == 1
    assert rows(db, UNSENT) == [2]


def test_an_event_that_was_made_long_before_it_was_sent_is_sent_again(db: Transactions):
    now = real_now()
    sent(db, now)
    execute(db, "UPDATE outbox SET created_at = :at", at=now - 20 * DAY)
    assert resend(db, Asked(now - DAY), PERIODS) == 1


def test_what_an_inbox_may_have_forgotten_is_never_sent_again(db: Transactions):
    now = real_now()
    sent(db, now, now)
    ages = {1: 89 * DAY + timedelta(minutes=1), 2: 89 * DAY - timedelta(minutes=1)}
    for position, age in ages.items():
        execute(
            db,
            "UPDATE outbox SET created_at = :at WHERE position = :position",
            at=now - age,
            position=position,
        )
    assert resend(db, Asked(now - DAY), PERIODS) == 1
    assert rows(db, UNSENT) == [2]


def test_many_rows_go_in_batches_and_all_of_them(db: Transactions):
    sent(db, real_now())
    execute(
        db,
        "INSERT INTO outbox (event_id, event_type, subject, headers, body, sent_at)"
        " SELECT gen_random_uuid(), event_type, subject, headers, body, sent_at"
        " FROM outbox, generate_series(1, 12000)",
    )
    assert resend(db, Asked(real_now() - DAY), PERIODS) == 12_001
    assert resend(db, Asked(real_now() - DAY), PERIODS) == 0


def test_a_time_of_which_rows_are_gone_is_refused_and_so_is_the_future(db: Transactions):
    sent(db, real_now())
    with pytest.raises(SinceTooOld):
        resend(db, Asked(real_now() - 30 * DAY - timedelta(minutes=1)), PERIODS)
    with pytest.raises(SinceInFuture):
        resend(db, Asked(real_now() + timedelta(minutes=1)), PERIODS)
    assert rows(db, UNSENT) == []
    assert resend(db, Asked(real_now() - 30 * DAY + timedelta(minutes=1)), PERIODS) == 1


def test_the_relay_is_told(db: Transactions):
    url = db.engine.url.render_as_string(hide_password=False)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as listening:
        listening.execute("LISTEN outbox")
        sent(db, real_now())
        list(listening.notifies(timeout=0.2))
        resend(db, Asked(real_now() - DAY), PERIODS)
        assert [one.channel for one in listening.notifies(timeout=5, stop_after=1)] == ["outbox"]
