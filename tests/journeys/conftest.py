"""Owns a whole system for journeys: every process of every service, between real servers."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.demo.personas import SignedIn
from deploy.demo.story import Story
from deploy.local.nodes import PrivateNodes
from services.gateway import commands, key_commands
from services.grid import register
from shared.auth.known import learn_signing_keys
from shared.contracts import schema_of
from shared.contracts.gateway import SigningKeysChangedV1
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging.broker import Broker
from shared.messaging.provisioner import provision
from shared.messaging.topology import SERVICES
from tests.messaging.conftest import PASSWORDS, monitor_url
from tests.observe import eventually
from tests.processes import ROOT, Process

KINDS = ("api", "worker", "relay")
REGISTER = ROOT / "deploy" / "demo" / "areas-320508.csv"
ACCOUNTS = ROOT / "deploy" / "demo" / "accounts.csv"
PASSWORD = "金阊-journey-2026-三元一村"


class WholeSystem:
    """All processes, the register of 姑苏区, and a way to break any of them."""

    def __init__(
        self,
        nodes: PrivateNodes,
        databases: Callable[[str], Transactions],
        folder: Path,
        vhost: str = "",
    ) -> None:
        self.nodes = nodes
        vhost = vhost or f"journey-{new_id().hex[-12:]}"
        provision(Broker(nodes.rabbitmq_management_url, vhost), PASSWORDS)
        self.db = {service: databases(service) for service in SERVICES}
        register.load(self.db["grid"], REGISTER)
        self._hand_out_signing_keys()
        commands.load(self.db["gateway"], ACCOUNTS.read_bytes(), PASSWORD, "operator:test")
        self.processes = {
            (service, kind): Process(
                (kind, service),
                {
                    "LINLI_DATABASE_URL": self._database_url(service),
                    "LINLI_RABBITMQ_MONITOR_URL": monitor_url(nodes),
                    "LINLI_AMQP_URL": nodes.rabbitmq_amqp_url(service, PASSWORDS[service], vhost),
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

    def story(self) -> Story:
        """Return the story of `make demo`, to be played here."""
        people = SignedIn(self.address_of, PASSWORD)
        return Story(self.address_of, people.token_of, lambda *_: [], lambda _: None)

    def kill_one(self, chance: random.Random, *kinds: str) -> None:
        """Kill -9 a process and start it again, as the supervisor would."""
        service, kind = chance.choice([key for key in self.processes if key[1] in kinds])
        self.processes[service, kind].kill()
        self.processes[service, kind].restart()

    def scalar(self, service: str, query: str) -> object:
        """Return one value from a service's database."""
        with self.db[service].engine.connect() as connection:
            return connection.execute(text(query)).scalar()

    def quiet(self) -> bool:
        """Tell whether every outbox is empty and no event waits for a retry."""
        waiting = "SELECT count(*) FROM failed_events WHERE state <> 'handled'"
        unsent = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
        return all(self.scalar(s, q) == 0 for s in SERVICES for q in (unsent, waiting))

    def wait_quiet(self) -> None:
        """Return when nothing is under way any more."""
        eventually(self.quiet, 60, "outboxes empty, nothing waits for a retry")

    def end(self) -> None:
        """End every process."""
        for process in self.processes.values():
            process.end()

    def _hand_out_signing_keys(self) -> None:
        """Let the gateway alone sign, and the others know its key, as `make up` does."""
        key_commands.init(self.db["gateway"], "operator:test")
        said = schema_of(SigningKeysChangedV1).load(key_commands.export(self.db["gateway"]))
        for service in SERVICES:
            self.db[service].run(learn_signing_keys, said)

    def _database_url(self, service: str) -> str:
        return self.db[service].engine.url.render_as_string(hide_password=False)


@pytest.fixture
def system(
    nodes: PrivateNodes, database_of: Callable[[str], Transactions], tmp_path: Path
) -> Iterator[WholeSystem]:
    whole = WholeSystem(nodes, database_of, tmp_path)
    try:
        whole.wait_ready()
        yield whole
    finally:
        whole.end()
