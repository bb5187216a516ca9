"""Owns the proof of the topology as data: names, hearers that exist, rights that bound."""

import re
from collections import Counter

import pytest

from shared.messaging.topology import (
    EVENTS,
    HEARS_EVERYTHING,
    PARKING_EXCHANGE,
    SERVICES,
    UnknownEvent,
    bindings,
    event_named,
    event_of,
    exchange_of,
    exchanges,
    parked_queue_of,
    queues,
    rights_of,
)

QUEUES = [queue.name for queue in queues()]
each_service = pytest.mark.parametrize("service", SERVICES)


def test_names_and_contracts_of_events_are_unique():
    for names in ([e.name for e in EVENTS], [e.contract for e in EVENTS], QUEUES):
        assert [name for name, times in Counter(names).items() if times > 1] == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_event_is_a_noun_a_past_participle_and_a_version(event):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*_[a-z]+(ed|en)\.v[1-9]\d*", event.name)
    spelt = "".join(word.capitalize() for word in re.split(r"[_.]", event.name))
    assert event.contract.__name__ == spelt
    assert event.contract.__module__ == f"shared.contracts.{event.producer}"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_producers_and_hearers_are_services_and_nobody_hears_itself(event):
    assert {event.producer, *event.heard_by} <= set(SERVICES)
    assert event.producer not in event.hearers
    assert len(set(event.heard_by)) == len(event.heard_by)


def test_an_event_is_found_by_its_name_and_by_its_contract():
    assert [event_named(event.name) for event in EVENTS] == list(EVENTS)
    assert [event_of(event.contract) for event in EVENTS] == list(EVENTS)


def test_an_event_of_a_future_version_is_unknown():
    with pytest.raises(UnknownEvent, match=r"case_closed\.v99"):
        event_named("case_closed.v99")
    with pytest.raises(UnknownEvent, match="dict"):
        event_of(dict)


def test_queues_are_called_as_consumer_and_event():
    heard = {f"{c}.on_{e.name.split('.')[0]}" for e in EVENTS for c in e.heard_by}
    everything = {f"{consumer}.on_event" for consumer in HEARS_EVERYTHING}
    assert set(QUEUES) == heard | everything | {f"parked.{service}" for service in SERVICES}


@pytest.mark.parametrize("consumer", HEARS_EVERYTHING)
def test_who_hears_everything_has_one_queue_bound_to_every_exchange_but_its_own(consumer: str):
    own = [b for b in bindings() if b.queue == f"{consumer}.on_event" and b.key == "#"]
    assert {b.exchange for b in own} == {exchange_of(s) for s in SERVICES if s != consumer}
    for event in EVENTS:
        assert (consumer in event.hearers) == (event.producer != consumer)


def test_every_queue_is_a_quorum_queue_that_gives_up_somewhere_and_is_never_full():
    for queue in queues():
        arguments = dict(queue.arguments)
        assert arguments["x-queue-type"] == "quorum"
        assert arguments["x-delivery-limit"] > 0
        assert not {"x-max-length", "x-max-length-bytes", "x-message-ttl"} & arguments.keys()


def test_what_the_broker_gives_up_on_lands_in_the_parking_queue_of_its_consumer():
    parked = {b.key: b.queue for b in bindings() if b.exchange == PARKING_EXCHANGE}
    for queue in queues():
        arguments = dict(queue.arguments)
        if queue.name not in map(parked_queue_of, SERVICES):
            consumer = queue.name.split(".")[0]
            assert arguments["x-dead-letter-exchange"] == PARKING_EXCHANGE
            assert arguments["x-dead-letter-strategy"] == "at-least-once"
            assert parked[arguments["x-dead-letter-routing-key"]] == parked_queue_of(consumer)


def test_bindings_lead_from_exchanges_that_exist_to_queues_that_exist():
    for binding in bindings():
        assert binding.exchange in exchanges()
        assert binding.queue in QUEUES
    assert {binding.queue for binding in bindings()} == set(QUEUES)


@each_service
def test_a_login_writes_its_own_exchange_only(service: str):
    allowed = [
        name for name in [*exchanges(), *QUEUES, ""] if re.search(rights_of(service).write, name)
    ]
    assert allowed == [exchange_of(service)]


@each_service
def test_a_login_reads_its_own_queues_only(service: str):
    names = [*exchanges(), *QUEUES, f"x{service}.on_a", f"{service}xon_a", f"{service}.on_a x"]
    allowed = {name for name in names if re.search(rights_of(service).read, name)}
    assert allowed == {q for q in QUEUES if q.startswith(f"{service}.") or q == f"parked.{service}"}


@each_service
def test_a_login_configures_nothing_that_has_a_name(service: str):
    assert not [n for n in [*exchanges(), *QUEUES] if re.search(rights_of(service).configure, n)]
