"""Own the folder of secrets of docker-compose.yml: made once, each file its reader's alone.

Compose mounts a file as it is. So it must belong to the user that a container runs as.
"""

import os
from pathlib import Path

from deploy.compose.containers import ADMIN, applications
from deploy.local.applications import SERVICES
from deploy.local.secretfiles import SecretFiles, strong_password
from deploy.rabbitmq.definitions import definitions

FOLDER = "./.run/compose-secrets"
BACKUPS = "${LINLI_BACKUP_DIR:-./.run/compose-backups}"
"""Where backups lie on the machine."""
OURS = 10001
"""The user of our image, as in deploy/Dockerfile."""
POSTGRES, RABBITMQ, NGINX, GRAFANA = 999, 999, 101, 472
"""The users of the images, as their makers chose them."""
DEFINITIONS = "rabbitmq_definitions.json"
READERS = {
    "postgres_admin": POSTGRES,
    DEFINITIONS: RABBITMQ,
    "grafana_admin": GRAFANA,
    "tls_certificate": NGINX,
    "tls_key": NGINX,
}
"""Who reads a secret that isn't ours."""


def make(folder: Path) -> list[str]:
    """Make what is missing, and return the names of all that containers read."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    secrets, ours = SecretFiles(folder), applications(folder)
    for service in SERVICES:
        secrets.get(f"db_{service}")
        ours.service_environment(service)
    ours.provision_environment()
    secrets.put("url_postgres_admin", ours.servers.postgres_admin_url)
    broker = definitions(ADMIN, secrets.get("rabbitmq_admin"), secrets.get("rabbitmq_salt"))
    secrets.put(DEFINITIONS, broker)
    for name in ("admin_password", "demo_password", "grafana_admin"):
        secrets.keep(name, strong_password)
    kept_back = {"rabbitmq_admin", "rabbitmq_salt"}
    return sorted({file.name for file in folder.iterdir()} - kept_back)


def hand_over(folder: Path) -> None:
    """Give each file to the user who reads it; needs root."""
    for file in folder.iterdir():
        reader = READERS.get(file.name, OURS)
        os.chown(file, reader, reader)
        file.chmod(0o400)


def hand_over_backups(folder: Path) -> None:
    """Give the folder of backups, with what it holds already, to our containers; needs root."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OURS, OURS)
