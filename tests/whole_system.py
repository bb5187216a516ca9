"""Owns a whole system: every process of every service, between real servers that tests start."""

import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import text

from deploy.demo.mails import mails_in
from deploy.demo.personas import SignedIn
from deploy.demo.playing import Player, Stage
from deploy.demo.shifting import offset_in, shift
from deploy.demo.story import Rectification
from deploy.local.nodes import PrivateNodes
from deploy.local.ports import accepts, free_ports
from services.gateway import commands, key_commands
from services.grid import register
from shared.auth.known import learn_signing_keys
from shared.contracts import schema_of
from shared.contracts.gateway import SigningKeysChangedV1
from shared.database import Transactions, build_engine
from shared.ids import new_id
from shared.messaging.broker import Broker
from shared.messaging.provisioner import provision
from shared.messaging.topology import SERVICES
from tests.databases import KEYRING, DatabaseServer, SetClock
from tests.messaging.conftest import PASSWORDS, monitor_url
from tests.observe import eventually
from tests.processes import ROOT, Process

KINDS = ("api", "worker", "relay")
REGISTER = ROOT / "deploy" / "demo" / "areas-320508.csv"
ACCOUNTS = ROOT / "deploy" / "demo" / "accounts.csv"
PASSWORD = "金阊-journey-2026-三元一村"

Through = Callable[[str, str, str], str]
"""Takes a service, a kind of process and the URL of a server; returns the URL to use."""


def direct(_service: str, _kind: str, url: str) -> str:
    """Lead a process straight to its servers."""
    return url


