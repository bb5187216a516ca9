"""Tests of deploy/nginx/: how much the front door takes from one address."""

import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.runtime.doors import Door, asking, opened
from tests.runtime.systems import eventually

SIGN_INS_AT_ONCE = 21
REPORTS_AT_ONCE = 21
REQUESTS_AT_ONCE = 201
IN_WORK_AT_ONCE = 100


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """A door with nobody behind it: what it lets through is answered 503."""
    with opened(tmp_path) as door:
        yield door


def _many(path: str, count: int, method: str = "GET", body: str = "") -> list[str]:
    asked = [asking(path, method, body=body, last=False) for _ in range(count - 1)]
    return [*asked, asking(path, method, body=body)]


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("session", "POST"),
        ("session/refresh", "POST"),
        ("oauth/token", "POST"),
        ("password/activation", "POST"),
        ("me/password", "PUT"),
    ],
)
def test_passwords_and_secrets_are_tried_slowly(door: Door, path: str, method: str) -> None:
    answers = door.raw(*_many(f"/api/v1/gateway/{path}", 60, method, "{}"))
    statuses = [status for status, _ in answers]
    assert statuses[:SIGN_INS_AT_ONCE] == [503] * SIGN_INS_AT_ONCE
    assert statuses.count(429) >= 60 - SIGN_INS_AT_ONCE - 10
    elsewhere = door.raw(asking("/api/v1/grid/cases"))
    assert [status for status, _ in elsewhere] == [503], "other work goes on"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_what_needs_no_token_is_taken_slowly(door: Door, method: str) -> None:
    answers = door.raw(*_many("/api/v1/grid/reports", 60, method, "{}"))
    statuses = [status for status, _ in answers]
    assert statuses[:REPORTS_AT_ONCE] == [503] * REPORTS_AT_ONCE
    assert statuses.count(429) >= 60 - REPORTS_AT_ONCE - 10
    elsewhere = door.raw(asking("/api/v1/grid/cases"))
    assert [status for status, _ in elsewhere] == [503], "other work goes on"


def test_one_address_asks_for_no_more_than_its_share(door: Door) -> None:
    statuses = [status for status, _ in door.raw(*_many("/api/v1/grid/cases", 600))]
    assert statuses[:REQUESTS_AT_ONCE] == [503] * REQUESTS_AT_ONCE
    assert 429 in statuses
    eventually(lambda: door.get("/api/v1/grid/cases").status_code == 503)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("zh-CN", "请求过于频繁，请稍后再试"),
        ("en", "Too many requests; try again later"),
    ],
)
def test_what_was_too_much_is_a_problem_that_says_when_to_come_again(
    door: Door, language: str, title: str
) -> None:
    door.raw(*_many("/api/v1/gateway/session", 60, "POST", "{}"))
    refused = door.get("/api/v1/gateway/session", **{"Accept-Language": language})
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "2"
    assert refused.json()["type"] == "urn:linli:problem:too-many"
    assert refused.json()["title"] == title


def test_one_address_keeps_no_more_than_its_share_of_requests_in_work(door: Door) -> None:
    held: list[socket.socket] = []
    with ExitStack() as open_ones:
        silent = open_ones.enter_context(socket.socket())
        silent.bind(("127.0.0.1", door.system.ports["grid-api"]))
        silent.listen(2 * IN_WORK_AT_ONCE)
        # one too many: else the first look below, in work too, could keep out the last of them
        for _ in range(IN_WORK_AT_ONCE + 1):
            held.append(open_ones.enter_context(door.connect()))
            held[-1].sendall(asking("/api/v1/grid/cases").encode())
        eventually(lambda: _status(door) == 429)
        refused, _, _ = select.select(held, [], [], 0)
        assert len(refused) <= 2, "all others are in work"
    eventually(lambda: _status(door) == 503)


def _status(door: Door) -> int:
    ((status, _),) = door.raw(asking("/api/v1/inspections/findings"))
    return status


def test_a_body_that_trickles_in_holds_no_thread_of_a_service(door: Door) -> None:
    body = json.dumps({"code": "x" * 100})
    head = asking("/api/v1/grid/cases", "POST", body=body)[: -len(body)]
    with socket.socket() as service, door.connect() as slow:
        service.bind(("127.0.0.1", door.system.ports["grid-api"]))
        service.listen()
        slow.sendall((head + body[:50]).encode())
        assert door.get("/healthz").status_code == 200
        assert not select.select([service], [], [], 0.5)[0], "the service hears of it too early"
        slow.sendall(body[50:].encode())
        assert select.select([service], [], [], 10)[0]


def test_a_body_that_stops_coming_is_given_up(door: Door) -> None:
    head = asking("/api/v1/grid/cases", "POST", body="{}")[:-1]
    with door.connect() as slow:
        slow.sendall(head.encode())
        try:
            assert slow.recv(1) == b""  # after client_body_timeout; the socket waits for twice that
        except ConnectionResetError:
            return
