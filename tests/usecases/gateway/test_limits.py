"""What is counted holds for all processes together, and names nobody."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from services.gateway.usecases import limits
from services.gateway.usecases.purge import purge
from shared.clock import real_now
from shared.database import Transactions
from shared.errors import TooMany
from shared.http import rate_limits
from tests.usecases.gateway.doors import column
from tests.usecases.gateway.test_accounts import at_once

MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


def take(db: Transactions, subject: str = "one", *, at: timedelta = timedelta()) -> int:
    """Take one of three a minute; return 0, or in how many seconds to try again."""
    try:
        db.change(rate_limits.take, subject, "thing", 3, 60, START + at)
    except TooMany as refusal:
        return refusal.retry_after
    return 0


START = real_now()


def test_three_a_minute_are_three_and_then_the_minute_is_waited_for(db: Transactions) -> None:
    assert [take(db, at=timedelta(seconds=10 * step)) for step in range(5)] == [0, 0, 0, 30, 20]


@pytest.mark.parametrize(("at", "wait"), [(MINUTE - TICK, 1), (MINUTE, 0)])
def test_a_window_is_over_after_its_last_moment(db: Transactions, at: timedelta, wait: int) -> None:
    for _ in range(3):
        take(db)
    assert take(db, at=at) == wait


def test_everyone_and_everything_is_counted_apart(db: Transactions) -> None:
    for _ in range(3):
        take(db)
    assert take(db, "another") == 0
    db.change(rate_limits.take, "one", "other thing", 3, 60, START)
    assert take(db) > 0


def test_of_many_at_once_as_many_pass_as_may(db: Transactions) -> None:
    outcomes = at_once(*[lambda: db.change(rate_limits.take, "one", "thing", 3, 60, START)] * 8)
    assert sum(isinstance(one, TooMany) for one in outcomes) == 5


def test_a_look_counts_nothing(db: Transactions) -> None:
    for _ in range(3):
        db.change(rate_limits.require_left, "one", "thing", 1, START)
    db.change(rate_limits.count, "one", "thing", 60, START)
    with pytest.raises(TooMany):
        db.change(rate_limits.require_left, "one", "thing", 1, START)
    db.change(rate_limits.require_left, "one", "thing", 1, START + MINUTE)


def test_of_twenty_tries_of_a_password_at_once_five_go_on(db: Transactions) -> None:
    outcomes = at_once(*[lambda: db.change(limits.begin_try, "wang", START)] * 20)
    assert sum(isinstance(one, TooMany) for one in outcomes) == 15
    assert 60 in outcomes


def test_a_username_is_the_same_in_any_case_and_stands_nowhere(db: Transactions) -> None:
    for name in ("wang.xiuying", "Wang.Xiuying", "ＷＡＮＧ.xiuying"):
        db.change(limits.begin_try, name, START)
    assert column(db, "SELECT count FROM sign_in_tries") == [3]
    assert "wang" not in column(db, "SELECT t::text FROM sign_in_tries t")[0]


def test_a_subject_is_kept_as_a_keyed_hash(db: Transactions) -> None:
    take(db, "203.0.113.7")
    (row,) = column(db, "SELECT t::text FROM rate_limits t")
    assert "203.0" not in row and b"203.0.113.7".hex() not in row


def test_what_is_over_is_swept_and_what_holds_is_not(db: Transactions) -> None:
    take(db, "over", at=-2 * MINUTE)
    take(db, "holds")
    db.change(limits.begin_try, "long ago", START - timedelta(hours=25))
    db.change(limits.begin_try, "today", START - timedelta(hours=23))
    assert db.change(purge, START) == 2
    assert db.change(purge, START) == 0
    assert column(db, "SELECT count(*) FROM rate_limits") == [1]
    assert column(db, "SELECT count(*) FROM sign_in_tries") == [1]


def test_two_who_sweep_at_once_do_not_wait_for_each_other(db: Transactions) -> None:
    take(db, "over", at=-2 * MINUTE)
    with Session(db.engine) as one, one.begin():
        assert purge(one, START) == 1
        assert db.change(purge, START) == 0
