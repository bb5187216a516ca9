"""The topology: what the provisioner declares, what it notices, and what a login may not do."""

import pika
import pytest

from shared.messaging import topology
from shared.messaging.broker import BrokerRefused
from shared.messaging.provisioner import compare, provision
from shared.messaging.topology import Queue
from tests.messaging.conftest import PASSWORDS, Rig


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
