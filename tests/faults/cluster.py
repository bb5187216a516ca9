"""Owns a cluster of three brokers for tests: its leader can be killed, a member cut off.

    with PrivateNodes(broker=BrokerCluster) as nodes:
        killed = nodes.broker.kill_leader(vhost)
        nodes.broker.bring_back(killed)
        nodes.broker.wait_whole(vhost)

Each member is a host of its own in network.py. Where that can't be had all three listen on
loopback, and a member that is cut off is frozen instead: as silent, without knowing for how long.
"""

import fcntl
import os
import secrets
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import requests

from deploy.local.leftovers import kill_all, processes_of
from deploy.local.nodes import PrivateBroker, RunningNode
from deploy.local.ports import accepts, free_ports
from deploy.local.programs import Program, own_user
from deploy.local.rabbitmq_node import SCRIPTS, RabbitmqNode, RabbitmqPorts
from deploy.local.templates import render
from shared.messaging.broker import Broker, BrokerRefused, BrokerUnavailable
from tests.faults.network import Network, NoNamespaces
from tests.observe import eventually

NAMES = ("broker-1", "broker-2", "broker-3")
_BOOT_SECONDS = 120.0
_HEAL_SECONDS = 12.0
"""RabbitMQ 3.10.8 may hang for ever when it resumes after a pause, and one that was frozen doesn't
know that it must pause: then it is to be restarted, as operations.md says."""

_TICKS = "net_ticktime = 8\n"
"""Seconds until a silent member counts as gone, 60 by default."""


@dataclass(frozen=True)
class Member(RabbitmqNode):
    """One broker of a cluster."""

    peers: tuple[str, ...] = ()
    leads_in: Callable[[], tuple[str, ...]] = tuple
    """Gives the words before each of its commands that let it run on its host."""

    def program(self) -> Program:
        return self._on_host(super().program())

    def epmd_program(self) -> Program:
        return self._on_host(super().epmd_program())

    def ctl(self, *arguments: str) -> str:
        words, user = self._entering()
        return self._run((*words, f"{SCRIPTS}/rabbitmqctl", *arguments), user)

    def _on_host(self, program: Program) -> Program:
        words, user = self._entering()
        return replace(program, command=(*words, *program.command), user=user)

    def _entering(self) -> tuple[tuple[str, ...], str | None]:
        """Only root enters a namespace, so the change of user comes after."""
        user = own_user("rabbitmq")
        if not (words := self.leads_in()):
            return (), user
        return (*words, "setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"), None

    def _place(self) -> str:
        first, second, third = self.peers
        cluster = render("rabbitmq/cluster-place.conf", first=first, second=second, third=third)
        return super()._place() + cluster + _TICKS

    @property
    def erlang_name(self) -> str:
        return f"{self.name}@{self.address}"

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"RABBITMQ_USE_LONGNAME": "true"}


