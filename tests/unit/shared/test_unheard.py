"""Owns the proof of what is found to be missed: exactly what a queue never brought."""

from datetime import timedelta

import pytest

from shared.messaging.lost import RecordMissing
from shared.messaging.record import Said, read, written
from shared.messaging.unheard import queues_of, unheard
from tests.unit.shared.delivery_records import ON_FILED, SINCE, UNTIL, all_now, event, heard, record

FILED = "case_filed.v1"
ON_EVERYTHING = "notifications.on_event"


def said(*minutes: int, sent: bool = True) -> dict:
    return {event(minute): Said(FILED, "x", sent) for minute in minutes}


def everyone_heard(*minutes: int) -> list:
    """Return what the hearers of a filed case hold when nothing is missing."""
    claims: dict[str, list] = {}
    for queue in FED:
        service = queue.partition(".")[0]
        claims.setdefault(service, []).extend(heard(event(minute), queue) for minute in minutes)
    return [record(service, heard=tuple(ones)) for service, ones in claims.items()]


FED = queues_of("grid", FILED)


def test_a_filed_case_goes_into_queues_of_its_own_and_those_of_everything() -> None:
    assert {ON_FILED, ON_EVERYTHING} <= set(FED)


def test_what_everyone_heard_is_not_missed() -> None:
    assert unheard(all_now(record("grid", said=said(1, 2)), *everyone_heard(1, 2))) == []


def test_what_a_purged_queue_held_is_missed_by_its_queue_alone() -> None:
    inspections = record("inspections", heard=(heard(event(1)),))
    others = [one for one in everyone_heard(1, 2, 3) if one.service != "inspections"]
    (found,) = unheard(all_now(record("grid", said=said(3, 1, 2)), inspections, *others))
    assert (found.producer, found.event_type, found.queue) == ("grid", FILED, ON_FILED)
    assert found.event_ids == (event(2), event(3))
    assert found.since == SINCE + timedelta(minutes=2)


@pytest.mark.parametrize("state", ["waiting", "parked"])
def test_what_failed_at_its_hearer_was_heard(state: str) -> None:
    inspections = record("inspections", heard=(heard(event(1), state=state),))
    others = [one for one in everyone_heard(1) if one.service != "inspections"]
    assert unheard(all_now(record("grid", said=said(1)), inspections, *others)) == []


def test_what_waits_in_the_outbox_is_not_missed() -> None:
    assert unheard(all_now(record("grid", said=said(1, sent=False)))) == []


def test_only_the_time_that_every_record_covers_is_compared() -> None:
    late = record("inspections", since=SINCE + timedelta(minutes=2))
    early = record("notifications", until=UNTIL - timedelta(minutes=2))
    found = unheard(all_now(record("grid", said=said(1, 60, 119)), late, early))
    assert {one.event_ids for one in found} == {(event(60),)}


def test_without_the_record_of_a_hearer_nobody_can_tell() -> None:
    with pytest.raises(RecordMissing, match="inspections"):
        unheard([one for one in all_now(record("grid")) if one.service != "inspections"])


def test_a_record_keeps_whether_an_event_was_sent_and_older_records_held_those_alone() -> None:
    grid = record("grid", said=said(1, sent=False))
    assert read("grid.json", written(grid)) == grid
    older = written(grid).replace(', "x", false]', ', "x"]')
    assert read("grid.json", older).said[event(1)].sent
