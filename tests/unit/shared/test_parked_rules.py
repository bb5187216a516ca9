"""Owns the proof of which parked events may be replayed, how many, and how their bodies show."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.ids import new_id
from shared.messaging import parked_rules as rules
from shared.messaging.envelope import seal
from shared.messaging.parked import shown
from shared.messaging.tables import FailedEvent
from tests.factories import NOON, finding_raised

QUEUE = "grid.on_finding_raised"
INBOX = timedelta(days=90)
MOMENT = timedelta(microseconds=1)


def parked(age: timedelta = timedelta(0), **changes: Any) -> FailedEvent:
    """Return a row as `failures.keep` stores it; `headers` in the changes are laid over."""
    sealed = seal(finding_raised(), new_id(), NOON - age)
    headers = sealed.headers | changes.pop("headers", {})
    values = {"queue": QUEUE, "state": "parked", "body": sealed.body}
    values |= {"event_type": sealed.type, "headers": {k: v for k, v in headers.items() if v}}
    return FailedEvent(**(values | changes))


def refusal_of(row: FailedEvent) -> str | None:
    try:
        rules.require_replayable(row, INBOX, NOON)
    except rules.Conflict as refusal:
        assert all(refusal.text(tongue) for tongue in ("zh", "en"))
        return type(refusal).__name__
    return None


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"headers": {"ce-id": ""}}, "EventHasNoId"),
        ({"headers": {"ce-id": "018f"}}, "EventHasNoId"),
        ({"headers": {"ce-type": ""}}, "EventHasNoType"),
        ({"headers": {"ce-type": " "}}, "EventHasNoType"),
        ({"headers": {"ce-type": "finding_raised.v9"}}, "EventTypeUnknown"),
        ({"headers": {"ce-type": "{event}.v1"}}, "EventTypeUnknown"),
        ({"headers": {"ce-time": ""}}, "EventUnreadable"),
        ({"headers": {"ce-time": "2026-11-23T04:00:00"}}, "EventUnreadable"),
        ({"body": b"{"}, "EventUnreadable"),
        ({"body": b"{}"}, "EventUnreadable"),
        ({"body": b"\xff"}, "EventUnreadable"),
        ({"queue": "parked.grid"}, "QueueUnknown"),
        ({"queue": "grid.on_something_else"}, "QueueUnknown"),
        ({"age": timedelta(days=89)}, None),
        ({"age": timedelta(days=89) + MOMENT}, "EventTooOld"),
        ({"age": timedelta(days=-1)}, None),
    ],
    ids=str,
)
def test_a_replay_that_can_t_help_or_might_do_harm_is_refused(
    changes: dict[str, Any], refusal: str | None
):
    assert refusal_of(parked(**changes)) == refusal


def test_an_unknown_type_is_told_as_one_even_where_the_body_is_nonsense():
    assert refusal_of(parked(body=b"{", headers={"ce-type": "later.v1"})) == "EventTypeUnknown"


@pytest.mark.parametrize("state", ["waiting", "handled", "discarded"])
def test_only_a_parked_event_is_in_a_persons_hands(state: str):
    with pytest.raises(rules.EventNotParked) as refusal:
        rules.require_parked(parked(state=state))
    assert state in refusal.value.text("en")
    assert state not in refusal.value.text("zh")
    rules.require_parked(parked())


def ago(*seconds: float) -> list[Any]:
    return [NOON - timedelta(seconds=each) for each in seconds]


@pytest.mark.parametrize(
    ("recent", "left"),
    [([], 100), (ago(0, 59.9), 98), (ago(60, 61), 100), (ago(*[1.0] * 99), 1)],
    ids=["none", "two", "past", "last"],
)
def test_a_minute_has_a_hundred_replays(recent: list[Any], left: int):
    assert rules.replays_left(recent, NOON) == left


@pytest.mark.parametrize(
    ("seconds", "retry_after"),
    [([59.5] + [1.0] * 99, 1), ([0.0] * 100, 61), ([50.0, 40.0] + [1.0] * 99, 21)],
)
def test_who_is_over_the_limit_learns_when_the_first_of_them_is_a_minute_old(
    seconds: list[float], retry_after: int
):
    with pytest.raises(rules.TooManyReplays) as refusal:
        rules.replays_left(ago(*seconds), NOON)
    assert refusal.value.retry_after == retry_after
    assert str(retry_after) in refusal.value.text("zh")
    with pytest.raises(rules.TooManyReplays):
        rules.replays_left(ago(*(each + retry_after - 2 for each in seconds)), NOON)
    assert rules.replays_left(ago(*(each + retry_after for each in seconds)), NOON) >= 1


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("body", "form", "value"),
    [
        (b'{"note": "\xe9\x97\xa8"}', "json", {"note": "门"}),
        (b"null", "json", None),
        (b"", "text", ""),
        ("门牌\x1b[2J".encode(), "text", "门牌\x1b[2J"),
        (b'{"a": NaN}', "text", '{"a": NaN}'),
        (b"1e999", "text", "1e999"),
        (b'"\\ud800"', "text", '"\\ud800"'),
        (b"9" * 5_000, "text", "9" * 5_000),
        (nested(50), "json", json.loads(nested(50))),
        (nested(51), "text", nested(51).decode()),
        (nested(100_000), "text", nested(100_000).decode()),
        (b"\xff\xfe", "base64", "//4="),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_body_shows_as_json_where_it_is_json_else_as_text_or_base64(
    body: bytes, form: str, value: Any
):
    assert shown(body) == (form, value)
