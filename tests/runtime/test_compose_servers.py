"""The servers' configurations in containers: read by the servers, and those of the local system."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from deploy.compose.document import front_door
from deploy.local.applications import SERVICES
from deploy.local.frontdoor import told_of_http2
from deploy.local.layout import CHECKOUT
from deploy.local.ports import free_ports
from deploy.local.postgres_node import INSTALLED
from deploy.local.programs import find_binary
from deploy.local.templates import render
from tests.runtime.doors import echoing
from tests.runtime.systems import eventually, system_in
from tests.runtime.test_frontdoor_tls import self_signed

DEPLOY = CHECKOUT / "deploy"
OF_PLACE = {
    "data_directory",
    "hba_file",
    "listen_addresses",
    "port",
    "unix_socket_directories",
    "listeners.tcp.1",
    "load_definitions",
}


def settings_of(text: str) -> dict[str, str]:
    """Return name to value of a PostgreSQL's or RabbitMQ's configuration."""
    lines = (line for line in text.splitlines() if line and line[0] != "#")
    return {name.strip(): value.strip() for name, _, value in (x.partition("=") for x in lines)}


def checked_by_nginx(conf: Path) -> None:
    command = [find_binary("nginx"), "-t", "-q", "-e", "stderr", "-c", str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(front_door(folder=str(tmp_path)))
    checked_by_nginx(conf)


def test_nginx_takes_the_configuration_with_tls(tmp_path: Path) -> None:
    pair = self_signed(tmp_path)
    text = front_door(tls=True, folder=str(tmp_path))
    for name, file in (("tls_certificate", pair.certificate), ("tls_key", pair.key)):
        text = text.replace(f"/run/secrets/{name}", str(file))
    said = subprocess.run([find_binary("nginx"), "-V"], capture_output=True, text=True, check=True)
    if told_of_http2(said.stderr)[1] == "":  # the image's nginx has the line
        text = text.replace("http2 on;", "")
    conf = tmp_path / "nginx.conf"
    conf.write_text(text)
    checked_by_nginx(conf)


@dataclass(frozen=True)
class Door:
    """The front door of containers, its names replaced by ports of this machine."""

    address: str


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    system = system_in(folder / "services")
    public, own, operators = free_ports(3, avoid=[])
    text = front_door(folder=str(folder)).replace("listen 8080;", f"listen 127.0.0.1:{public};")
    text = text.replace("127.0.0.1:8081", f"127.0.0.1:{own}")
    text = text.replace("listen 8082;", f"listen 127.0.0.1:{operators};")
    for service in SERVICES:
        text = text.replace(f"{service}-api:8000", f"127.0.0.1:{system.ports[f'{service}-api']}")
    conf = folder / "nginx.conf"
    conf.write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
    nginx = subprocess.Popen([find_binary("nginx"), "-e", "stderr", "-c", str(conf)])
    try:
        with echoing(system, "grid", "gateway"):
            eventually(lambda: answers(f"http://127.0.0.1:{own}/healthz"))
            yield Door(f"http://127.0.0.1:{public}")
    finally:
        nginx.terminate()
        nginx.wait()


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def test_a_path_reaches_its_service_unchanged_when_the_service_is_found_by_name(door: Door) -> None:
    path = "/api/v1/grid/areas/%E4%B8%89%20?x=%20&y=a%2Fb//c"
    assert requests.get(door.address + path, timeout=10).json()["path"] == path


@pytest.mark.parametrize(
    "path", ["/api/v1/gateway/session", "/api/v1/gateway/me", "/api/v1/grid/areas/imports"]
)
def test_the_doors_with_rules_of_their_own_lead_there_as_well(door: Door, path: str) -> None:
    sent = requests.post(door.address + path, data=b"12345", timeout=10)
    assert (sent.json()["path"], sent.json()["length"]) == (path, 5)


def test_a_service_that_is_away_is_a_problem_to_try_again(door: Door) -> None:
    answer = requests.get(f"{door.address}/api/v1/inspections/findings", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_postgres_takes_the_configuration(tmp_path: Path) -> None:
    binary = max(INSTALLED.glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    conf = f"config_file={DEPLOY}/postgres/compose.conf"
    for name, value in (("password_encryption", "scram-sha-256"), ("fsync", "on")):
        command = [str(binary), "-C", name, "-D", str(tmp_path), "-c", conf]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (0, value), done.stderr


def test_postgres_is_set_as_the_local_one_is_but_for_its_place() -> None:
    local = settings_of(render("postgres/postgresql.conf", place="", durable="on"))
    there = settings_of((DEPLOY / "postgres" / "compose.conf").read_text("utf-8"))
    assert {n for n in local | there if local.get(n) != there.get(n)} <= OF_PLACE
    hosts = (DEPLOY / "postgres" / "compose-hba.conf").read_text("utf-8")
    ways = {line.split()[-1] for line in hosts.splitlines() if line[:1] != "#"}
    assert ways == {"scram-sha-256"}


def test_rabbitmq_is_set_as_the_local_one_is_but_for_its_place_and_memory(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    assert system.rabbitmq is not None
    system.rabbitmq.prepare()
    local = settings_of((system.rabbitmq.folder / "rabbitmq.conf").read_text())
    there = settings_of((DEPLOY / "rabbitmq" / "compose.conf").read_text("utf-8"))
    differ = {n for n in local | there if local.get(n) != there.get(n)} - OF_PLACE
    own = re.compile(r"(management|prometheus)\.tcp|vm_memory|default_queue_type")
    assert [name for name in differ if not own.match(name)] == []
    assert there["default_queue_type"] == "quorum"
    assert "rabbitmq_prometheus" in (DEPLOY / "rabbitmq" / "enabled_plugins").read_text()
