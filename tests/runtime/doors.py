"""Owns what tests of the front door share: a real nginx, and services that tell what arrived."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from deploy.local.settings import Settings
from deploy.local.supervision import configuration
from deploy.local.system import System
from tests.runtime.systems import eventually, supervised, system_in

LONG = "/long"
"""A path that ends so is answered at length."""


class Echo(BaseHTTPRequestHandler):
    """Answers with what arrived: path, headers, length of the body."""

    def do_GET(self) -> None:
        self._answer(200, 0)

    def do_POST(self) -> None:
        self._answer(201, len(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, status: int, length: int) -> None:
        arrived: dict[str, Any] = {"path": self.path, "length": length}
        arrived["headers"] = {name.lower(): value for name, value in self.headers.items()}
        if self.path.endswith(LONG):
            arrived["more"] = "一" * 2000
        content = json.dumps(arrived).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


@dataclass(frozen=True)
class Door:
    """A running front door."""

    system: System

    @property
    def address(self) -> str:
        return self.system.layout.address()

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask for a path, as libraries write it."""
        return requests.get(self.address + path, headers=headers, timeout=10)

    def connect(self) -> socket.socket:
        """Return a connection to it."""
        return socket.create_connection(("127.0.0.1", self.system.ports["http"]), timeout=20)

    def raw(self, *asked: str) -> list[tuple[int, str]]:
        """Send requests as they are, all at once; return status and the whole of each answer."""
        with self.connect() as connection:
            connection.sendall("".join(asked).encode("latin-1"))
            with connection.makefile("rb") as answers:
                said = answers.read().decode()
        each = re.split(r"(?=HTTP/1\.1 \d{3} )", said)[1:]
        return [(int(one[9:12]), one) for one in each]


def asking(path: str, method: str = "GET", *, body: str = "", last: bool = True) -> str:
    """Return a request as it goes over the line; on the last the server hangs up."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += ["Connection: close"] if last else []
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", body])


def reachable(folder: Path) -> None:
    """Let nginx's workers, another user, get to what lies in a folder."""
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o711)


@contextmanager
def opened(folder: Path, settings: Settings | None = None) -> Iterator[Door]:
    """Run a front door, with nobody behind it."""
    reachable(folder)
    system = system_in(folder, settings)
    system.front_door.prepare()
    program = system.front_door.program()
    with supervised(system, configuration(system.layout, [program])) as supervisor:
        supervisor.start_programs([program])
        eventually(lambda: healthy(system))
        yield Door(system)


@contextmanager
def echoing(system: System, *services: str) -> Iterator[None]:
    """Let services answer what arrived."""
    servers = [
        ThreadingHTTPServer(("127.0.0.1", system.ports[f"{service}-api"]), Echo)
        for service in services
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def healthy(system: System) -> bool:
    """Tell whether the door answers this machine."""
    try:
        own = system.layout.own_address()
        return requests.get(f"{own}/healthz", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False