class BrokerCluster(PrivateBroker):
    """Three brokers in place of one. What strikes "the broker" strikes the first."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._mine: IO[str] | None = None
        self._network, self._why_none = _network(state)
        self.members = list(self._describe())
        logs = state / "logs"
        self.processes = {
            one.name: RunningNode(one.program, one.ready, logs / f"{one.name}.log")
            for one in self.members
        }
        # of those on one address the first finds the others
        self._epmds = [
            RunningNode(
                one.epmd_program,
                partial(accepts, one.ports.epmd, one.address),
                logs / f"epmd-{one.name}.log",
            )
            for one in {one.address: one for one in reversed(self.members)}.values()
        ]

    @property
    def about(self) -> str:
        """What kind of members these are, in a line."""
        if self._network is not None:
            return "three brokers, each in a network namespace of its own"
        return (
            f"three brokers on loopback, where a member is frozen instead of cut off:"
            f" no network namespaces here ({self._why_none})"
        )

    @property
    def node(self) -> Member:
        """The first member."""
        return self.members[0]

    @property
    def running(self) -> RunningNode:
        """Its process."""
        return self.processes[self.node.name]

    @property
    def management_url(self) -> str:
        """Every member's management API with the administrator's login."""
        return ",".join(one.management_url for one in self.members)

    def amqp_url(self, user: str, password: str, vhost: str) -> str:
        """Return the URLs of a login in a vhost, one of each member."""
        return ",".join(one.amqp_url(user, password, vhost) for one in self.members)

    def start(self) -> None:
        """Start all at once; return when they are one cluster."""
        self._mine = claim(self._state)
        if self._network is not None:
            self._network.build()
        for one in self.members:
            one.prepare()
        for epmd in self._epmds:
            epmd.start()
        with ThreadPoolExecutor(len(self.members)) as pool:
            list(pool.map(lambda one: one.start(_BOOT_SECONDS), self.processes.values()))
        eventually(self._complete, _BOOT_SECONDS, "three brokers are one cluster")

    def kill(self) -> None:
        """End all of it at once."""
        for process in (*self.processes.values(), *self._epmds):
            process.kill()
        if self._network is not None:
            self._network.close()
        if self._mine is not None:
            self._mine.close()

    def busiest(self, vhost: str) -> str:
        """Return the queue that most was published to."""
        return str(max(self._queues(vhost), key=_published)["name"])

    def leader(self, vhost: str, queue: str) -> str:
        """Return the member that leads a queue, as the others know it; "" while nobody does."""
        try:
            row = Broker(self.management_url, vhost)._call("GET", f"/queues/{vhost}/{queue}")
        except (BrokerUnavailable, BrokerRefused):
            return ""
        return str(row.get("leader") or "").partition("@")[0]

    def kill_leader(self, vhost: str) -> str:
        """Kill -9 the member that leads the busiest queue; return its name."""
        name = self.leader(vhost, self.busiest(vhost))
        self.processes[name].kill()
        return name

    def cut_off(self, name: str) -> None:
        """Let a member reach nobody, and nobody reach it."""
        if self._network is not None:
            self._network.cut(NAMES.index(name))
        else:
            self._send(name, signal.SIGSTOP)

    def bring_back(self, name: str) -> None:
        """Start a member that was killed, or let one that was cut off find the others again."""
        process = self.processes[name]
        if process.pid is None:
            process.start(_BOOT_SECONDS)
            return
        if self._network is not None:
            self._network.join(NAMES.index(name))
        else:
            self._send(name, signal.SIGCONT)
        try:
            eventually(self._complete, _HEAL_SECONDS)
        except AssertionError:
            process.kill()
            process.start(_BOOT_SECONDS)

    def whole(self, vhost: str) -> bool:
        """Tell whether every member serves, and every queue has a replica on each, online.

        While a member is silent, RabbitMQ 3.10 needs a second for each queue of a list.
        """
        if not self._complete():
            return False
        try:
            rows = self._queues(vhost)
        except (BrokerUnavailable, BrokerRefused):
            return False
        counts = {(len(row.get("members", ())), len(row.get("online", ()))) for row in rows}
        return counts == {(len(NAMES), len(NAMES))}

    def wait_whole(self, vhost: str, seconds: float = 90.0) -> None:
        """Return when it is whole."""
        eventually(lambda: self.whole(vhost), seconds, "every queue on three brokers")

    def _describe(self) -> Iterator[Member]:
        """Describe the members, which share a password, the cookie and the port of epmd."""
        words = (secrets.token_urlsafe(18), secrets.token_hex(16))
        addresses = self._network.addresses if self._network else ["127.0.0.1"] * len(NAMES)
        peers = tuple(f"{name}@{a}" for name, a in zip(NAMES, addresses, strict=True))
        (epmd,) = free_ports(1)
        for number, name in enumerate(NAMES):
            yield Member(
                self._state,
                RabbitmqPorts(*free_ports(4), epmd),
                *words,
                "warning",
                name,
                addresses[number],
                peers,
                self._leads_to(number),
            )

    def _leads_to(self, number: int) -> Callable[[], tuple[str, ...]]:
        network = self._network
        return tuple if network is None else lambda: network.leads_to(number)

    def _complete(self) -> bool:
        return all(one.ready() and _sees(one) == len(NAMES) for one in self.members)

    def _queues(self, vhost: str) -> list[dict[str, Any]]:
        return Broker(self.management_url, vhost).queue_rows()

    def _send(self, name: str, number: signal.Signals) -> None:
        for pid in processes_of(self._state, program=name):
            os.kill(pid, number)


def _network(state: Path) -> tuple[Network | None, str]:
    """Return the network between the members, or why there is none."""
    try:
        return Network(state, len(NAMES)), ""
    except NoNamespaces as error:
        return None, str(error)


def _published(row: dict[str, Any]) -> int:
    return int(row.get("message_stats", {}).get("publish", 0))


def _sees(member: Member) -> int:
    """Return how many running brokers a member sees, itself among them, and none beyond a split."""
    try:
        rows = requests.get(f"{member.management_url}/api/nodes", timeout=2).json()
    except requests.RequestException:
        return 0
    return sum(1 for row in rows if row.get("running") and not row.get("partitions"))


def claim(state: Path) -> IO[str]:
    """Mark a cluster as ours as long as we live, and remove those whose owners are dead.

    Usually the keeper of a run (deploy/local/keeper.py) has done that; unless it was killed too.
    """
    for old in state.parent.glob("test-*/cluster.lock"):
        with old.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            kill_all(old.parent)
            shutil.rmtree(old.parent)
    fresh = state / "cluster.lock.new"
    mine = fresh.open("w")
    fcntl.flock(mine, fcntl.LOCK_EX)
    # nobody sees it before it is locked
    fresh.rename(state / "cluster.lock")
    return mine
