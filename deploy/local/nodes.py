"""Own private PostgreSQL and RabbitMQ nodes for a test run: started together, gone afterwards.

    with PrivateNodes() as nodes:
        psycopg.connect(nodes.postgres_admin_url)
        requests.get(nodes.rabbitmq_management_url + "/api/overview")
        nodes.rabbitmq.stop(); nodes.rabbitmq.start(); nodes.postgres.kill()

The nodes are those of `make up` (postgres_node.py, rabbitmq_node.py), in a state folder of their
own, without supervisor and without fsync. Nothing survives the run, not even one that is killed.
"""

import os
import secrets
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.keeper import Keeper
from deploy.local.layout import CHECKOUT, ROOT_STATES
from deploy.local.ports import accepts, free_ports
from deploy.local.postgres_node import PostgresNode
from deploy.local.programs import Program, groups_of, own_folder
from deploy.local.rabbitmq_node import RabbitmqNode, RabbitmqPorts


class NodeNotReady(RuntimeError):
    """A node did not start in time; the message ends with its own last lines."""


class RunningNode:
    """One node's process under the control of a test."""

    def __init__(
        self, program: Callable[[], Program], ready: Callable[[], bool], log: Path
    ) -> None:
        self._describe = program
        self._ready = ready
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _program(self) -> Program:
        # Asked for when needed: PostgreSQL's binaries are those that made its data.
        return self._describe()

    @property
    def pid(self) -> int | None:
        """The pid while the node runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, seconds: float = 60.0) -> None:
        """Start the node and return when it serves.

        Raises: NodeNotReady
        """
        user = self._program.user
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._program.command,
                env=dict(self._program.environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=groups_of(user) if user else None,
            )
        self.wait_ready(seconds)

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Return when the node serves.

        Raises: NodeNotReady
        """
        deadline = time.monotonic() + seconds
        while not self._ready():
            if self.pid is None or time.monotonic() > deadline:
                lines = self._log.read_text(errors="replace").splitlines()[-15:]
                raise NodeNotReady(f"{self._program.name} is not ready:\n" + "\n".join(lines))
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the node in order: what it accepted is on disk."""
        self._signal(self._program.stop_signal)

    def kill(self) -> None:
        """Kill the node with SIGKILL."""
        self._signal(9)

    def restart(self) -> None:
        """Stop the node in order and start it on the same data and ports."""
        self.stop()
        self.start()

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=self._program.stop_seconds)


class PrivateBroker:
    """The broker of a test run: one node with its epmd."""

    about = "one broker"

    def __init__(self, state: Path) -> None:
        ports = RabbitmqPorts(*free_ports(5))
        words = (secrets.token_urlsafe(18), secrets.token_hex(16))
        self.node = RabbitmqNode(state, ports, *words, "warning")
        logs = state / "logs"
        self.running = RunningNode(self.node.program, self.node.ready, logs / "rabbitmq.log")
        self._epmd = RunningNode(
            self.node.epmd_program, lambda: accepts(ports.epmd), logs / "epmd.log"
        )

    @property
    def management_url(self) -> str:
        """The management API's URL with the administrator's login."""
        return self.node.management_url

    def amqp_url(self, user: str, password: str, vhost: str) -> str:
        """Return the AMQP URL of a login in a vhost."""
        return self.node.amqp_url(user, password, vhost)

    def start(self) -> None:
        """Write the configuration, start, and return when it serves."""
        self.node.prepare()
        self._epmd.start()
        self.running.start()

    def kill(self) -> None:
        """End all of it at once."""
        self._epmd.kill()
        self.running.kill()


class PrivateNodes:
    """Both nodes of a test run. Use as a context manager."""

    def __init__(
        self, *, durable: bool = False, broker: Callable[[Path], PrivateBroker] = PrivateBroker
    ) -> None:
        self.state = _test_root() / f"test-{secrets.token_hex(4)}"
        (port,) = free_ports(1)
        self.postgres_node = PostgresNode(self.state, port, secrets.token_urlsafe(18), durable)
        self.postgres = RunningNode(
            self.postgres_node.program, self.postgres_node.ready, self.state / "logs/postgres.log"
        )
        self.broker = broker(self.state)
        self._cleanup = ExitStack()

    @property
    def rabbitmq_node(self) -> RabbitmqNode:
        """The broker's node; of several the first."""
        return self.broker.node

    @property
    def rabbitmq(self) -> RunningNode:
        """Its process."""
        return self.broker.running

    @property
    def postgres_admin_url(self) -> str:
        """URL of the superuser, password included (psycopg's form, `postgresql://`)."""
        return self.postgres_node.admin_url

    @property
    def rabbitmq_management_url(self) -> str:
        """URL of the management API with the administrator's login."""
        return self.broker.management_url

    def rabbitmq_amqp_url(self, user: str, password: str, vhost: str) -> str:
        """Return the AMQP URL of a login in a vhost."""
        return self.broker.amqp_url(user, password, vhost)

    def __enter__(self) -> Self:
        own_folder(self.state / "logs", None, 0o755)
        with ExitStack() as undo:
            undo.callback(Keeper(self.state).close)
            with ThreadPoolExecutor(2) as both:
                started = [both.submit(self._start_postgres), both.submit(self.broker.start)]
            for one in started:
                one.result()
            self._cleanup = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.broker.kill()
        self.postgres.kill()
        self._cleanup.close()

    def _start_postgres(self) -> None:
        self.postgres_node.prepare()
        self.postgres.start()


def _test_root() -> Path:
    return ROOT_STATES if os.geteuid() == 0 else CHECKOUT / ".run"
