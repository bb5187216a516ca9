"""Own the local front door: nginx with a configuration and folders of its own."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.applications import SERVICES, through_launcher
from deploy.local.layout import Layout
from deploy.local.programs import Program, environment_of, find_binary, own_folder, write_for
from deploy.local.progress import Failure
from deploy.local.templates import render

IMPORTING = ("grid",)


@dataclass(frozen=True)
class FrontDoor:
    """One address for all services. As root its workers run as www-data."""

    layout: Layout
    ports: Mapping[str, int]
    host: str = "127.0.0.1"

    @property
    def folder(self) -> Path:
        return self.layout.state / "nginx"

    def configuration(self) -> str:
        """Return nginx.conf."""
        as_root = os.geteuid() == 0
        return render(
            "nginx/nginx.conf",
            user="user www-data;" if as_root else "",
            folder=self.folder,
            host=self.host,
            port=self.ports["http"],
            services="".join(self._routes(service) for service in SERVICES),
        )

    def prepare(self) -> None:
        """Write the configuration and have nginx check it.

        Raises: Failure with nginx's own words.
        """
        own_folder(self.folder, None, 0o755)
        write_for(self.folder / "nginx.conf", self.configuration(), None)
        checked = subprocess.run(
            [*self._command(), "-t", "-q"], capture_output=True, text=True, check=False
        )
        if checked.returncode != 0:
            raise Failure("nginx's configuration", checked.stderr.strip(), "see deploy/nginx/")

    def program(self) -> Program:
        """Return the server's process."""
        return Program(
            name="nginx",
            command=through_launcher(self.layout, *self._command()),
            environment=environment_of(self.layout.state, self.folder, LINLI_PROGRAM="nginx"),
            folder=self.folder,
            autostart=False,
            priority=700,
        )

    def _command(self) -> list[str]:
        conf = str(self.folder / "nginx.conf")
        return [find_binary("nginx"), "-e", "stderr", "-c", conf]

    def _routes(self, service: str) -> str:
        names = ["nginx/service.conf", *(["nginx/imports.conf"] if service in IMPORTING else [])]
        port = self.ports[f"{service}-api"]
        return "".join(render(name, service=service, port=port) for name in names)
