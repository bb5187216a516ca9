"""Owns the proof of what operators do with parked events: once, by one of them, with a trace."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Conflict, Rejected
from shared.http.paging import BadCursor
from shared.ids import new_id
from shared.messaging import failures, parked
from shared.messaging.envelope import unseal
from shared.messaging.parked_rules import (
    EventHadItsEffect,
    EventNotParked,
    ParkedEventUnknown,
    TooManyReplays,
)
from shared.messaging.parked_schemas import ListParkedEvents, ParkedEventView, WhichParkedEvents
from shared.privacy.reasons import ReasonMissing
from tests.usecases.shared.parking import (
    INBOX,
    OPERATOR,
    QUEUE,
    column,
    event_of,
    execute,
    fail,
    park,
    sealed,
)


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    with grid_db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE effects (title text)"))
    return grid_db


def effect(session: Session, data: Any, _now: Any) -> None:
    session.execute(text("INSERT INTO effects VALUES (:title)"), {"title": data.title})


def listed(db: Transactions, **wanted: Any) -> list[UUID]:
    return [one.id for one in db.read(parked.list_parked_events, ListParkedEvents(**wanted)).items]


def shown(db: Transactions, parked_id: UUID) -> ParkedEventView:
    return db.read(parked.get_parked_event, parked_id)


def replay(db: Transactions, parked_id: UUID) -> ParkedEventView:
    return db.change(parked.replay_parked_event, parked_id, OPERATOR, INBOX)


def replay_many(db: Transactions, **wanted: Any) -> Any:
    return db.change(parked.replay_parked_events, WhichParkedEvents(**wanted), OPERATOR, INBOX)


def discard(db: Transactions, parked_id: UUID, reason: str = "重复上报") -> ParkedEventView:
    return db.change(parked.discard_parked_event, parked_id, OPERATOR, reason)


def try_due(db: Transactions) -> int:
    """Do what the worker's timer does with due rows; return how many there were."""
    due = db.change(failures.take_due, 100)
    for one in due:
        db.once(unseal(one.queue, one.headers, one.body), effect)
        db.change(failures.settle_handled, one.id)
    return len(due)


def replay_and_handle(db: Transactions, parked_id: UUID) -> None:
    replay(db, parked_id)
    try_due(db)


def test_a_list_goes_page_by_page_in_the_order_asked_for(db: Transactions):
    ids = [park(db) for _ in range(5)]
    for sort, expected in (("created_at", ids), ("-created_at", ids[::-1])):
        found, after = [], None
        for _ in range(3):
            wanted = ListParkedEvents(sort=sort, limit=2, after=after)  # type: ignore[arg-type]
            page = db.read(parked.list_parked_events, wanted)
            found += [one.id for one in page.items]
            after = page.next
        assert (found, after) == (expected, None)


def test_a_list_can_be_of_one_queue_type_or_state(db: Transactions):
    first = park(db)
    other_queue = fail(db, sealed(), queue="grid.on_something_else")
    other_type = fail(db, sealed(), **{"ce-type": "finding_raised.v9"})
    waiting = fail(db, sealed(), hopeless=False)
    assert listed(db, sort="created_at") == [first, other_queue, other_type]
    assert listed(db, queue="grid.on_something_else") == [other_queue]
    assert listed(db, event_type="finding_raised.v9") == [other_type]
    assert listed(db, state="waiting") == [waiting]
    assert listed(db, state="discarded") == listed(db, queue="no.such") == []


def test_a_mark_that_no_list_gave_is_refused(db: Transactions):
    with pytest.raises(BadCursor):
        listed(db, after="eHl6")


def test_an_event_shows_with_headers_body_and_error_and_a_list_without_content(db: Transactions):
    message = sealed(note="张三的电话")
    view = shown(db, fail(db, message))
    assert view.headers == message.headers
    assert (view.body_format, view.body["note"]) == ("json", "张三的电话")
    assert (view.state, view.attempts, view.error) == ("parked", 1, "Rejected: 不符合规则")
    assert (view.event_id, view.said_at) == (message.id, message.headers["ce-time"])
    assert (view.steps, view.had_effect) == ([], False)
    line = db.read(parked.list_parked_events, ListParkedEvents()).items[0]
    assert "张三" not in str(line)


def test_an_event_that_nobody_could_read_shows_all_the_same(db: Transactions):
    failure = failures.Failure(QUEUE, {"ce-time": "\x00"}, b"\xff\x00", "Undecodable: x", True)
    db.change(failures.keep, failure)
    (parked_id,) = listed(db)
    view = shown(db, parked_id)
    assert (view.event_id, view.event_type) == (None, "")
    assert (view.body_format, view.body) == ("base64", "/wA=")


@pytest.mark.parametrize("work", [shown, replay, discard], ids=lambda work: work.__name__)
def test_an_id_that_is_none_is_not_found(db: Transactions, work: Callable[..., Any]):
    with pytest.raises(ParkedEventUnknown):
        work(db, new_id())


