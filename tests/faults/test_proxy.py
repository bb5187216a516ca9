"""The ways misbehave as they say: tested with a server that answers each line."""

import re
import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from deploy.local.ports import accepts
from tests.faults.proxy import Mark, Trap, Way, Ways


class Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(b"said " + line)


@pytest.fixture
def way() -> Iterator[Way]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server, Ways() as ways:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ways.lead("127.0.0.1", server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture
def client(way: Way) -> Iterator[socket.socket]:
    with connected(way) as client:
        yield client


def connected(way: Way) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", way.port), timeout=10)
    assert asked(client, b"hello\n") == b"said hello\n"
    return client


def asked(client: socket.socket, line: bytes) -> bytes:
    client.sendall(line)
    return client.recv(1000)


def silent(client: socket.socket) -> bool:
    client.settimeout(0.3)
    try:
        client.recv(1000)
    except TimeoutError:
        return True
    return False


def test_a_stalled_way_delivers_later_what_it_held(way: Way, client: socket.socket) -> None:
    way.behave("stalled")
    client.sendall(b"wait\n")
    assert silent(client)
    way.behave("through")
    client.settimeout(10)
    assert client.recv(1000) == b"said wait\n"


def test_a_cut_way_resets_what_is_connected_and_lets_others_in(
    way: Way, client: socket.socket
) -> None:
    way.cut()
    with pytest.raises(ConnectionResetError):
        while True:
            asked(client, b"x\n")
    with connected(way):
        pass


def test_a_way_that_is_shut_resets_what_is_connected_and_refuses_others(
    way: Way, client: socket.socket
) -> None:
    way.shut()
    with pytest.raises(ConnectionResetError):
        while True:
            asked(client, b"x\n")
    assert not accepts(way.port)


def test_a_stranded_connection_is_open_and_deaf_and_new_ones_are_not(
    way: Way, client: socket.socket
) -> None:
    way.strand()
    client.sendall(b"x\n")
    assert silent(client)
    with connected(way):
        pass


@pytest.mark.parametrize(
    ("side", "answer"), [("client", b"said a\n"), ("server", b"said a\nsaid ")]
)
def test_a_trap_springs_at_the_byte_and_lets_nothing_after_it_through(
    way: Way, client: socket.socket, side: str, answer: bytes
) -> None:
    sprung = threading.Event()
    mark = Mark("client" if side == "client" else "server", re.compile(b"b\n"))
    way.trap = Trap((Mark("client", re.compile(b"a\n")), mark), sprung.set)
    client.sendall(b"a\n")
    heard = client.recv(1000)
    client.sendall(b"b\n")
    assert sprung.wait(10)
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        while piece := client.recv(1000):
            heard += piece
    assert heard == answer


def test_a_trap_wants_its_marks_in_order_and_on_one_connection(
    way: Way, client: socket.socket
) -> None:
    sprung = threading.Event()
    marks = (Mark("client", re.compile(b"a\n")), Mark("client", re.compile(b"b\n")))
    way.trap = Trap(marks, sprung.set)
    assert asked(client, b"b\n") == b"said b\n"
    assert asked(client, b"a\n") == b"said a\n"
    with connected(way) as other:
        assert asked(other, b"b\n") == b"said b\n"
    assert not sprung.is_set()
    client.sendall(b"b\n")
    assert sprung.wait(10)
