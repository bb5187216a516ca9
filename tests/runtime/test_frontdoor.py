"""Tests of deploy/local/frontdoor.py and deploy/nginx/: a real nginx before a small upstream."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.local.supervision import Supervisor, configuration
from deploy.local.system import System
from tests.runtime.systems import eventually, supervised, system_in


class Echo(BaseHTTPRequestHandler):
    """Answers with what arrived: path, request id, length of the body."""

    def do_GET(self) -> None:
        arrived = f"{self.path} {self.headers['X-Request-Id']}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(arrived.encode())

    def do_POST(self) -> None:
        length = len(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201)
        self.end_headers()
        self.wfile.write(str(length).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("door")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o711)  # nginx's workers run as another user and must get to its files
    described = system_in(folder)
    described.front_door.prepare()
    upstream = ThreadingHTTPServer(("127.0.0.1", described.ports["grid-api"]), Echo)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    program = described.front_door.program()
    with supervised(described, configuration(described.layout, [program])) as supervisor:
        supervisor.start_programs([program])
        eventually(lambda: _healthy(described))
        yield described
    upstream.shutdown()
    upstream.server_close()


def _healthy(system: System) -> bool:
    try:
        return requests.get(f"{system.layout.address()}/healthz", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def _get(system: System, path: str, **headers: str) -> requests.Response:
    return requests.get(system.layout.address() + path, headers=headers, timeout=10)


def test_a_path_reaches_its_service_unchanged(system: System) -> None:
    assert _get(system, "/api/v1/grid/areas/32%2F0?x=%20").text.startswith(
        "/api/v1/grid/areas/32%2F0?x=%20 "
    )


def test_a_callers_request_id_is_passed_on(system: System) -> None:
    given = _get(system, "/api/v1/grid/x", **{"X-Request-Id": "abc.DEF-123"})
    assert given.text.endswith(" abc.DEF-123")


def test_a_missing_or_hostile_request_id_is_replaced(system: System) -> None:
    assert len(_get(system, "/api/v1/grid/x").text.split()[1]) == 32
    hostile = _get(system, "/nowhere", **{"X-Request-Id": '","status":200,"x":"'})
    assert hostile.json()["status"] == 404


@pytest.mark.parametrize("path", ["/", "/api/v1/none/x", "/api/v1/grid/metrics"])
def test_what_is_not_exposed_is_a_problem(system: System, path: str) -> None:
    answer = _get(system, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "未找到"


@pytest.mark.parametrize(
    ("path", "headers", "method", "status"),
    [
        ("/api/v1/grid/areas?q=" + "x" * 9000, {}, "GET", 414),
        ("/api/v1/grid/areas", {"X-Long": "x" * 40_000}, "GET", 400),
        ("/api/v1/grid/areas/%00", {}, "GET", 400),
        ("/api/v1/grid/areas", {"Host": "a b"}, "GET", 400),
        ("/api/v1/grid/areas", {}, "TRACE", 405),
        ("/api/v1/grid", {}, "GET", 404),
    ],
)
def test_what_the_door_itself_refuses_is_a_problem(
    system: System, path: str, headers: dict[str, str], method: str, status: int
) -> None:
    url = system.layout.address() + path
    answer = requests.request(method, url, headers=headers, timeout=30, allow_redirects=False)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "application/problem+json",
    )
    assert answer.json()["status"] == status


def test_a_service_that_is_down_is_a_problem_to_try_again(system: System) -> None:
    answer = _get(system, "/api/v1/inspections/findings")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["type"] == "urn:linli:problem:unavailable"


def test_only_an_import_may_be_large(system: System) -> None:
    large = b"x" * (11 * 1024 * 1024)
    areas = f"{system.layout.address()}/api/v1/grid/areas"
    assert requests.post(f"{areas}/imports", large, timeout=30).text == str(len(large))
    refused = requests.post(areas, large, timeout=30)
    assert (refused.status_code, refused.json()["status"]) == (413, 413)


def test_the_server_does_not_say_its_version(system: System) -> None:
    assert _get(system, "/healthz").headers["Server"] == "nginx"


def test_a_killed_front_door_comes_back_on_its_port(system: System) -> None:
    supervisor = Supervisor(system.layout)
    eventually(lambda: supervisor.processes()["nginx"].state == "RUNNING")
    killed = supervisor.processes()["nginx"].pid
    os.kill(killed, 9)
    eventually(lambda: supervisor.processes()["nginx"].pid not in (0, killed))
    eventually(lambda: supervisor.processes()["nginx"].state == "RUNNING")
    assert _healthy(system)


def test_the_configuration_names_no_folder_of_the_machine(tmp_path: Path) -> None:
    described = system_in(tmp_path)
    text = described.front_door.configuration()
    assert "/var/log" not in text
    assert "/run/nginx" not in text
