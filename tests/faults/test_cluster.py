"""Three brokers: the leader is killed, a member is cut off under load; each event counts once."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.local.nodes import PrivateNodes
from shared.messaging import topology
from tests.databases import DatabaseServer
from tests.factories import case_filed
from tests.faults.cluster import BrokerCluster
from tests.messaging.conftest import Rig
from tests.observe import eventually
from tests.whole_system import new_database

QUEUE = "inspections.on_case_filed"


class Load:
    """Events of `grid`, one after the other until told to stop."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._say)
        self.said: list[str] = []

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def flows(self) -> None:
        """Return when events that were said from now on had their effects."""
        wanted = len(self.said) + 20
        eventually(lambda: len(self._rig.effects()) >= wanted, 60, "events flow")

    def _say(self) -> None:
        while not self._stop.wait(0.02):
            title = f"ok:{len(self.said)}"
            self._rig.say(case_filed(title=title))
            self.said.append(title)


@pytest.fixture(scope="module")
def nodes() -> Iterator[PrivateNodes]:
    with PrivateNodes(broker=BrokerCluster) as running:
        yield running


@pytest.fixture(scope="module")
def server(nodes: PrivateNodes) -> DatabaseServer:
    return DatabaseServer(nodes.postgres_admin_url)


@pytest.fixture
def rig(nodes: PrivateNodes, server: DatabaseServer, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(nodes, partial(new_database, server), tmp_path)
    yield made
    made.end()
    for db in made.db.values():
        db.engine.dispose()


def test_every_queue_has_a_replica_on_each_broker_and_no_broker_leads_all(
    nodes: PrivateNodes, rig: Rig
) -> None:
    nodes.broker.wait_whole(rig.vhost)
    rows = rig.broker.queue_rows()
    assert {queue.name for queue in topology.queues()} == {row["name"] for row in rows}
    everywhere = {one.erlang_name for one in nodes.broker.members}
    assert all(set(row["members"]) == everywhere for row in rows)
    assert {row["leader"] for row in rows} == everywhere


def test_no_event_is_lost_or_doubled_when_the_leader_dies_and_a_member_is_cut_off(
    nodes: PrivateNodes, rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = nodes.broker
    with capsys.disabled():
        sys.stdout.write(f"\n{cluster.about}\n")
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    cluster.wait_whole(rig.vhost)
    with Load(rig) as load:
        load.flows()
        eventually(lambda: cluster.busiest(rig.vhost) == QUEUE, 20, "the broker has counted")
        killed = cluster.kill_leader(rig.vhost)
        load.flows()
        cluster.bring_back(killed)
        cluster.wait_whole(rig.vhost)
        silent = cluster.leader(rig.vhost, QUEUE)
        cluster.cut_off(silent)
        eventually(lambda: cluster.leader(rig.vhost, QUEUE) not in ("", silent), 60, "a new leader")
        cluster.bring_back(silent)
        cluster.wait_whole(rig.vhost)
        load.flows()
    eventually(lambda: rig.unsent() == 0, 60, "everything is sent")
    eventually(lambda: set(load.said) <= set(rig.effects()), 60, "everything has its effect")
    assert Counter(rig.effects()) == Counter(load.said)
