"""Own what our containers are told: the words of the local system, with a container's places."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.applications import (
    BACKUP_DIR,
    MONITOR,
    NAMES,
    OIDC_SECRET,
    PROVISIONER,
    SERVICES,
    Applications,
    Servers,
    Watched,
)
from deploy.local.layout import Layout
from deploy.local.programs import STATE_VARIABLE
from deploy.local.secretfiles import SecretFiles
from deploy.local.settings import with_login
from deploy.steps import Files

ADMIN = "linli_admin"
PORT = 8000
SECRETS = "/run/secrets"
HANDED_OUT = "/var/lib/linli"
BACKUPS = "/var/backups/linli"
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
_MAIL = {
    "LINLI_SMTP_URL": "${LINLI_SMTP_URL:-}",
    "LINLI_SMTP_FROM": "${LINLI_SMTP_FROM:-}",
    "LINLI_SMTP_CA": "${LINLI_SMTP_CA:-}",
}
"""The same for e-mail; a URL that holds a password goes into the secret `smtp_url` instead."""
_WATCHED = Watched({"volumes": Path(HANDED_OUT), "backups": Path(BACKUPS)})
"""Volumes lie on one disk unless an operator moves one."""


@dataclass(frozen=True)
class Told:
    """What a container is told, and which secrets lie under /run/secrets in it."""

    environment: Mapping[str, str]
    secrets: tuple[str, ...]


def applications(folder: Path) -> Applications:
    """Return our processes as they find each other in containers; secrets are made in `folder`."""
    secrets = SecretFiles(folder)
    oidc, smtp = (secrets.keep(name, str) for name in ("oidc_client_secret", "smtp_url"))
    postgres, rabbitmq = secrets.get("postgres_admin"), secrets.get("rabbitmq_admin")
    management = with_login("http://rabbitmq:15672", ADMIN, rabbitmq, "").rstrip("/")
    servers = Servers(
        with_login("postgresql://postgres:5432", ADMIN, postgres, "postgres"),
        management,
        "amqp://rabbitmq:5672",
    )
    ports = dict.fromkeys(NAMES, PORT)
    chosen = {
        f"{OIDC_SECRET}_FILE": str(oidc),
        "LINLI_SMTP_URL_FILE": str(smtp),
        BACKUP_DIR: BACKUPS,
    }
    layout = Layout(Path(HANDED_OUT), folder)
    return Applications(
        layout, ports, servers, installation="production", watched=_WATCHED, environ=chosen
    )


def told_service(ours: Applications, service: str) -> Told:
    """Return what every container of a service is told."""
    return told(ours, service, ours.service_environment(service))


def told_provisioner(ours: Applications) -> Told:
    """Return what the provisioner is told."""
    return told(ours, PROVISIONER, ours.provision_environment())


def logins_of_broker() -> tuple[str, ...]:
    """Return the secrets with the passwords that the one-shot `provision` gives out."""
    return tuple(f"amqp_{login}" for login in (*SERVICES, MONITOR))


def secrets_of_backups() -> tuple[str, ...]:
    """Return the secrets with which all databases are read, and made anew in a restore."""
    of_each = ("url_db", "data_keys", "index_key")
    own = (f"{kind}_{service}" for service in SERVICES for kind in of_each)
    return ("url_postgres_admin", *own)


def told(ours: Applications, whose: str, environment: Mapping[str, str]) -> Told:
    """Return what a container of a service is told in place of a process of the local system.

    Where backups lie is the provisioner's business alone.
    """
    folder = str(ours.layout.secrets)
    unknown = _MARKS if whose == PROVISIONER else _MARKS | {BACKUP_DIR}
    own = {n: v for n, v in environment.items() if n.startswith(("LINLI_", "OTEL_"))}
    own = {name: value for name, value in own.items() if name not in unknown}
    files = sorted(Path(v).name for v in own.values() if Path(v).parent == Path(folder))
    within = {name: value.replace(folder, SECRETS) for name, value in own.items()}
    bind = {"LINLI_HTTP_BIND": f"0.0.0.0:{PORT}"}
    mail = _MAIL if whose == "notifications" else {}
    return Told(dict(sorted((within | _CHOSEN | mail | bind).items())), tuple(files))
