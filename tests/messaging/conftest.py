"""Owns the rig: a virtual host, databases, and the real processes between them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pika
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from deploy.local.nodes import PrivateNodes
from deploy.local.settings import brokers_with_login
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.broker import Broker
from shared.messaging.provisioner import provision
from shared.messaging.topology import MONITOR, SERVICES, Binding
from tests.processes import LINLI, Process

PASSWORDS = {login: f"{login}-test-password" for login in (*SERVICES, MONITOR)}


def monitor_url(nodes: PrivateNodes) -> str:
    """Return the management API with the login that only looks."""
    return brokers_with_login(nodes.rabbitmq_management_url, MONITOR, PASSWORDS[MONITOR], "")


def lose_binding(broker: Broker, vhost: str, lost: Binding) -> None:
    """Make the mistake of an operator, which no code of ours makes."""
    for name in broker.bindings_from(lost.exchange)[lost]:
        path = f"/bindings/{vhost}/e/{lost.exchange}/q/{lost.queue}/{quote(name, safe='')}"
        broker._call("DELETE", path)


class Databases(dict[str, Transactions]):
    """A fresh database of each service that is asked for."""

    def __init__(self, make: Callable[[str], Transactions]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, service: str) -> Transactions:
        return self.setdefault(service, self._make(service))


class Rig:
    """One private system: `grid` says, `inspections` (or the probe in its place) hears."""

    def __init__(
        self, nodes: PrivateNodes, databases: Callable[[str], Transactions], folder: Path
    ) -> None:
        self.nodes = nodes
        self.vhost = f"test-{new_id().hex[-12:]}"
        self.broker = Broker(nodes.rabbitmq_management_url, self.vhost)
        provision(self.broker, PASSWORDS)
        self.db = Databases(databases)
        self.folder = folder
        self._processes: list[Process] = []
        self._connections: list[pika.BlockingConnection] = []
        with self.db["inspections"].engine.begin() as connection:
            connection.execute(text("CREATE TABLE effects (case_id uuid, title text)"))
            connection.execute(text("CREATE SEQUENCE tries"))

    def database_url(self, service: str) -> str:
        """Return the URL of a service's database."""
        return self.db[service].engine.url.render_as_string(hide_password=False)

    def amqp_url(self, service: str) -> str:
        """Return the URL of a service's login on the rig's virtual host."""
        return self.nodes.rabbitmq_amqp_url(service, PASSWORDS[service], self.vhost)

    def start(self, kind: str, service: str, **environment: str) -> Process:
        """Start a process of a service and return when it is ready; a probe is our own worker."""
        return self.begin(kind, service, **environment).wait_ready()

    def begin(self, kind: str, service: str, **environment: str) -> Process:
        """Start a process and don't wait for it."""
        arguments, program = (kind, service), LINLI
        if kind.endswith("probe"):
            arguments, program = (), (sys.executable, str(Path(__file__).parent / f"{kind}.py"))
        process = Process(
            arguments,
            {
                "LINLI_DATABASE_URL": self.database_url(service),
                "LINLI_AMQP_URL": self.amqp_url(service),
                "LINLI_RABBITMQ_MONITOR_URL": monitor_url(self.nodes),
                "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                **environment,
            },
            self.folder / f"{kind}-{service}-{len(self._processes)}.log",
            program,
        )
        self._processes.append(process)
        return process

    def say(self, *many: Any) -> None:
        """Commit events into the outbox of `grid`."""
        self.db["grid"].change(lambda session: outbox.add_all(session, many))

    def lose_binding(self, queue: str, key: str) -> None:
        """Take one of the bindings of `grid.events` away."""
        lose_binding(self.broker, self.vhost, Binding("grid.events", queue, key))

    def unsent(self) -> int:
        """Return how many rows wait in the outbox of `grid`."""
        return self.scalar("grid", "SELECT count(*) FROM outbox WHERE sent_at IS NULL")

    def effects(self) -> list[str]:
        """Return the titles of the effects that the probe committed."""
        return self.rows("SELECT title FROM effects ORDER BY title")

    def rows(self, query: str) -> list[Any]:
        """Return the first column of a query on the database of `inspections`."""
        with Session(self.db["inspections"].engine) as session:
            return list(session.scalars(text(query)))

    def scalar(self, service: str, query: str) -> Any:
        """Return one value from a service's database."""
        with Session(self.db[service].engine) as session:
            return session.execute(text(query)).scalar()

    def channel(self, service: str) -> Any:
        """Return a channel with the rights of a service's login."""
        connection = pika.BlockingConnection(pika.URLParameters(self.amqp_url(service)))
        self._connections.append(connection)
        return connection.channel()

    def close_connections(self) -> None:
        """Let the broker close every connection of this virtual host."""
        self.nodes.rabbitmq_node.ctl(
            "close_all_connections", "--vhost", self.vhost, "closed by a test"
        )

    def admin(self) -> "psycopg.Connection[Any]":
        """Return an administrator's connection to PostgreSQL."""
        return psycopg.connect(self.nodes.postgres_admin_url, autocommit=True)

    def end_processes(self) -> None:
        """End every process that was started here."""
        for process in self._processes:
            process.end()

    def end(self) -> None:
        """End every process and connection, and take the virtual host away.

        A broker that keeps the queues of all tests needs minutes to start again.
        """
        for connection in self._connections:
            if connection.is_open:
                connection.close()
        self.end_processes()
        self.broker._call("DELETE", f"/vhosts/{self.vhost}")


@pytest.fixture
def rig(
    nodes: PrivateNodes, database_of: Callable[[str], Transactions], tmp_path: Path
) -> Iterator[Rig]:
    made = Rig(nodes, database_of, tmp_path)
    yield made
    made.end()