class WholeSystem:
    """All processes, the register of 姑苏区, and a way to break any of them."""

    def __init__(
        self,
        nodes: PrivateNodes,
        databases: Callable[[str], Transactions],
        folder: Path,
        vhost: str = "",
        through: Through = direct,
    ) -> None:
        """Start everything; `through` may lead a process to its servers by another way."""
        self.nodes = nodes
        self._clock_file = folder / "clock"
        self._mail = folder / "mail"
        vhost = self.vhost = vhost or f"journey-{new_id().hex[-12:]}"
        self.broker = Broker(nodes.rabbitmq_management_url, vhost)
        provision(self.broker, PASSWORDS)
        self.mail_server = self._catch_mail(folder)
        self.db = {service: databases(service) for service in SERVICES}
        register.load(self.db["grid"], REGISTER)
        self._hand_out_signing_keys()
        commands.load(self.db["gateway"], ACCOUNTS.read_bytes(), PASSWORD, "operator:test")
        self.processes = {
            (service, kind): Process(
                (kind, service),
                {
                    "LINLI_CLOCK_FILE": str(self._clock_file),
                    "LINLI_SMTP_URL": self._smtp_url,
                    "LINLI_SMTP_FROM": "linli@linli.example",
                    "LINLI_DATABASE_URL": through(service, kind, self.database_url(service)),
                    "LINLI_RABBITMQ_MONITOR_URL": monitor_url(nodes),
                    "LINLI_AMQP_URL": through(service, kind, self.amqp_url(service)),
                },
                folder / f"{service}-{kind}.log",
            )
            for service in SERVICES
            for kind in KINDS
        }

    def wait_ready(self) -> None:
        """Return when every process is ready."""
        for process in self.processes.values():
            process.wait_ready()

    def address_of(self, service: str) -> str:
        """Return where a service's API listens."""
        return self.processes[service, "api"].address

    def database_url(self, service: str) -> str:
        """Return the URL of a service's database, password included."""
        return self.db[service].engine.url.render_as_string(hide_password=False)

    def amqp_url(self, service: str) -> str:
        """Return the URL with which a service signs in at the broker."""
        return self.nodes.rabbitmq_amqp_url(service, PASSWORDS[service], self.vhost)

    def player(self) -> Player:
        """Return who plays the stories of `make demo` here."""
        return Player(
            Stage(
                address_of=self.address_of,
                token_of=SignedIn(self.address_of, PASSWORD).token_of,
                event_ids=lambda *_: [],
                now=self.now,
                advance=self.advance,
                mails_to=partial(mails_in, self._mail),
                tell=lambda _: None,
            )
        )

    def story(self) -> Rectification:
        """Return the first story of `make demo`, to be played here."""
        return Rectification(self.player())

    def now(self) -> datetime:
        """Return business time."""
        return datetime.now(UTC) + timedelta(seconds=offset_in(self._clock_file))

    def advance(self, seconds: float) -> None:
        """Let business time pass."""
        knowing = [
            process.address for (_, kind), process in self.processes.items() if kind != "relay"
        ]
        shift(self._clock_file, seconds, knowing)

    def kill_one(self, chance: random.Random, *kinds: str) -> None:
        """Kill -9 a process and start it again, as the supervisor would."""
        service, kind = chance.choice([key for key in self.processes if key[1] in kinds])
        self.processes[service, kind].kill()
        self.processes[service, kind].restart()

    def scalar(self, service: str, query: str) -> object:
        """Return one value from a service's database."""
        with self.db[service].engine.connect() as connection:
            return connection.execute(text(query)).scalar()

    def growth(self, service: str, query: str) -> Callable[[], int]:
        """Return what tells by how much a count has grown since now."""

        def count() -> int:
            return int(str(self.scalar(service, query)))

        before = count()
        return lambda: count() - before

    def at_rest(self) -> bool:
        """Tell whether every outbox is empty and no event waits for a retry; parked ones may be."""
        waiting = "SELECT count(*) FROM failed_events WHERE state = 'waiting'"
        unsent = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
        return self._none(unsent) and self._none(waiting)

    def quiet(self) -> bool:
        """Tell whether it is at rest, and every event that had failed was handled."""
        failed = "SELECT count(*) FROM failed_events WHERE state <> 'handled'"
        return self.at_rest() and self._none(failed)

    def wait_quiet(self) -> None:
        """Return when nothing is under way any more."""
        eventually(self.quiet, 60, "outboxes empty, nothing waits for a retry")

    def end(self) -> None:
        """End every process, and take the virtual host away."""
        for process in (*self.processes.values(), self.mail_server):
            process.end()
        self.broker._call("DELETE", f"/vhosts/{self.vhost}")

    def _none(self, count: str) -> bool:
        return all(self.scalar(service, count) == 0 for service in SERVICES)

    def _catch_mail(self, folder: Path) -> Process:
        """Start the mail server of the local system, which keeps what it takes."""
        smtp, view = free_ports(2)
        self._smtp_url = f"smtp://127.0.0.1:{smtp}?starttls=never"
        doors = ("--bind", f"127.0.0.1:{smtp}", "--http", f"127.0.0.1:{view}")
        program = (sys.executable, "-m", "deploy.mailcatcher")
        started = Process(
            (*doors, "--folder", str(self._mail)), {}, folder / "mail.log", program=program
        )
        eventually(lambda: accepts(smtp), 30, "the mail server listens")
        return started

    def _hand_out_signing_keys(self) -> None:
        """Let the gateway alone sign, and the others know its key, as `make up` does."""
        key_commands.init(self.db["gateway"], "operator:test")
        said = schema_of(SigningKeysChangedV1).load(key_commands.export(self.db["gateway"]))
        for service in SERVICES:
            self.db[service].run(learn_signing_keys, said)


def new_database(server: DatabaseServer, service: str) -> Transactions:
    """Return a fresh database of a service, at real time."""
    return Transactions(build_engine(server.create(service)), SetClock(), KEYRING)


def drop_databases(system: WholeSystem, server: DatabaseServer) -> None:
    """Remove what `new_database` made for a system that has ended."""
    for service, db in system.db.items():
        db.engine.dispose()
        server.drop(system.database_url(service))