def test_a_replayed_event_is_due_at_once_has_all_its_tries_and_its_effect_once(db: Transactions):
    parked_id = park(db, title="再试一次")
    execute(db, "UPDATE failed_events SET attempts = 6")
    view = replay(db, parked_id)
    assert (view.state, view.attempts) == ("waiting", 0)
    assert view.next_attempt_at is not None and view.next_attempt_at <= real_now()
    assert [(s.action, s.person, s.reason) for s in view.steps] == [("replayed", OPERATOR, "")]
    assert try_due(db) == 1
    assert try_due(db) == 0
    assert column(db, "SELECT title FROM effects") == ["再试一次"]
    assert shown(db, parked_id).state == "handled"


def test_a_replayed_event_that_fails_again_has_its_waits_again_and_can_be_parked_again(
    db: Transactions,
):
    parked_id = park(db)
    replay(db, parked_id)
    db.change(failures.take_due, 1)
    assert db.change(failures.settle_failed, parked_id, "ValueError: x", False) == "waiting"
    view = shown(db, parked_id)
    assert view.attempts == 1
    execute(db, "UPDATE failed_events SET next_attempt_at = now()")
    db.change(failures.take_due, 1)
    assert db.change(failures.settle_failed, parked_id, "Rejected: x", True) == "parked"
    replay(db, parked_id)
    assert [step.action for step in shown(db, parked_id).steps] == ["replayed", "replayed"]


@pytest.mark.parametrize("state", ["waiting", "handled", "discarded"])
@pytest.mark.parametrize("work", [replay, discard], ids=lambda work: work.__name__)
def test_what_is_not_parked_is_not_touched(db: Transactions, work: Callable[..., Any], state: str):
    parked_id = park(db)
    execute(
        db,
        "UPDATE failed_events SET state = :state,"
        " next_attempt_at = CASE :state WHEN 'waiting' THEN now() + interval '1 h' END",
        state=state,
    )
    with pytest.raises(EventNotParked, match=state):
        work(db, parked_id)
    assert (shown(db, parked_id).state, shown(db, parked_id).steps) == (state, [])


def test_a_refused_replay_leaves_no_trace(db: Transactions):
    parked_id = fail(db, sealed(age=timedelta(days=90)))
    with pytest.raises(Conflict, match="last 89 days"):
        replay(db, parked_id)
    view = shown(db, parked_id)
    assert (view.state, view.attempts, view.steps) == ("parked", 1, [])


def test_a_replay_of_many_takes_the_oldest_that_the_filter_finds(db: Transactions):
    ids = [park(db) for _ in range(4)]
    other = fail(db, sealed(), queue="grid.on_something_else")
    done = replay_many(db, queue=QUEUE, event_type="finding_raised.v1", limit=3)
    assert (done.replayed, done.refused, done.left) == (ids[:3], [], 1)
    assert listed(db, sort="created_at") == [ids[3], other]
    assert len(column(db, "SELECT 1 FROM failed_event_steps")) == 3


def test_a_replay_of_many_passes_over_what_must_not_be_replayed_and_tells(db: Transactions):
    refused = [fail(db, sealed(age=timedelta(days=100))) for _ in range(120)]
    good = [park(db) for _ in range(3)]
    done = replay_many(db, limit=2)
    assert done.replayed == good[:2]
    assert [one.id for one in done.refused] == refused[:100]
    assert all("89 days" in one.refusal.text("en") for one in done.refused)
    assert done.left == 121


def test_a_hundred_replays_a_minute_are_a_services_limit_by_any_door(db: Transactions):
    for _ in range(102):
        park(db)
    assert len(replay_many(db, limit=99).replayed) == 99
    assert len(replay_many(db, limit=99).replayed) == 1
    (first, _) = listed(db, sort="created_at")
    for work in (lambda: replay(db, first), lambda: replay_many(db)):
        with pytest.raises(TooManyReplays) as refusal:
            work()
        assert 1 <= refusal.value.retry_after <= 61
    assert len(listed(db)) == 2
    discard(db, first)  # discards don't count


