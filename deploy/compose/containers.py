"""Own what our containers are told: the words of the local system, with a container's places."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.applications import MONITOR, NAMES, OIDC_SECRET, SERVICES, Applications, Servers
from deploy.local.layout import Layout
from deploy.local.programs import STATE_VARIABLE
from deploy.local.secretfiles import SecretFiles
from deploy.local.settings import with_login
from deploy.steps import Files

ADMIN = "linli_admin"
PORT = 8000
SECRETS = "/run/secrets"
HANDED_OUT = "/var/lib/linli"
FILES = Files(
    signing_keys=f"{HANDED_OUT}/signing_keys.json",
    admin_password=f"{SECRETS}/admin_password",
    demo_password=f"{SECRETS}/demo_password",
)

_MARKS = {STATE_VARIABLE, "LINLI_PROGRAM"}
_CHOSEN = {
    "LINLI_ENV": "${LINLI_ENV:-production}",
    "LINLI_LOG_LEVEL": "${LINLI_LOG_LEVEL:-info}",
}
"""What whoever starts the containers may choose for all of them."""


@dataclass(frozen=True)
class Told:
    """What a container is told, and which secrets lie under /run/secrets in it."""

    environment: Mapping[str, str]
    secrets: tuple[str, ...]


def applications(folder: Path) -> Applications:
    """Return our processes as they find each other in containers; secrets are made in `folder`."""
    secrets = SecretFiles(folder)
    oidc = secrets.keep("oidc_client_secret", str)
    postgres, rabbitmq = secrets.get("postgres_admin"), secrets.get("rabbitmq_admin")
    management = with_login("http://rabbitmq:15672", ADMIN, rabbitmq, "").rstrip("/")
    servers = Servers(
        with_login("postgresql://postgres:5432", ADMIN, postgres, "postgres"),
        management,
        "amqp://rabbitmq:5672",
    )
    ports = dict.fromkeys(NAMES, PORT)
    chosen = {f"{OIDC_SECRET}_FILE": str(oidc)}
    layout = Layout(Path(HANDED_OUT), folder)
    return Applications(layout, ports, servers, installation="production", environ=chosen)


def told_service(ours: Applications, service: str) -> Told:
    """Return what every container of a service is told."""
    return told(ours, ours.service_environment(service))


def told_provisioner(ours: Applications) -> Told:
    """Return what the provisioner is told."""
    return told(ours, ours.provision_environment())


def logins_of_broker() -> tuple[str, ...]:
    """Return the secrets with the passwords that the one-shot `provision` gives out."""
    return tuple(f"amqp_{login}" for login in (*SERVICES, MONITOR))


def told(ours: Applications, environment: Mapping[str, str]) -> Told:
    """Return what a container is told in place of a process of the local system."""
    folder = str(ours.layout.secrets)
    own = {n: v for n, v in environment.items() if n.startswith(("LINLI_", "OTEL_"))}
    own = {name: value for name, value in own.items() if name not in _MARKS}
    files = sorted(Path(v).name for v in own.values() if Path(v).parent == Path(folder))
    within = {name: value.replace(folder, SECRETS) for name, value in own.items()}
    bind = {"LINLI_HTTP_BIND": f"0.0.0.0:{PORT}"}
    return Told(dict(sorted((within | _CHOSEN | bind).items())), tuple(files))
