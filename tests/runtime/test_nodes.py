"""Tests of deploy/local/nodes.py: private servers beside the machine's own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import astuple
from pathlib import Path

import psycopg
import pytest
import requests

from deploy.local.leftovers import processes_of
from deploy.local.nodes import PrivateNodes
from tests.runtime.systems import eventually

STANDARD_PORTS = (80, 4369, 5432, 5672, 8080, 15672, 15692, 25672)

RUN = """
import sys
from deploy.local.nodes import PrivateNodes
with PrivateNodes() as nodes:
    print(nodes.state, nodes.postgres_admin_url, nodes.rabbitmq_management_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def strangers() -> Iterator[None]:
    """Every standard port is taken, by us where nobody has it."""
    with ExitStack() as sockets:
        for port in STANDARD_PORTS:
            server = sockets.enter_context(socket.socket())
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                server.bind(("127.0.0.1", port))
            except OSError:
                continue
            server.listen()
        yield


@pytest.mark.usefixtures("strangers")
def test_nodes_start_beside_strangers_and_end_with_a_killed_run() -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with run:
        assert run.stdout is not None
        state, postgres, rabbitmq = run.stdout.readline().split()
        with psycopg.connect(postgres) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert requests.get(f"{rabbitmq}/api/overview", timeout=5).status_code == 200
        run.send_signal(signal.SIGKILL)
    eventually(lambda: not Path(state).exists())
    assert processes_of(Path(state)) == []


def _listening_addresses(port: int) -> set[str]:
    """Return the addresses, as the kernel writes them, on which a port is listened on."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in _lines(f"/proc/net/{name}")]
    listening = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, hexadecimal in listening if int(hexadecimal, 16) == port}


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()[1:]


def test_all_ports_are_on_loopback_only(nodes: PrivateNodes) -> None:
    loopback = {"0100007F", "00000000000000000000000001000000"}
    ports = [nodes.postgres_node.port, *astuple(nodes.rabbitmq_node.ports)]
    found = [_listening_addresses(port) for port in ports]
    assert all(found)
    assert set().union(*found) <= loopback


def test_there_is_no_guest(nodes: PrivateNodes) -> None:
    users = requests.get(f"{nodes.rabbitmq_management_url}/api/users", timeout=5).json()
    assert "guest" not in {user["name"] for user in users}


def test_a_wrong_password_is_refused(nodes: PrivateNodes) -> None:
    wrong = nodes.postgres_admin_url.replace(nodes.postgres_node.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give servers their own users")
def test_as_root_servers_run_as_their_own_users(nodes: PrivateNodes) -> None:
    owners = {Path(f"/proc/{n.pid}").owner() for n in (nodes.postgres, nodes.rabbitmq)}
    assert owners == {"postgres", "rabbitmq"}
