"""Strangers: software that knows nothing of Linli reads what it says, and can do no more."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pika
import pytest
from cloudevents.core.bindings.rabbitmq import (
    RabbitMQMessage,
    from_rabbitmq_event,
    to_binary_event,
)
from cloudevents.core.v1.event import CloudEvent

from deploy.local.nodes import PrivateNodes
from shared.contracts import dump
from shared.messaging.broker import Broker
from shared.messaging.envelope import unseal
from shared.messaging.subscribers import SubscriberRefused, add, remove, subscribers
from shared.messaging.topology import VHOST
from tests.factories import case_closed, case_filed
from tests.messaging.conftest import Rig
from tests.observe import eventually
from tests.processes import LINLI, Process

PASSWORD = "a-strangers-password"
PROGRAM = Path(__file__).parent / "stock_subscriber.py"
QUEUE = "evt-grid-case_closed.v1--oa_bridge.on_case_closed"


@pytest.fixture
def oa_bridge(rig: Rig) -> Iterator[str]:
    """Make the login `oa_bridge`; logins belong to the whole broker, so it goes afterwards."""
    add(rig.broker, "oa_bridge", ["grid"], PASSWORD)
    yield rig.nodes.rabbitmq_amqp_url("oa_bridge", PASSWORD, rig.vhost)
    if "oa_bridge" in rig.broker.logins():
        remove(rig.broker, "oa_bridge")


@pytest.fixture
def stock(rig: Rig, oa_bridge: str) -> Iterator[Process]:
    """Start the stock nameko service and return when its queue is bound."""
    log = rig.folder / "stock.log"
    process = Process((), {"AMQP_URI": oa_bridge}, log, (sys.executable, str(PROGRAM)))
    try:
        eventually(lambda: QUEUE in {one.queue for one in rig.broker.bindings()}, 30, "bound")
        yield process
    except AssertionError as error:
        raise AssertionError(f"{error}\n{process.tail()}") from error
    finally:
        process.end()


@pytest.fixture
def stranger(oa_bridge: str) -> Iterator[Any]:
    """Return a channel with the rights of a subscriber outside."""
    connection = pika.BlockingConnection(pika.URLParameters(oa_bridge))
    yield connection.channel()
    if connection.is_open:
        connection.close()


def heard(process: Process) -> list[Any]:
    lines = process.log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["heard"] for line in lines if line.startswith('{"heard"')]


# a stock nameko service


def test_the_strangers_program_knows_nothing_of_ours() -> None:
    imported = [
        line for line in PROGRAM.read_text(encoding="utf-8").splitlines() if "import" in line
    ]
    ours = ("shared", "services", "deploy", "tests")
    assert not [line for line in imported if any(name in line for name in ours)]


def test_a_stock_nameko_service_hears_what_grid_says(rig: Rig, stock: Process) -> None:
    said = [case_closed(title="楼道堆放杂物"), case_closed(overdue=True)]
    rig.say(said[0], case_filed(), said[1])
    rig.start("relay", "grid")
    eventually(lambda: len(heard(stock)) == 2, what=stock.tail())
    assert sorted(heard(stock), key=str) == sorted(map(dump, said), key=str)
    eventually(lambda: rig.broker.depths()[QUEUE] == 0)
    assert stock.terminate() == 0


def test_what_is_said_while_a_stock_service_is_away_waits_for_it(rig: Rig, stock: Process) -> None:
    stock.kill()
    rig.say(case_closed())
    rig.start("relay", "grid")
    eventually(lambda: rig.unsent() == 0)
    assert heard(stock) == []
    stock.restart()
    eventually(lambda: len(heard(stock)) == 1, what=stock.tail())


# its rights


def publish(channel: Any, exchange: str, key: str = "case_closed.v1") -> None:
    channel.confirm_delivery()
    channel.basic_publish(exchange, key, b"{}")


def own_queue(channel: Any) -> None:
    channel.queue_declare(QUEUE, durable=True)


FORBIDDEN: dict[str, Callable[[Any], object]] = {
    "say what grid says": lambda c: publish(c, "grid.events"),
    "say what inspections says": lambda c: publish(c, "inspections.events"),
    "park": lambda c: publish(c, "parking", "grid"),
    "write into a queue": lambda c: publish(c, "", "inspections.on_case_closed"),
    "read what grid hears": lambda c: c.basic_get("grid.on_finding_raised"),
    "read what inspections hears": lambda c: c.basic_get("inspections.on_case_closed"),
    "read what is parked": lambda c: c.basic_get("parked.grid"),
    "purge what is parked": lambda c: c.queue_purge("parked.inspections"),
    "delete a queue": lambda c: c.queue_delete("inspections.on_case_closed"),
    "unbind a queue": lambda c: c.queue_unbind(
        "inspections.on_case_closed", "grid.events", "case_closed.v1"
    ),
    "declare a queue of any name": lambda c: c.queue_declare("oa_bridge.mine"),
    "declare a queue of nobody": lambda c: c.queue_declare("evt-anything"),
    "declare another subscriber's queue": lambda c: c.queue_declare(
        "evt-grid-case_closed.v1--somebody_else.on_case_closed"
    ),
    "declare a queue of one whose name ends alike": lambda c: c.queue_declare(
        "evt-grid-case_closed.v1--my_oa_bridge.on_case_closed"
    ),
    "declare a queue for what it may not hear": lambda c: c.queue_declare(
        "evt-inspections-finding_closed.v1--oa_bridge.on_it"
    ),
    "declare an exchange": lambda c: c.exchange_declare("oa_bridge.events", "topic"),
    "declare the exchange of another": lambda c: c.exchange_declare(
        "inspections.events", "topic", durable=True
    ),
    "bind to what it may not hear": lambda c: (
        own_queue(c),
        c.queue_bind(QUEUE, "inspections.events", "#"),
    ),
    "bind to what is parked": lambda c: (own_queue(c), c.queue_bind(QUEUE, "parking", "grid")),
    "bind an exchange": lambda c: c.exchange_bind("grid.events", "grid.events", "#"),
}


def refused(connection: Any, action: Callable[[Any], object]) -> bool:
    try:
        action(connection.channel())
    except pika.exceptions.ChannelClosedByBroker as refusal:
        return bool(refusal.reply_code == 403)
    return False


def test_a_subscriber_may_do_nothing_else(stranger: Any) -> None:
    done = [what for what, act in FORBIDDEN.items() if not refused(stranger.connection, act)]
    assert done == []


def test_an_exchange_declared_otherwise_than_ours_is_refused_not_changed(stranger: Any) -> None:
    with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refusal:
        stranger.exchange_declare("grid.events", "topic", durable=True, auto_delete=True)
    assert refusal.value.reply_code == 406


def test_what_a_subscriber_can_do_is_known(stranger: Any) -> None:
    """Declaring the exchange, as nameko does, takes the right that also deletes it: a subscriber
    is trusted that far. The provisioner's watch sees it, `linli provision` makes it again, and
    what was not sent stays in the outbox."""
    stranger.exchange_declare("grid.events", "topic", durable=True, auto_delete=False)
    own_queue(stranger)
    stranger.queue_bind(QUEUE, "grid.events", "case_closed.v1")
    stranger.basic_get(QUEUE)
    stranger.queue_purge(QUEUE)
    stranger.queue_delete(QUEUE)
    stranger.exchange_delete("grid.events")


@pytest.mark.parametrize(
    "name",
    ["grid", "inspections", "monitor", "guest", "admin", "", "a", "Oa", "9a", "oa.b", "oa-bridge"]
    + ["oa|.*", "oa/../grid", "oa_bridge\n", "x" * 41],
)
def test_a_name_that_is_taken_or_would_be_a_pattern_is_refused(
    nodes: PrivateNodes, name: str
) -> None:
    broker = Broker(nodes.rabbitmq_management_url)
    before = broker.logins()
    with pytest.raises(SubscriberRefused):
        add(broker, name, ["grid"], PASSWORD)
    assert broker.logins() == before


def test_a_login_that_is_no_subscriber_is_neither_replaced_nor_removed(rig: Rig) -> None:
    administrator = next(n for n, tags in rig.broker.logins().items() if "administrator" in tags)
    for name in (administrator, "grid", "nobody_here"):
        with pytest.raises(SubscriberRefused):
            remove(rig.broker, name)
    assert {administrator, "grid"} <= rig.broker.logins().keys()


def test_a_subscriber_is_listed_with_its_queues_and_removed_with_them(
    rig: Rig, oa_bridge: str, stranger: Any
) -> None:
    own_queue(stranger)
    (one,) = subscribers(rig.broker)
    assert (one.name, one.hears, one.queues) == ("oa_bridge", ("grid",), ((QUEUE, 0),))
    with pytest.raises(SubscriberRefused):
        add(rig.broker, "oa_bridge", ["grid", "inspections"], PASSWORD)
    assert remove(rig.broker, "oa_bridge", with_queues=True) == ()
    assert subscribers(rig.broker) == []
    assert QUEUE not in rig.broker.depths()
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker):
        stranger.queue_declare(QUEUE, passive=True)


# the command


@pytest.fixture
def linli(
    nodes: PrivateNodes, tmp_path: Path
) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    """Return a function that runs `linli` as an operator does, on the virtual host `linli`."""
    broker = Broker(nodes.rabbitmq_management_url)
    broker.create_vhost()
    environment = {"LINLI_RABBITMQ_MANAGEMENT_URL": nodes.rabbitmq_management_url}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*LINLI, *arguments], env=environment, capture_output=True, text=True, timeout=60
        )

    yield run
    for name in ("oa_bridge", "bureau"):
        if name in broker.logins():
            broker.delete_login(name)


def may_connect(nodes: PrivateNodes, name: str, password: str) -> bool:
    url = nodes.rabbitmq_amqp_url(name, password, VHOST)
    try:
        pika.BlockingConnection(pika.URLParameters(url)).close()
    except pika.exceptions.AMQPConnectionError:
        return False
    return True


def test_an_operator_adds_lists_and_removes_a_subscriber(
    linli: Callable[..., "subprocess.CompletedProcess[str]"], nodes: PrivateNodes, tmp_path: Path
) -> None:
    added = linli("subscriber", "add", "oa_bridge", "--of", "grid", "--of", "inspections")
    assert (added.returncode, added.stderr) == (0, "")
    password = added.stdout.splitlines()[-1].rpartition(" ")[2]
    assert may_connect(nodes, "oa_bridge", password)
    assert linli("subscriber", "list").stdout == "oa_bridge: may hear grid, inspections\n"

    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n", encoding="utf-8")
    silent = linli("subscriber", "add", "bureau", "--of", "grid", "--password-file", str(secret))
    assert silent.stdout == "bureau: may hear grid\n"
    assert may_connect(nodes, "bureau", "from-a-file")

    assert linli("subscriber", "remove", "oa_bridge").stdout == "oa_bridge: removed\n"
    assert not may_connect(nodes, "oa_bridge", password)
    again = linli("subscriber", "remove", "oa_bridge")
    assert again.returncode == 1
    assert "no subscriber is called 'oa_bridge'" in again.stderr


def test_a_command_that_can_not_be_done_says_so_in_one_line(
    linli: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    missing = str(tmp_path / "missing")
    for arguments in (("grid",), ("bureau", "--password-file", missing)):
        done = linli("subscriber", "add", *arguments, "--of", "grid")
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1


# the CloudEvents SDK


def test_the_cloudevents_sdk_reads_what_travels(rig: Rig) -> None:
    said = case_closed(title="楼道堆放杂物")
    rig.say(said)
    event_id = rig.scalar("grid", "SELECT event_id FROM outbox")
    at = rig.scalar("grid", "SELECT headers->>'ce-time' FROM outbox")
    rig.start("relay", "grid")
    eventually(lambda: rig.unsent() == 0)
    channel = rig.channel("inspections")
    _, properties, body = channel.basic_get("inspections.on_case_closed", auto_ack=True)
    message = RabbitMQMessage(properties.headers, properties.content_type, body)
    event = from_rabbitmq_event(message)
    assert event.get_id() == str(event_id) == properties.message_id
    assert event.get_type() == "case_closed.v1"
    assert event.get_source() == "/linli/grid"
    assert event.get_time() == datetime.fromisoformat(at)
    assert event.get_subject() == str(said.case_id)
    assert event.get_specversion() == "1.0"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == dump(said)


def test_what_the_cloudevents_sdk_writes_is_read_by_us() -> None:
    said = case_closed(title="楼道堆放杂物")
    event = CloudEvent(
        {
            "id": "01931f70-9a12-7c44-8d01-5b6e9a127c44",
            "type": "case_closed.v1",
            "source": "/linli/grid",
            "subject": str(said.case_id),
            "time": datetime.fromisoformat("2026-11-23T09:25:03+08:00"),
            "specversion": "1.0",
            "datacontenttype": "application/json",
        },
        dump(said),
    )
    message = to_binary_event(event)
    read = unseal("inspections.on_case_closed", message.headers, message.body)
    assert (read.id, read.type) == (UUID(event.get_id()), "case_closed.v1")
    assert read.time == event.get_time()
    assert read.data == said
