"""Owns the proof of what a restore is found to have lost: exactly that, by name."""

from datetime import datetime, timedelta

import pytest

from shared.ids import first_id_of
from shared.messaging.leap import STEP
from shared.messaging.lost import RecordMissing, RecordTooShort, lost, queues_fed_by
from shared.messaging.record import (
    HeldState,
    RecordBroken,
    Said,
    read,
    written,
)
from shared.messaging.topology import SERVICES
from tests.unit.shared.delivery_records import ON_FILED, SINCE, UNTIL, all_now, event, heard, record


def test_an_event_that_others_heard_and_its_producer_does_not_hold_is_lost():
    held, gone = event(1), event(2)
    grid = record("grid", said={held: Said("case_filed.v1", "x")})
    hearer = record("inspections", heard=(heard(held), heard(gone)))
    found = lost(grid, all_now(grid, hearer))
    assert [(one.id, one.made_at) for one in found.events] == [(gone, SINCE + timedelta(minutes=2))]
    assert [one.queue for one in found.events[0].heard] == [ON_FILED]
    assert not found.none


def test_nothing_is_lost_when_the_outbox_holds_all_that_was_heard():
    grid = record("grid", said={event(1): Said("case_filed.v1", "x")})
    assert lost(grid, all_now(grid, record("inspections", heard=(heard(event(1)),)))).none


def test_what_came_on_queues_that_the_service_does_not_feed_is_not_its_loss():
    hearer = record("inspections", heard=(heard(event(1), "inspections.on_account_changed"),))
    assert lost(record("grid"), all_now(hearer)).none
    assert not lost(record("gateway"), all_now(hearer)).none


def test_an_event_of_a_queue_that_hears_everyone_is_lost_only_if_no_outbox_holds_it():
    hearer = record("inspections", heard=(heard(event(1)),))
    sayer = record("gateway", said={event(1): Said("account_changed.v1", "x")})
    assert lost(record("grid"), all_now(hearer, sayer)).none


def test_what_was_made_before_the_backup_or_after_the_opening_is_no_loss():
    early, late = first_id_of(SINCE - timedelta(milliseconds=1)), first_id_of(UNTIL)
    hearer = record("inspections", heard=(heard(early), heard(late)))
    assert lost(record("grid"), all_now(hearer)).none


def test_an_event_that_failed_at_its_hearer_is_lost_too_and_its_type_is_known():
    failed = heard(event(1), state="parked", type="case_filed.v1", subject="c-1")
    (one,) = lost(record("grid"), all_now(record("inspections", heard=(failed,)))).events
    assert (one.type, one.subject) == ("case_filed.v1", "c-1")


@pytest.mark.parametrize(
    ("restored", "now", "version", "how"),
    [
        ({}, {}, 3, "gone"),
        ({}, {}, None, "gone"),
        # opened anew
        ({}, {"c": 1}, 1, None),
        ({}, {"c": 1}, 3, "ahead"),
        ({}, {"c": 1}, None, None),
        ({}, {"c": 1 + STEP}, 3, None),
        # there before; its versions leapt
        ({"c": 2}, {"c": 2 + STEP}, 2, None),
        ({"c": 2}, {"c": 2 + STEP}, 3, "ahead"),
        ({"c": 2}, {"c": 2 + STEP}, 2 + STEP, "ahead"),
        # changed since, and the hearer heard it
        ({"c": 2}, {"c": 3 + STEP}, 3 + STEP, None),
        ({"c": 2}, {"c": 2 + STEP}, None, None),
    ],
)
def test_things_of_which_a_hearer_knows_more_are_named(
    restored: dict[str, int], now: dict[str, int], version: int | None, how: str | None
):
    held = HeldState("grid", "case_id", "c", version)
    hearer = record("inspections", held=(held,))
    own = record("grid", owned={"case_id": now})
    found = lost(record("grid", owned={"case_id": restored}), all_now(own, hearer)).outrun
    assert [one.how for one in found] == ([how] if how else [])
    assert all(one.held == held and one.hearer == "inspections" for one in found)


def test_what_a_hearer_knows_of_the_time_after_an_earlier_restore_is_named():
    held = HeldState("grid", "case_id", "c", 4 + STEP)
    hearer = record("inspections", held=(held,))
    restored, own = (record("grid", owned={"case_id": {"c": one}}) for one in (2, 2 + 2 * STEP))
    (one,) = lost(restored, all_now(own, hearer), restores=2).outrun
    assert (one.held, one.how, one.version) == (held, "ahead", 2)


def test_without_the_record_of_every_service_nobody_can_tell():
    with pytest.raises(RecordMissing, match="gateway"):
        lost(record("grid"), [record("grid"), record("inspections")])


@pytest.mark.parametrize("period", [{"since": UNTIL}, {"until": SINCE}])
def test_a_record_of_another_period_is_refused(period: dict[str, datetime]):
    with pytest.raises(RecordTooShort, match="inspections"):
        lost(record("grid"), all_now(record("inspections", **period)))


def test_a_record_is_the_same_after_it_lay_in_a_file():
    whole = record(
        "grid",
        said={event(1): Said("case_filed.v1", "c-1")},
        heard=(heard(event(2), state="parked", type="x.v1", subject="s"), heard(event(3))),
        owned={"case_id": {"c": 1}},
        held=(HeldState("inspections", "finding_id", "f", None),),
    )
    assert read("grid.json", written(whole)) == whole


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"linli": "backup", "format": 1}'])
def test_what_is_no_record_is_refused(content: str):
    with pytest.raises(RecordBroken, match=r"grid\.json"):
        read("grid.json", content)


def test_a_service_feeds_the_queues_that_are_bound_to_its_exchange():
    assert ON_FILED in queues_fed_by("grid")
    assert "grid.on_finding_raised" not in queues_fed_by("grid")


ON_EVENT = "notifications.on_event"


@pytest.mark.parametrize("sayer", [one for one in SERVICES if one not in ("grid", "notifications")])
def test_what_a_hearer_of_everything_claimed_from_another_service_is_no_loss_of_this_one(
    sayer: str,
):
    hearer = record("notifications", heard=(heard(event(1), ON_EVENT),))
    others = record(sayer, said={event(1): Said("anything.v1", "x")})
    assert lost(record("grid"), all_now(hearer, others)).none


def test_what_a_hearer_of_everything_claimed_and_no_outbox_holds_is_lost():
    held, gone, elsewhere = event(1), event(2), event(3)
    hearer = record(
        "notifications", heard=tuple(heard(one, ON_EVENT) for one in (held, gone, elsewhere))
    )
    grid = record("grid", said={held: Said("case_reported.v1", "c")})
    inspections = record("inspections", said={elsewhere: Said("inspection_recorded.v1", "i")})
    found = lost(grid, all_now(grid, hearer, inspections))
    assert [one.id for one in found.events] == [gone]


def test_an_event_that_two_queues_brought_is_lost_once():
    gone = event(1)
    one = record("inspections", heard=(heard(gone),))
    everything = record("notifications", heard=(heard(gone, ON_EVENT),))
    (found,) = lost(record("grid"), all_now(one, everything)).events
    assert {each.queue for each in found.heard} == {ON_FILED, ON_EVENT}


def test_every_service_but_its_own_feeds_a_queue_that_hears_everything():
    feeding = {one for one in SERVICES if ON_EVENT in queues_fed_by(one)}
    assert feeding == set(SERVICES) - {"notifications"}
