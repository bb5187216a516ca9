"""The topology: what the provisioner declares, what it notices, and what a login may not do."""

from typing import Any

import pika
import pytest

from shared.messaging import topology
from shared.messaging.bindings import Routes, routes_of
from shared.messaging.broker import Broker, BrokerRefused, BrokerUnavailable
from shared.messaging.provisioner import compare, provision
from shared.messaging.topology import NO_RIGHTS, Binding, Queue
from tests.messaging.conftest import PASSWORDS, Rig, monitor_url
from tests.observe import eventually
from tests.processes import Process


def test_provisioning_twice_leaves_nothing_missing_and_nothing_too_much(rig: Rig) -> None:
    provision(rig.broker, PASSWORDS)
    assert compare(rig.broker) == compare(rig.broker)
    assert compare(rig.broker).missing == ()
    assert compare(rig.broker).orphans == ()


def test_what_is_missing_and_what_nobody_explains_is_named(rig: Rig) -> None:
    rig.broker._call("DELETE", f"/queues/{rig.vhost}/grid.on_finding_raised")
    rig.broker.put_queue(Queue("grid.on_forgotten", (("x-queue-type", "quorum"),)))
    rig.broker.put_queue(Queue("evt-someone-outside", (("x-queue-type", "quorum"),)))
    difference = compare(rig.broker)
    assert difference.missing == (
        "queue grid.on_finding_raised",
        "binding inspections.events -> grid.on_finding_raised (finding_raised.v1)",
    )
    assert difference.orphans == ("queue grid.on_forgotten",)


def test_a_queue_with_other_arguments_is_refused_not_replaced(rig: Rig) -> None:
    rig.broker._call("DELETE", f"/queues/{rig.vhost}/grid.on_finding_raised")
    rig.broker.put_queue(Queue("grid.on_finding_raised", (("x-queue-type", "quorum"),)))
    with pytest.raises(BrokerRefused):
        provision(rig.broker, PASSWORDS)


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda c: c.queue_declare("inspections.mine"),
        lambda c: c.exchange_declare("inspections.more"),
        lambda c: c.queue_delete("inspections.on_case_filed"),
        lambda c: c.queue_bind("inspections.on_case_filed", "grid.events", "#"),
        lambda c: c.basic_get("grid.on_finding_raised"),
        lambda c: c.basic_get("parked.grid"),
        lambda c: publish(c, "grid.events"),
        lambda c: publish(c, "parking"),
        lambda c: publish(c, ""),
    ],
)
def test_a_login_may_not_touch_what_is_not_its_own(rig: Rig, forbidden: object) -> None:
    channel = rig.channel("inspections")
    with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refusal:
        forbidden(channel)  # type: ignore[operator]
    assert refusal.value.reply_code == 403


def test_what_a_login_can_still_do_is_known(rig: Rig) -> None:
    """Reading a queue brings the rights to purge it and to look at it; no pattern splits them."""
    channel = rig.channel("inspections")
    channel.queue_purge("inspections.on_case_filed")
    assert channel.queue_declare("inspections.on_case_filed", passive=True)
    assert channel.exchange_declare("grid.events", passive=True)


def test_every_queue_is_a_quorum_queue_with_a_limit_and_none_can_be_full() -> None:
    for queue in topology.queues():
        arguments = dict(queue.arguments)
        assert arguments["x-queue-type"] == "quorum"
        assert arguments["x-delivery-limit"] > 0
        assert "x-max-length" not in arguments


def publish(channel: "pika.adapters.blocking_connection.BlockingChannel", exchange: str) -> None:
    channel.confirm_delivery()
    channel.basic_publish(exchange, "inspections.on_case_filed", b"{}")


def test_a_service_knows_which_of_its_bindings_are_missing(rig: Rig) -> None:
    routes = routes_of("inspections", monitor_url(rig.nodes), rig.amqp_url("inspections"))
    assert not routes.present()
    routes.look()
    assert routes.present()
    rig.lose_binding("inspections.on_case_closed", "case_closed.v1")
    routes.look()
    assert not routes.present()
    others = routes_of("grid", monitor_url(rig.nodes), rig.amqp_url("grid"))
    others.look()
    assert others.present()


def test_what_was_known_of_bindings_stands_while_the_management_api_is_away(rig: Rig) -> None:
    seen = FaultyBroker(rig.nodes.rabbitmq_management_url, rig.vhost)
    routes = Routes(seen, "inspections")
    routes.look()
    seen.away = True
    routes.look()
    assert routes.present()


def test_a_worker_without_a_binding_is_not_ready_until_it_is_back(rig: Rig) -> None:
    rig.lose_binding("inspections.on_case_closed", "case_closed.v1")
    worker = rig.begin("worker", "inspections")
    answer = eventually(lambda: consuming(worker))
    assert answer["checks"] == {"database": True, "consuming": True, "bindings": False}
    provision(rig.broker, PASSWORDS)
    eventually(worker.ready, 10)


def test_the_login_that_looks_can_touch_nothing(rig: Rig) -> None:
    looking = Broker(monitor_url(rig.nodes), rig.vhost)
    assert looking.bindings() == rig.broker.bindings()
    for touch in (
        lambda: looking.put_queue(Queue("monitor.mine", ())),
        lambda: looking.put_login("friend", "x", NO_RIGHTS),
        lambda: looking.put_binding(Binding("grid.events", "grid.on_finding_raised", "#")),
    ):
        with pytest.raises(BrokerUnavailable, match="refuses"):
            touch()


class FaultyBroker(Broker):
    """A broker whose management API can be taken away."""

    away = False

    def bindings(self) -> frozenset[Binding]:
        if self.away:
            raise BrokerUnavailable("away")
        return super().bindings()


def consuming(worker: Process) -> dict[str, Any] | None:
    answer = worker.get("/readyz")
    told = None if answer is None else answer.json()
    return told if told and told["checks"]["consuming"] else None
