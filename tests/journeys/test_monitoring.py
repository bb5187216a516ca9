"""A real Prometheus over a running system, and `linli status` on a well and on a broken one."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.local.layout import Layout
from deploy.local.nodes import PrivateNodes, RunningNode
from deploy.local.ports import free_ports
from deploy.local.prometheus_node import PORT, PrometheusNode
from shared.database import Transactions
from shared.messaging.topology import SERVICES, VHOST, queues
from tests.messaging.conftest import monitor_url
from tests.monitoring.promql import DASHBOARDS, names_in, our_names, queries_of, recorded, rules
from tests.observe import eventually
from tests.processes import LINLI, ROOT, Process
from tests.whole_system import KINDS, WholeSystem

OF_PROMETHEUS_ITSELF = {"up", "ALERTS"}


class Watched:
    """A whole system, its provisioner and the Prometheus of `make up` over it."""

    def __init__(self, system: WholeSystem, folder: Path) -> None:
        nodes = self.nodes = system.nodes
        self.system = system
        # no disks: whether this machine's are full is not the question here
        watching = {"LINLI_RABBITMQ_MANAGEMENT_URL": nodes.rabbitmq_management_url}
        self.provisioner = Process(("provision", "--watch"), watching, folder / "provisioner.log")
        named = {f"{s}-{kind}": system.processes[s, kind] for s in SERVICES for kind in KINDS}
        named["provisioner"] = self.provisioner
        self.addresses = {n: p.address.removeprefix("http://") for n, p in named.items()}
        ports = {name: int(at.rpartition(":")[2]) for name, at in self.addresses.items()}
        (ports[PORT],) = free_ports(1)
        ports["prometheus"] = nodes.rabbitmq_node.ports.prometheus
        self.prometheus = PrometheusNode(Layout.at(nodes.state), ports, with_broker=True)
        self.node = RunningNode(
            self.prometheus.program, self.prometheus.ready, nodes.state / "logs" / "prometheus.log"
        )

    def start(self) -> "Watched":
        """Return when everything is ready."""
        self.prometheus.prepare()
        self.node.start()
        self.provisioner.wait_ready()
        self.system.wait_ready()
        return self

    def end(self) -> None:
        """End what the system does not end itself."""
        self.node.kill()
        self.provisioner.end()

    def ask(self, path: str, **query: str) -> Any:
        """Return what Prometheus answers."""
        answer = requests.get(f"{self.prometheus.address}/api/v1{path}", query, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def status(self, *more: str) -> "subprocess.CompletedProcess[str]":
        """Run `linli status` as an operator in a container does."""
        told = {
            "LINLI_PROCESSES": ",".join(f"{n}={at}" for n, at in self.addresses.items()),
            "LINLI_PROMETHEUS_URL": self.prometheus.address,
            "LINLI_RABBITMQ_MONITOR_URL": monitor_url(self.nodes),
        }
        return subprocess.run(
            [*LINLI, "status", *more],
            env=os.environ | told,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def well(self) -> bool:
        """Tell whether `linli status` finds nothing wrong; show what it says otherwise."""
        done = self.status()
        assert done.returncode == 0, done.stdout + done.stderr
        return True


@pytest.fixture
def watched(
    nodes: PrivateNodes, database_of: Callable[[str], Transactions], tmp_path: Path
) -> Iterator[Watched]:
    # the name that the configuration of `make up` asks the broker about
    system = WholeSystem(nodes, database_of, tmp_path, VHOST)
    whole = Watched(system, tmp_path)
    try:
        yield whole.start()
    finally:
        whole.end()
        system.end()


def test_prometheus_reaches_every_target_and_measures_all_that_rules_and_dashboards_ask_for(
    watched: Watched,
) -> None:
    def targets() -> dict[str, str]:
        found = watched.ask("/targets", state="active")["activeTargets"]
        return {f"{t['scrapePool']} {t['labels']['instance']}": t["health"] for t in found}

    wanted = {f"linli {name}" for name in watched.addresses}
    wanted |= {"prometheus prometheus", "rabbitmq rabbitmq", "queues rabbitmq"}
    up = dict.fromkeys(wanted, "up")
    eventually(lambda: targets() == up, 60, "every target is up")

    def measured() -> set[str]:
        return set(watched.ask("/label/__name__/values"))

    asked = {name for rule in rules() for name in names_in(rule["expr"])}
    queries = [expr for board in DASHBOARDS for _, expr in queries_of(board)]
    asked |= {name for query in queries for name in names_in(query)}
    foreign = asked - our_names() - recorded() - OF_PROMETHEUS_ITSELF
    assert {"rabbitmq_detailed_queue_consumers", "process_cpu_seconds_total"} <= foreign
    eventually(lambda: foreign <= measured(), 60, "all that others measure is there")
    for query in queries:
        watched.ask("/query", query=query)
    depths = watched.ask("/query", query="rabbitmq_detailed_queue_messages")["result"]
    assert {one["metric"]["queue"] for one in depths} == {queue.name for queue in queues()}


def test_status_shows_a_well_system_and_says_what_is_wrong_with_a_broken_one(
    watched: Watched,
) -> None:
    eventually(watched.well, 60, "nothing is wrong")
    assert watched.status("--language", "zh").stdout.rstrip().endswith("一切正常")
    shown = watched.status("--language", "en").stdout
    assert shown.rstrip().endswith("all is well")
    for queue in queues():
        assert f"{queue.name} 0/1" in shown

    watched.system.processes["grid", "worker"].kill()
    broken = watched.status("--language", "en")
    assert broken.returncode == 1
    assert "! processes do not answer: grid-worker" in broken.stdout

    watched.nodes.rabbitmq.stop()
    watched.nodes.postgres.stop()
    try:
        dark = watched.status("--language", "zh")
    finally:
        watched.nodes.postgres.start()
        watched.nodes.rabbitmq.start()
    assert (dark.returncode, dark.stderr) == (1, "")
    assert "! 消息代理 RabbitMQ 看不到" in dark.stdout
    assert "! 数据库无应答：" in dark.stdout
    assert "不明" in dark.stdout

    watched.system.processes["grid", "worker"].restart()
    eventually(watched.well, 90, "all is well again")
