"""Own what one local system consists of: ports, nodes and programs, as one value."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.applications import NAMES, SERVICES, Applications, Servers, Watched
from deploy.local.frontdoor import FrontDoor
from deploy.local.layout import Layout
from deploy.local.mail import MAILCATCHER, SMTP
from deploy.local.ports import is_free, remember, settle
from deploy.local.postgres_node import PostgresNode
from deploy.local.programs import Program
from deploy.local.progress import Failure
from deploy.local.prometheus_node import PORT as MONITORING
from deploy.local.prometheus_node import PrometheusNode
from deploy.local.rabbitmq_node import RabbitmqNode, RabbitmqPorts
from deploy.local.secretfiles import SecretFiles
from deploy.local.settings import Settings
from deploy.local.supervision import configuration

RABBITMQ_PORTS = ("amqp", "management", "prometheus", "dist", "epmd")
PORT_NAMES = (
    *("http", "http_own", "postgres", MONITORING, MAILCATCHER, SMTP),
    *RABBITMQ_PORTS,
    *NAMES,
)
HTTP_PORT = 8080


@dataclass(frozen=True)
class System:
    """A local system as it should run. A node is None when an external server takes its place."""

    layout: Layout
    ports: Mapping[str, int]
    postgres: PostgresNode | None
    rabbitmq: RabbitmqNode | None
    applications: Applications
    front_door: FrontDoor
    prometheus: PrometheusNode

    def node_programs(self) -> list[Program]:
        """Return the servers of data, in the order in which they start."""
        found: list[Program] = []
        if self.rabbitmq is not None:
            found += [self.rabbitmq.epmd_program(), self.rabbitmq.program()]
        if self.postgres is not None:
            found.append(self.postgres.program())
        return found

    def own_programs(self) -> list[Program]:
        """Return Linli's own processes, what watches them, and the front door."""
        watching = [self.prometheus.program(), self.front_door.program()]
        return [*self.applications.programs(), *watching]

    def address_of(self, name: str) -> str:
        """Return where a program listens, for a person."""
        called = {"rabbitmq": "amqp", "nginx": "http", "prometheus": MONITORING}
        port = called.get(name, name)
        return f"127.0.0.1:{self.ports[port]}"

    def prepare(self) -> None:
        """Write every file that the programs need before their start."""
        if self.postgres is not None:
            self.postgres.prepare()
        if self.rabbitmq is not None:
            self.rabbitmq.prepare()
        self.front_door.prepare()
        self.prometheus.prepare()

    def supervisor_configuration(self) -> str:
        """Return supervisord.conf for all programs."""
        return configuration(self.layout, [*self.node_programs(), *self.own_programs()])

    def runtime_mark(self) -> str:
        """Return a mark that changes when the servers or the supervisor must start anew."""
        files = sources(self.layout.checkout / "deploy", but=("demo", "kubernetes"))
        made = self.supervisor_configuration() + self.front_door.configuration()
        return mark(files, made, self.prometheus.configuration())

    def code_mark(self) -> str:
        """Return a mark that changes when Linli's own processes must start anew."""
        checkout = self.layout.checkout
        files = [*sources(checkout / "shared"), *sources(checkout / "services")]
        files += [self.applications.data_keys(service) for service in SERVICES]
        return mark([*files, checkout / "uv.lock", *sources(checkout / "deploy" / "demo")])


def describe(layout: Layout, settings: Settings, *, running: bool) -> System:
    """Return the system with settled ports; `running` says that it holds its ports already."""
    ports = _ports(layout, settings, running)
    secrets = SecretFiles(layout.secrets)
    postgres = rabbitmq = None
    if settings.postgres_admin_url is None:
        password = secrets.get("postgres_admin")
        postgres = PostgresNode(layout.state, ports["postgres"], password)
    if settings.rabbitmq_amqp_url is None:
        numbers = RabbitmqPorts(*(ports[name] for name in RABBITMQ_PORTS))
        password, cookie = secrets.get("rabbitmq_admin"), secrets.get("erlang_cookie")
        rabbitmq = RabbitmqNode(layout.state, numbers, password, cookie)
    servers = _servers(settings, postgres, rabbitmq)
    door = FrontDoor(layout, ports, settings.http_host, settings.tls)
    nodes = [node.folder for node in (postgres, rabbitmq) if node is not None]
    folders = {"state": layout.state} | {folder.name: folder for folder in nodes}
    watched = Watched(folders, door.tls_address)
    return System(
        layout,
        ports,
        postgres,
        rabbitmq,
        Applications(layout, ports, servers, settings.log_level, settings.installation, watched),
        door,
        PrometheusNode(layout, ports, with_broker=rabbitmq is not None),
    )


def sources(folder: Path, but: tuple[str, ...] = ()) -> list[Path]:
    """Return the files under a folder that belong to the source, in a fixed order."""
    skipped = {"__pycache__", *but}
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and skipped.isdisjoint(file.relative_to(folder).parts)
    )


def mark(files: list[Path], *texts: str) -> str:
    """Return a hash of files' names and contents and of texts."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file}\0".encode() + file.read_bytes() + b"\0")
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _servers(
    settings: Settings, postgres: PostgresNode | None, rabbitmq: RabbitmqNode | None
) -> Servers:
    return Servers(
        postgres.admin_url if postgres else settings.postgres_admin_url or "",
        rabbitmq.management_url if rabbitmq else settings.rabbitmq_management_url or "",
        rabbitmq.amqp_url("", "", "") if rabbitmq else settings.rabbitmq_amqp_url or "",
    )


def _ports(layout: Layout, settings: Settings, running: bool) -> dict[str, int]:
    asked, file = settings.http_port, layout.ports_file
    if asked is not None:
        held = running and layout.ports().get("http") == asked
        if not held and not is_free(asked, settings.http_host):
            advice = "choose another LINLI_HTTP_PORT, or unset it and a free one is found"
            raise Failure("the front door", f"port {asked} is taken", advice)
        remember(file, "http", asked)
    return settle(file, PORT_NAMES, ours_run=running, wish={"http": HTTP_PORT})
