"""Own the local Prometheus: its folder, configuration, rules and command."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from deploy.local.applications import NAMES
from deploy.local.layout import Layout
from deploy.local.programs import (
    Program,
    environment_of,
    find_binary,
    give,
    own_folder,
    own_user,
    write_for,
)
from deploy.local.progress import Failure
from deploy.local.templates import DEPLOY
from deploy.prometheus.scraping import BROKER, ITSELF, configuration

PORT = "monitoring"
"""Its own port; `prometheus` is where RabbitMQ answers it."""
KEPT = "7d"
RULES = DEPLOY / "prometheus" / "rules"


@dataclass(frozen=True)
class PrometheusNode:
    """A Prometheus of our own that scrapes the local system, on a port of loopback."""

    layout: Layout
    ports: Mapping[str, int]
    with_broker: bool
    """False when RabbitMQ is somebody else's: where its metrics are, only they know."""

    @property
    def folder(self) -> Path:
        return self.layout.state / ITSELF

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.ports[PORT]}"

    def configuration(self) -> str:
        """Return prometheus.yml."""
        ports = {name: self.ports[name] for name in NAMES} | {ITSELF: self.ports[PORT]}
        if self.with_broker:
            ports[BROKER] = self.ports["prometheus"]
        return configuration({name: f"127.0.0.1:{port}" for name, port in ports.items()})

    def prepare(self) -> None:
        """Write the configuration and rules and have promtool check them.

        Raises: Failure with promtool's own words.
        """
        user = own_user(ITSELF)
        for folder in (self.folder, self.folder / "data", self.folder / "alertmanagers"):
            own_folder(folder, user)
        self._copy_rules(user)
        conf = self.folder / "prometheus.yml"
        write_for(conf, self.configuration(), user)
        checked = subprocess.run(
            [find_binary("promtool"), "check", "config", str(conf)],
            capture_output=True,
            text=True,
            check=False,
        )
        if checked.returncode != 0:
            raise Failure(
                "Prometheus's configuration", checked.stderr.strip(), "see deploy/prometheus/"
            )

    def program(self) -> Program:
        """Return the server's process."""
        return Program(
            name=ITSELF,
            command=(
                find_binary("prometheus"),
                f"--config.file={self.folder}/prometheus.yml",
                f"--storage.tsdb.path={self.folder}/data",
                f"--storage.tsdb.retention.time={KEPT}",
                f"--web.listen-address=127.0.0.1:{self.ports[PORT]}",
                "--log.level=warn",
            ),
            environment=environment_of(self.layout.state, self.folder, LINLI_PROGRAM=ITSELF),
            user=own_user(ITSELF),
            folder=self.folder,
            autostart=False,
            priority=650,
        )

    def ready(self) -> bool:
        """Tell whether it answers queries."""
        try:
            return requests.get(f"{self.address}/-/ready", timeout=3).status_code == 200
        except requests.RequestException:
            return False

    def _copy_rules(self, user: str | None) -> None:
        """Copy them from the checkout, which its own user may not be able to read."""
        shutil.rmtree(self.folder / "rules", ignore_errors=True)
        copies = own_folder(self.folder / "rules", user)
        for file in sorted(RULES.glob("*.yml")):
            give(Path(shutil.copy(file, copies)), user, 0o640)