def test_replays_of_a_minute_ago_count_no_more(db: Transactions):
    parked_id = park(db)
    execute(
        db,
        "INSERT INTO failed_event_steps SELECT gen_random_uuid(), :id, 'replayed', 'x', '',"
        " now() - interval '61 s' FROM generate_series(1, 100)",
        id=parked_id,
    )
    assert replay(db, parked_id).state == "waiting"


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all at once on real connections; return results and refusals."""
    together = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        together.wait(10)
        try:
            return work()
        except Rejected as refusal:
            return refusal

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.parametrize("second", [replay, discard], ids=lambda work: work.__name__)
def test_of_two_people_at_once_one_acts_and_the_other_learns_it(
    db: Transactions, second: Callable[..., Any]
):
    for first in (replay, discard):
        parked_id = park(db)
        results = at_once(lambda f=first, i=parked_id: f(db, i), lambda i=parked_id: second(db, i))
        assert [type(one) for one in results].count(EventNotParked) == 1
        assert len(shown(db, parked_id).steps) == 1


def test_replays_of_many_at_once_stay_within_the_limit(db: Transactions):
    for _ in range(180):
        park(db)
    results = at_once(*[lambda: replay_many(db, limit=60)] * 3)
    replayed = [i for one in results for i in getattr(one, "replayed", [])]
    assert (len(replayed), len(set(replayed))) == (100, 100)
    assert column(db, "SELECT count(*) FROM failed_events WHERE state = 'waiting'") == [100]


def test_a_discarded_event_stays_with_who_and_why(db: Transactions):
    parked_id = park(db)
    before = real_now()
    view = discard(db, parked_id, "测试数据")
    assert (view.state, view.next_attempt_at) == ("discarded", None)
    assert view.settled_at is not None and view.settled_at >= before
    (step,) = shown(db, parked_id).steps
    assert (step.action, step.person, step.reason) == ("discarded", OPERATOR, "测试数据")
    assert listed(db, state="discarded") == [parked_id]


def test_what_was_discarded_has_no_effect_when_it_is_delivered_again(db: Transactions):
    message = sealed()
    parked_id = fail(db, message)
    discard(db, parked_id)
    assert db.once(event_of(message), effect) is False
    assert shown(db, parked_id).had_effect is False
    assert column(db, "SELECT title FROM effects") == []


@pytest.mark.parametrize("settle", [discard, replay_and_handle], ids=lambda work: work.__name__)
def test_what_was_settled_is_kept_settled_when_it_fails_again(
    db: Transactions, settle: Callable[..., Any]
):
    message = sealed()
    parked_id = fail(db, message)
    settle(db, parked_id)
    state = shown(db, parked_id).state
    failure = failures.Failure(QUEUE, message.headers, message.body, "Undecodable: x", True)
    assert db.change(failures.keep, failure) == state
    assert column(db, "SELECT state FROM failed_events") == [state]
    assert shown(db, parked_id).error == "Rejected: 不符合规则"


def test_a_parked_event_that_fails_again_is_parked_still_and_once(db: Transactions):
    message = sealed()
    fail(db, message)
    failure = failures.Failure(QUEUE, message.headers, message.body, "KeyError: x", False)
    assert db.change(failures.keep, failure) == "parked"
    assert column(db, "SELECT state FROM failed_events") == ["parked"]


def test_a_parked_event_that_came_again_and_was_handled_is_told_and_settled(db: Transactions):
    message = sealed()
    parked_id, other = fail(db, message), park(db)
    assert db.once(event_of(message), effect) is True
    assert shown(db, parked_id).had_effect is True
    with pytest.raises(EventHadItsEffect):
        discard(db, parked_id)
    assert db.change(failures.settle_effective, 10) == 1
    assert db.change(failures.settle_effective, 10) == 0
    view = shown(db, parked_id)
    assert view.state == "handled" and view.settled_at is not None
    assert shown(db, other).state == "parked"


def test_a_replay_of_what_had_its_effect_settles_it_without_a_second_one(db: Transactions):
    message = sealed(title="一次")
    parked_id = fail(db, message)
    db.once(event_of(message), effect)
    replay(db, parked_id)
    assert try_due(db) == 1
    assert shown(db, parked_id).state == "handled"
    assert column(db, "SELECT title FROM effects") == ["一次"]


@pytest.mark.parametrize("settled", ["discarded", "handled"])
def test_a_try_that_outlived_its_lease_doesn_t_wake_what_was_settled(
    db: Transactions, settled: str
):
    parked_id = park(db)
    execute(db, "UPDATE failed_events SET state = :state, settled_at = now()", state=settled)
    assert db.change(failures.settle_failed, parked_id, "ValueError: late", False) == settled
    db.change(failures.settle_handled, parked_id)
    assert shown(db, parked_id).state == settled
    assert shown(db, parked_id).attempts == 1


def test_a_try_that_outlived_its_lease_doesn_t_unpark(db: Transactions):
    parked_id = park(db)
    assert db.change(failures.settle_failed, parked_id, "ValueError: late", False) == "parked"
    assert shown(db, parked_id).error == "Rejected: 不符合规则"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE failed_event_steps SET person = 'x'", "TRUNCATE failed_event_steps"],
)
def test_the_trail_can_t_be_changed(db: Transactions, statement: str):
    discard(db, park(db))
    with pytest.raises(DBAPIError, match="append-only"):
        execute(db, statement)


def test_nobody_discards_without_a_reason(db: Transactions):
    parked_id = park(db)
    with pytest.raises(ReasonMissing):
        discard(db, parked_id, "")
    assert shown(db, parked_id).state == "parked"
