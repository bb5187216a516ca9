"""Own the list of Linli's own processes in the local system, and what each is told at start."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.layout import Layout
from deploy.local.mail import MAILCATCHER, Mail
from deploy.local.programs import Program, environment_of
from deploy.local.secretfiles import SecretFiles, first_data_key, random_key
from deploy.local.settings import (
    Installation,
    brokers_with_login,
    with_login,
    without_login,
)

GROUP = "apps"
VHOST = "linli"
SERVICES = ("gateway", "grid", "inspections", "notifications", "volunteers")
MONITOR = "monitor"
KINDS = ("api", "worker", "relay")
PROVISIONER = "provisioner"
EXTENSIONS = {"grid": ("postgis", "btree_gist")}
OIDC = ("LINLI_OIDC_ISSUER", "LINLI_OIDC_CLIENT_ID", "LINLI_OIDC_REDIRECT_URL")
BACKUP_DIR = "LINLI_BACKUP_DIR"
PERIODS = (
    "LINLI_BACKUP_DAYS",
    "LINLI_KEY_BACKUP_DAYS",
    "LINLI_OUTBOX_DAYS",
    "LINLI_INBOX_DAYS",
    "LINLI_FAILED_EVENT_DAYS",
)
"""How long things stay: whoever runs `make up` chooses, and gives them again at each command."""
OIDC_SECRET = "LINLI_OIDC_CLIENT_SECRET"  # nosec B105: the name of a variable

NAMES = (PROVISIONER, *(f"{service}-{kind}" for service in SERVICES for kind in KINDS))


@dataclass(frozen=True)
class Servers:
    """The servers' administrators' URLs, private or external."""

    postgres_admin_url: str
    rabbitmq_management_url: str
    rabbitmq_amqp_url: str


@dataclass(frozen=True)
class Watched:
    """What the provisioner measures: disks by folders, and where a certificate is shown."""

    folders: Mapping[str, Path] = field(default_factory=dict)
    tls_address: str = ""


@dataclass(frozen=True)
class Applications:
    """Linli's own processes. They get paths of secret files, never a secret itself."""

    layout: Layout
    ports: Mapping[str, int]
    servers: Servers
    log_level: str = "info"
    installation: Installation = "demo"
    watched: Watched = field(default_factory=Watched)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """What whoever starts the system chose for it."""

    def programs(self) -> Iterator[Program]:
        """Yield every process, in the order of NAMES."""
        yield self._program(PROVISIONER, ("provision", "--watch"), self.provision_environment())
        for service in SERVICES:
            for kind in KINDS:
                environment = self.service_environment(service)
                yield self._program(f"{service}-{kind}", (kind, service), environment)
        if self.mail.caught:
            yield self._running(MAILCATCHER, self.mail.command(), self._environment())

    @property
    def mail(self) -> Mail:
        """Where e-mail goes."""
        return Mail(self.layout, self.ports, self.installation, self.environ)

    def linli(self) -> str:
        """Return the path of the `linli` command."""
        return str(self.layout.checkout / ".venv" / "bin" / "linli")

    def service_environment(self, service: str) -> dict[str, str]:
        """Return what every process of a service is told."""
        secrets, login = self._secrets, f"linli_{service}"
        password = secrets.get(f"db_{service}")
        admin = self.servers.postgres_admin_url
        database = with_login(admin, login, password, login, "postgresql+psycopg")
        broker = brokers_with_login(
            self.servers.rabbitmq_amqp_url, service, secrets.get(f"amqp_{service}"), VHOST
        )
        monitor = self.monitor_url()
        return self._environment(
            LINLI_RABBITMQ_MONITOR_URL_FILE=secrets.put("url_monitor", monitor),
            LINLI_DATABASE_URL_FILE=secrets.put(f"url_db_{service}", database),
            LINLI_AMQP_URL_FILE=secrets.put(f"url_amqp_{service}", broker),
            LINLI_DATA_KEYS_FILE=self.data_keys(service),
            LINLI_INDEX_KEY_FILE=secrets.keep(f"index_key_{service}", random_key),
            **(self._outside_issuer() if service == "gateway" else {}),
            **(self.mail.environment(secrets) if service == "notifications" else {}),
        )

    def monitor_url(self) -> str:
        """Return the broker's management API with the login that only looks."""
        password = self._secrets.get(f"amqp_{MONITOR}")
        return brokers_with_login(self.servers.rabbitmq_management_url, MONITOR, password, "")

    def backups(self) -> Path:
        """Return the folder of backups: the operator's choice, or beside the secrets."""
        return Path(self.environ.get(BACKUP_DIR) or self.layout.backups).resolve()

    def data_keys(self, service: str) -> Path:
        """Return the file of the keys that seal what a service stores of persons, newest first."""
        return self._secrets.keep(f"data_keys_{service}", first_data_key)

    def provision_environment(self) -> dict[str, str]:
        """Return what the provisioner is told: the administrator's login and every service's."""
        for login in (*SERVICES, MONITOR):
            self._secrets.get(f"amqp_{login}")
        management = self.servers.rabbitmq_management_url
        return self._environment(
            LINLI_RABBITMQ_MANAGEMENT_URL_FILE=self._secrets.put("url_management", management),
            LINLI_RABBITMQ_AMQP_URL=without_login(self.servers.rabbitmq_amqp_url),
            LINLI_SECRETS_DIR=self._secrets.folder,
            LINLI_WATCHED_FOLDERS=_pairs(self.watched.folders),
            LINLI_WATCHED_TLS=self.watched.tls_address,
        )

    @property
    def _secrets(self) -> SecretFiles:
        return SecretFiles(self.layout.secrets)

    def _environment(self, **more: str | Path) -> dict[str, str]:
        if self.installation != "production":
            more["LINLI_CLOCK_FILE"] = self.layout.clock_file
        return environment_of(
            self.layout.state,
            self.layout.state,
            LINLI_ENV=self.installation,
            LINLI_LOG_LEVEL=self.log_level,
            LINLI_BACKUP_DIR=str(self.backups()),
            PYTHONUNBUFFERED="1",
            **{name: self.environ[name] for name in PERIODS if self.environ.get(name)},
            **{name: value for name, value in self.environ.items() if name.startswith("OTEL_")},
            **{name: str(value) for name, value in more.items()},
        )

    def _outside_issuer(self) -> dict[str, str | Path]:
        """Return what whoever ran `make up` chose for sign-in by an outside issuer."""
        told: dict[str, str | Path] = {
            name: self.environ[name] for name in OIDC if self.environ.get(name)
        }
        if secret := self.environ.get(OIDC_SECRET):
            told[f"{OIDC_SECRET}_FILE"] = self._secrets.put("oidc_client_secret", secret)
        elif file := self.environ.get(f"{OIDC_SECRET}_FILE"):
            told[f"{OIDC_SECRET}_FILE"] = file
        return told

    def _program(
        self, name: str, arguments: tuple[str, ...], environment: dict[str, str]
    ) -> Program:
        bind = {"LINLI_HTTP_BIND": f"127.0.0.1:{self.ports[name]}"}
        return self._running(name, (self.linli(), *arguments), environment | bind)

    def _running(self, name: str, command: tuple[str, ...], environment: dict[str, str]) -> Program:
        return Program(
            name=name,
            command=through_launcher(self.layout, *command),
            environment=environment | {"LINLI_PROGRAM": name},
            folder=self.layout.checkout,
            group=GROUP,
            autostart=False,
            stop_seconds=40,
            priority=600,
        )


def _pairs(named: Mapping[str, object]) -> str:
    return ",".join(f"{name}={value}" for name, value in named.items())


def through_launcher(layout: Layout, *command: str) -> tuple[str, ...]:
    """Return the command that first ends what a killed predecessor left, then becomes `command`."""
    python = str(layout.checkout / ".venv" / "bin" / "python")
    return (python, "-m", "deploy.local.launch", *command)
