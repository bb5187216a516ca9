"""Tests of deploy/local/ports.py."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_ports, is_free, remember, settle


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_ports(1)[0]))
        server.listen()
        yield server


def test_a_port_is_handed_out_once_even_while_nobody_listens_on_it_yet() -> None:
    found = [port for _ in range(300) for port in free_ports(2)]
    assert len(set(found)) == len(found)


def test_ports_are_remembered(tmp_path: Path) -> None:
    first = settle(tmp_path / "ports.json", ["http", "amqp"])
    assert settle(tmp_path / "ports.json", ["http", "amqp"]) == first


def test_each_name_has_its_own_port(tmp_path: Path) -> None:
    ports = settle(tmp_path / "ports.json", [f"p{i}" for i in range(40)])
    assert len(set(ports.values())) == 40


def test_a_port_that_a_stranger_took_is_replaced_and_the_others_stay(
    tmp_path: Path, stranger: socket.socket
) -> None:
    file = tmp_path / "ports.json"
    before = settle(file, ["http", "amqp"])
    taken = stranger.getsockname()[1]
    remember(file, "http", taken)
    after = settle(file, ["http", "amqp"])
    assert after["http"] != taken
    assert is_free(after["http"])
    assert after["amqp"] == before["amqp"]


def test_a_port_that_our_own_program_holds_stays(tmp_path: Path, stranger: socket.socket) -> None:
    taken = stranger.getsockname()[1]
    remember(tmp_path / "ports.json", "http", taken)
    assert settle(tmp_path / "ports.json", ["http"], ours_run=True) == {"http": taken}


def test_a_wish_is_granted_only_when_free(tmp_path: Path, stranger: socket.socket) -> None:
    free, taken = free_ports(1)[0], stranger.getsockname()[1]
    ports = settle(tmp_path / "ports.json", ["a", "b"], wish={"a": free, "b": taken})
    assert ports["a"] == free
    assert ports["b"] != taken


def test_a_listener_on_all_addresses_takes_the_port() -> None:
    with socket.socket() as server:
        port = free_ports(1)[0]
        server.bind(("0.0.0.0", port))
        server.listen()
        assert not is_free(port)
