"""Owns where speed is measured: private servers, their databases and queues, real processes."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, LiteralString

import pika
import psycopg
import requests

from deploy.local.nodes import PrivateNodes
from deploy.local.settings import with_login
from shared.database import Transactions, build_engine
from shared.messaging.broker import Broker
from shared.messaging.provisioner import provision
from shared.messaging.topology import MONITOR, SERVICES, Queue, Rights
from tests.bench.cpu import Cpu
from tests.bench.messages import Messages
from tests.databases import DatabaseServer
from tests.processes import LINLI, ROOT, Process
from tests.tokens import know_key

VHOST = "bench"
PASSWORD = "bench-password"
OUR_QUEUE = "inspections.on_case_filed"
STOCK_QUEUE = "evt-grid-case_filed.v1--stock.on_case_filed"
"""The name that nameko gives the queue of `StockService.on_case_filed`."""

EFFECTS = """
    CREATE TABLE effects (
        case_id uuid NOT NULL, title text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
"""


class Ground:
    """`grid` speaks and `inspections`, or a stock nameko service in its place, hears."""

    def __init__(self, nodes: PrivateNodes, folder: Path) -> None:
        self.nodes = nodes
        self._folder = folder
        # else nobody knows when a transaction committed
        self.execute(nodes.postgres_admin_url, "ALTER SYSTEM SET track_commit_timestamp = on")
        nodes.postgres.restart()
        self._broker = Broker(nodes.rabbitmq_management_url, VHOST)
        provision(self._broker, dict.fromkeys((*SERVICES, MONITOR), PASSWORD))
        self._broker.put_queue(Queue(STOCK_QUEUE, ()))
        self._broker.put_login("stock", PASSWORD, Rights(".*", ".*", ".*"))
        server = DatabaseServer(nodes.postgres_admin_url)
        self._urls = {service: server.create(service) for service in SERVICES}
        self.execute(self.url("inspections"), EFFECTS)
        self._started: list[Process] = []

    def know_key(self) -> None:
        """Let the door of `grid` know the key that tests sign tokens with."""
        db = Transactions(build_engine(self._urls["grid"], 1))
        know_key(db)
        db.engine.dispose()

    def url(self, service: str) -> str:
        """Return the URL of a service's database, in psycopg's form."""
        return self._urls[service].replace("+psycopg", "")

    def clear(self, *, inbox: bool = True) -> None:
        """Forget the round before: no rows, no messages, and no checkpoint in the next one."""
        self.execute(self.url("grid"), "TRUNCATE outbox")
        self.execute(self.url("inspections"), "TRUNCATE effects")
        if inbox:
            self.execute(self.url("inspections"), "TRUNCATE inbox")
        self._unbind_stock()
        for queue in (OUR_QUEUE, STOCK_QUEUE):
            address = f"{self.nodes.rabbitmq_management_url}/api/queues/{VHOST}/{queue}/contents"
            requests.delete(address, timeout=30).raise_for_status()
        self.execute(self.nodes.postgres_admin_url, "CHECKPOINT")

    def _unbind_stock(self) -> None:
        """Undo what stock nameko bound: every later message would go into its queue as well."""
        api = f"{self.nodes.rabbitmq_management_url}/api/bindings/{VHOST}"
        address = f"{api}/e/grid.events/q/{STOCK_QUEUE}/case_filed.v1"
        answer = requests.delete(address, timeout=30)
        if answer.status_code != requests.codes.not_found:
            answer.raise_for_status()

    def start_relay(self) -> Process:
        """Start the relay of `grid`."""
        return self._start(LINLI, ("relay", "grid"), "grid", "grid")

    def start_api(self) -> Process:
        """Start the HTTP door of `grid`, gunicorn as the product starts it."""
        return self._start(LINLI, ("api", "grid"), "grid", "grid")

    def start_worker(self, kind: str) -> Process:
        """Start our own worker as `inspections`, with a `single` or a `batch` handler."""
        program = (sys.executable, "-m", "tests.bench.worker")
        return self._start(program, (kind,), "inspections", "inspections")

    def start_stock(self) -> Process:
        """Start the stock nameko service."""
        program = (sys.executable, "-m", "tests.bench.stock")
        return self._start(program, (), "inspections", "stock")

    def _start(
        self, program: Sequence[str], arguments: Sequence[str], database: str, login: str
    ) -> Process:
        environment = self.environment_of(database, login)
        log = self._folder / f"{len(self._started)}-{'-'.join([login, *arguments])}.log"
        process = Process(arguments, environment, log, program)
        self._started.append(process)
        return process

    def environment_of(self, database: str, login: str) -> dict[str, str]:
        """Return what a process is told of the servers."""
        return {
            "LINLI_DATABASE_URL": self._urls[database],
            "LINLI_AMQP_URL": self.nodes.rabbitmq_amqp_url(login, PASSWORD, VHOST),
            "LINLI_RABBITMQ_MONITOR_URL": with_login(
                self.nodes.rabbitmq_management_url, MONITOR, PASSWORD, ""
            ),
            "PYTHONPATH": str(ROOT),
        }

    def end(self) -> str:
        """End every process that was started here; return the last lines of those that ran."""
        running = [process for process in self._started if not process.exited()]
        for process in running:
            process.end()
        return "\n".join(process.tail() for process in running)

    def cpu(self, **processes: Process) -> Cpu:
        """Return what counts the CPU seconds of processes of ours and of both servers."""
        return Cpu(self.roots(**processes))

    def roots(self, **processes: Process) -> dict[str, int]:
        """Return the first process of each: of ours, and of both servers."""
        servers = {"postgres": self.nodes.postgres.pid, "rabbitmq": self.nodes.rabbitmq.pid}
        ours = {name: process._process.pid for name, process in processes.items()}
        return ours | {name: pid for name, pid in servers.items() if pid}

    def channel(self, login: str = "stock") -> Any:
        """Return a blocking channel on a connection of its own."""
        url = self.nodes.rabbitmq_amqp_url(login, PASSWORD, VHOST)
        return pika.BlockingConnection(pika.URLParameters(url)).channel()

    def fill_outbox(self, messages: Messages) -> None:
        """Put messages into the outbox of `grid` as if it had said them."""
        with (
            psycopg.connect(self.url("grid")) as connection,
            connection.cursor() as cursor,
            cursor.copy(
                "COPY outbox (event_id, event_type, subject, headers, body) FROM STDIN"
            ) as copy,
        ):
            for event in messages:
                copy.write_row(messages.outbox_row(event))

    def fill_queue(self, queue: str, messages: Messages) -> None:
        """Put messages into a queue, and return when the queue has them all."""
        channel = self.channel()
        for event in messages:
            channel.basic_publish("", queue, event.body, messages.properties(event))
        self.wait(lambda: self._depth(channel, queue) == len(messages), f"{queue} is full")
        channel.connection.close()

    def depth(self, queue: str) -> int:
        """Return how many messages a queue has to give."""
        channel = self.channel()
        depth = self._depth(channel, queue)
        channel.connection.close()
        return depth

    def count_effects(self) -> int:
        """Return how many effects are committed."""
        count: int = self.ask("inspections", "SELECT count(*) FROM effects")[0]
        return count

    def count_unsent(self) -> int:
        """Return how many rows of the outbox are not marked."""
        count: int = self.ask("grid", "SELECT count(*) FROM outbox WHERE sent_at IS NULL")[0]
        return count

    def ask(self, service: str, query: LiteralString, *values: Any) -> tuple[Any, ...]:
        """Return the one row that a query on a service's database gives."""
        (row,) = self.rows(service, query, *values)
        return row

    def rows(self, service: str, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """Return what a query on a service's database gives."""
        with psycopg.connect(self.url(service)) as connection:
            return connection.execute(query, values or None).fetchall()

    @staticmethod
    def execute(url: str, statement: LiteralString) -> None:
        """Run a statement outside any transaction."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)

    @staticmethod
    def wait(look: Callable[[], bool], what: str, seconds: float = 120) -> None:
        """Look five times a second, which costs what is measured little, until it is true."""
        deadline = time.monotonic() + seconds
        while not look():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds:g} s: {what}")
            time.sleep(0.2)

    @staticmethod
    def _depth(channel: Any, queue: str) -> int:
        depth: int = channel.queue_declare(queue, passive=True).method.message_count
        return depth
