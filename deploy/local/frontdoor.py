"""Own the local front door: nginx with a configuration and folders of its own."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.applications import SERVICES, through_launcher
from deploy.local.layout import Layout
from deploy.local.programs import Program, environment_of, find_binary, own_folder, write_for
from deploy.local.progress import Failure
from deploy.local.settings import Tls
from deploy.nginx.configuration import Place, configuration, tls_lines

_HTTP2_AS_A_LINE = (1, 25, 1)
"""From this version on it is a directive; before, a word of `listen`."""


@dataclass(frozen=True)
class FrontDoor:
    """One address for all services. As root its workers run as www-data.

    It also listens on a port of loopback, never with TLS: for health checks and `make demo`.
    """

    layout: Layout
    ports: Mapping[str, int]
    host: str = "127.0.0.1"
    tls: Tls | None = None

    @property
    def folder(self) -> Path:
        return self.layout.state / "nginx"

    @property
    def near(self) -> str:
        """The host under which this machine reaches it."""
        return "127.0.0.1" if self.host == "0.0.0.0" else self.host  # nosec B104: a question

    @property
    def tls_address(self) -> str:
        """Where it shows its certificate to this machine; empty without one."""
        return f"{self.near}:{self.ports['http']}" if self.tls else ""

    def configuration(self) -> str:
        """Return nginx.conf."""
        as_root = os.geteuid() == 0
        word, line = told_of_http2(_own_words()) if self.tls else ("", "")
        return configuration(
            Place(
                folder=str(self.folder),
                listen=f"{self.host}:{self.ports['http']}{' ssl' if self.tls else ''}{word}",
                own=f"127.0.0.1:{self.ports['http_own']}",
                upstreams={s: f"127.0.0.1:{self.ports[f'{s}-api']}" for s in SERVICES},
                user="user www-data;" if as_root else "",
                tls=self._tls_lines(line),
            )
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
        scheme = "https" if self.tls else "http"
        self.layout.address_file.write_text(f"{scheme}://{self.near}:{self.ports['http']}\n")

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

    def _tls_lines(self, http2: str) -> str:
        return tls_lines(str(self.tls.certificate), str(self.tls.key), http2) if self.tls else ""


def _own_words() -> str:
    """Return what nginx says of itself: its version, and what it was built with."""
    command = [find_binary("nginx"), "-V"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def told_of_http2(said: str) -> tuple[str, str]:
    """Return how an nginx is told to speak HTTP/2: a word for `listen`, a line; or neither."""
    if "http_v2_module" not in said:
        return "", ""
    version = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said)
    newer = version is not None and tuple(map(int, version.groups())) >= _HTTP2_AS_A_LINE
    return ("", "http2 on;") if newer else (" http2", "")
