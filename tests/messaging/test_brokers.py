"""Several brokers of one cluster: whoever finds one away goes on with the next."""

import os
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from deploy.local.ports import accepts, free_ports
from shared.messaging.bindings import routes_of
from shared.messaging.broker import Broker, BrokerUnavailable
from tests.factories import case_filed
from tests.faults.proxy import Way, Ways
from tests.messaging.conftest import Rig, monitor_url
from tests.observe import eventually
from tests.processes import LINLI, Process


class Members:
    """Ways to one broker that stand for a cluster's members; before them one that is dead."""

    def __init__(self, rig: Rig, ways: Ways) -> None:
        self._rig = rig
        (self._dead,) = free_ports(1)
        ports = rig.nodes.rabbitmq_node.ports
        self.amqp = [ways.lead("127.0.0.1", ports.amqp) for _ in range(2)]
        self.management = [ways.lead("127.0.0.1", ports.management) for _ in range(2)]

    def amqp_urls(self, service: str) -> str:
        return self._each(self._rig.amqp_url(service), self.amqp)

    def monitor_urls(self) -> str:
        return self._each(monitor_url(self._rig.nodes), self.management)

    def management_urls(self) -> str:
        return self._each(self._rig.nodes.rabbitmq_management_url, self.management)

    def start(self, kind: str, service: str) -> Process:
        return self._rig.start(
            kind,
            service,
            LINLI_AMQP_URL=self.amqp_urls(service),
            LINLI_RABBITMQ_MONITOR_URL=self.monitor_urls(),
        )

    def _each(self, url: str, ways: list[Way]) -> str:
        port = str(urlsplit(url).port)
        return ",".join(url.replace(port, str(p)) for p in (self._dead, *(w.port for w in ways)))


@pytest.fixture
def members(rig: Rig) -> Iterator[Members]:
    with Ways() as ways:
        yield Members(rig, ways)
        # before the ways close: a process would report a broken connection, and try again
        rig.end_processes()


def test_relay_and_worker_go_to_the_next_broker_at_start_and_when_theirs_goes(
    rig: Rig, members: Members
) -> None:
    relay = members.start("relay", "grid")
    probe = members.start("probe", "inspections")
    rig.say(case_filed(title="ok: first"))
    eventually(lambda: rig.effects() == ["ok: first"])
    members.amqp[0].shut()
    eventually(lambda: not accepts(members.amqp[0].port))
    rig.say(case_filed(title="ok: second"))
    eventually(lambda: rig.effects() == ["ok: first", "ok: second"])
    eventually(lambda: relay.ready() and probe.ready())


def test_management_is_asked_of_the_next_broker_when_one_is_away(
    rig: Rig, members: Members
) -> None:
    broker = Broker(members.management_urls(), rig.vhost)
    assert broker.queues() == rig.broker.queues()
    members.management[0].shut()
    assert broker.queues() == rig.broker.queues()
    members.management[1].shut()
    with pytest.raises(BrokerUnavailable, match="ConnectionError"):
        broker.queues()


def test_routes_are_looked_up_with_several_urls(rig: Rig, members: Members) -> None:
    routes = routes_of("inspections", members.monitor_urls(), members.amqp_urls("inspections"))
    routes.look()
    assert routes.present()


def test_an_operator_s_command_finds_a_broker_that_answers(rig: Rig, members: Members) -> None:
    Broker(rig.nodes.rabbitmq_management_url).create_vhost()
    environment = {**os.environ, "LINLI_RABBITMQ_MANAGEMENT_URL": members.management_urls()}
    done = subprocess.run(
        [*LINLI, "subscriber", "list"], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_brokers_that_are_not_one_place_are_refused_at_start(rig: Rig, members: Members) -> None:
    others = f"{rig.amqp_url('grid')},{rig.amqp_url('inspections')}"
    relay = rig.begin("relay", "grid", LINLI_AMQP_URL=others)
    assert relay.exit_code() == 1
    assert "the same user and the same path" in relay.tail()
