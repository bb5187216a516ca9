"""Tests of deploy/local/frontdoor.py and deploy/nginx/: a real nginx before small services."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.local.supervision import Supervisor
from deploy.nginx.doorwords import PROBLEMS
from shared.http import problems
from tests.runtime.doors import LONG, Door, asking, echoing, healthy, opened
from tests.runtime.systems import eventually, system_in


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    with opened(folder) as door, echoing(door.system, "grid", "gateway"):
        yield door


def test_a_path_reaches_its_service_unchanged(door: Door) -> None:
    path = "/api/v1/grid/areas/%E4%B8%89%20?x=%20&y=a%2Fb//c"
    assert door.get(path).json()["path"] == path


def test_a_callers_request_id_is_passed_on(door: Door) -> None:
    given = door.get("/api/v1/grid/x", **{"X-Request-Id": "abc.DEF-123"})
    assert given.json()["headers"]["x-request-id"] == "abc.DEF-123"


def test_a_missing_or_hostile_request_id_is_replaced(door: Door) -> None:
    assert len(door.get("/api/v1/grid/x").json()["headers"]["x-request-id"]) == 32
    hostile = door.get("/nowhere", **{"X-Request-Id": '","status":200,"x":"'})
    assert hostile.json()["status"] == 404


def test_where_a_request_comes_from_is_said_by_the_door_alone(door: Door) -> None:
    lies = dict.fromkeys(("X-Real-IP", "X-Forwarded-For", "X_Real_IP", "X-Real_IP"), "6.6.6.6")
    lies |= {"Forwarded": "for=6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil"}
    arrived = door.get("/api/v1/gateway/x", **lies).json()["headers"]
    assert arrived["x-real-ip"] == arrived["x-forwarded-for"] == "127.0.0.1"
    assert arrived["x-forwarded-proto"] == "http"
    assert not [value for value in arrived.values() if "6.6.6.6" in value or "evil" in value]


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/readyz", "/api/v1/none/x", "/api/v1/grid/metrics", "/problem-400"]
)
def test_what_is_not_exposed_is_a_problem(door: Door, path: str) -> None:
    answer = door.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "未找到"


@pytest.mark.parametrize("end", ["metrics", "readyz"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/grid/../gateway/{}",
        "/api/v1/grid/../../../{}",
        "/api/v1/grid/%2e%2e/%2E%2E/%2e%2e/{}",
        "/api/v1/grid/%2e%2e/gateway/{}",
        "/api/v1/grid/..%2f..%2F..%2f{}",
        "/api/v1/grid/..;/..;/..;/{}",
        "/api/v1/grid/;/../../../../{}",
        "/api/v1/grid/..\\..\\..\\{}",
        "/api/v1/grid/%5c..%5c..%5C{}",
        "/api/v1/grid/./{}",
        "/api/v1/grid//{}",
        "/api/v1/grid/#/../../../../{}",
        "/api/v1/grid/../../../{}?/api/v1/grid/",
        "//{}",
        "///{}",
        "/./{}",
        "/%2f{}",
        "/{}/../api/v1/grid/areas",
        "/{}/%2e%2e/api/v1/grid/areas",
        "/{}#/../api/v1/grid/areas",
        "//{}/../api/v1/grid/areas",
        "http://localhost/{}",
        "http://localhost//{}",
        "http://localhost/{}/../api/v1/grid/areas",
    ],
)
def test_no_odd_path_leads_to_an_operators_address(door: Door, path: str, end: str) -> None:
    ((status, said),) = door.raw(asking(path.format(end)))
    assert status == 404, said
    assert '"type":"urn:linli:problem:not-found"' in said, "it never reached a service"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("Content-Length: 4", "Transfer-Encoding: chunked"), 400),
        (("Transfer-Encoding: chunked", "Content-Length: 4"), 400),
        (("Content-Length: 4", "Content-Length: 4"), 400),
        (("Content-Length: 4", "Content-Length: 40"), 400),
        (("Content-Length: 4, 40",), 400),
        (("Content-Length: +4",), 400),
        (("Transfer-Encoding: xchunked",), 501),
        (("Transfer-Encoding: chunked, identity",), 501),
        (("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400),
        (("Transfer-Encoding : chunked",), 400),
        (("Host: other",), 400),
    ],
    ids=str,
)
def test_a_request_that_two_programs_could_end_elsewhere_goes_no_further(
    door: Door, lines: tuple[str, ...], status: int
) -> None:
    hidden = "0\r\n\r\n" + asking("/api/v1/grid/hidden")
    asked = ["POST /api/v1/grid/seen HTTP/1.1", "Host: localhost", *lines, "", hidden]
    answers = door.raw("\r\n".join(asked))
    assert [code for code, _ in answers] == [status]
    assert "/api/v1/grid/" not in answers[0][1], "it never reached a service"


# nginx finds these before it has read which language is asked for
UNREADABLE = [
    ("/api/v1/grid/areas?q=" + "x" * 9000, {}, "GET", 414),
    ("/api/v1/grid/areas", {"X-Long": "x" * 40_000}, "GET", 400),
    ("/api/v1/grid/areas/%00", {}, "GET", 400),
    ("/api/v1/grid/areas", {"Host": "a b"}, "GET", 400),
    ("/api/v1/grid//areas", {"Host": "a b"}, "GET", 400),
]
READABLE = [
    ("/api/v1/grid/areas", {}, "TRACE", 405),
    ("/api/v1/grid/areas", {"Transfer-Encoding": "gzip"}, "POST", 501),
    ("/api/v1/grid//areas", {"Transfer-Encoding": "gzip"}, "POST", 501),
    ("/api/v1/grid/areas", {"Content-Length": "20000000"}, "POST", 413),
    ("/api/v1/grid", {}, "GET", 404),
    ("/api/v1/inspections/x", {}, "GET", 503),
]


@pytest.mark.parametrize(
    ("path", "headers", "method", "status", "language"),
    [
        *((*one, "zh-CN") for one in UNREADABLE),
        *((*one, spoken) for one in READABLE for spoken in ("zh-CN", "en")),
    ],
)
def test_what_the_door_itself_refuses_is_a_problem_in_the_callers_language(
    door: Door, path: str, headers: dict[str, str], method: str, status: int, language: str
) -> None:
    url, headers = door.address + path, {**headers, "Accept-Language": language}
    answer = requests.request(method, url, headers=headers, timeout=30, allow_redirects=False)
    assert answer.status_code == answer.json()["status"] == status
    (told,) = (one for one in PROBLEMS if one.status == status)
    assert answer.json()["type"] == f"urn:linli:problem:{told.kind}"
    assert answer.json()["title"] == (told.en if language == "en" else told.zh)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Language"] == language
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("fr", "zh-CN"),
        ("*", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("fr, zh;q=0.5, en;q=0.4", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.5", "en"),
        ("fr, en;q=0.8", "en"),
        ("english", "zh-CN"),
    ],
)
def test_chinese_is_spoken_unless_english_is_preferred(
    door: Door, asked: str | None, spoken: str
) -> None:
    answer = door.get("/nowhere", **({} if asked is None else {"Accept-Language": asked}))
    assert answer.headers["Content-Language"] == spoken


def test_the_door_words_its_problems_as_the_services_do() -> None:
    # 414 stands for headers that are too long too, which nginx doesn't tell apart
    own = {one.status: (one.zh, one.en) for one in PROBLEMS if one.status != 414}
    assert own == {status: problems.title_of(status) for status in own}


def test_a_service_that_is_down_is_a_problem_to_try_again(door: Door) -> None:
    answer = door.get("/api/v1/inspections/findings")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["type"] == "urn:linli:problem:unavailable"


def test_only_an_import_may_be_large(door: Door) -> None:
    large = b"x" * (11 * 1024 * 1024)
    areas = f"{door.address}/api/v1/grid/areas"
    taken = requests.post(f"{areas}/imports", large, timeout=30)
    assert taken.json()["length"] == len(large)
    refused = requests.post(areas, large, timeout=30)
    assert (refused.status_code, refused.json()["status"]) == (413, 413)


@pytest.mark.parametrize(
    "path", ["session", "session/refresh", "oauth/token", "clients", "accounts/imports"]
)
def test_an_answer_that_may_hold_a_secret_is_not_compressed(door: Door, path: str) -> None:
    of_gateway = door.get(f"/api/v1/gateway/{path}?{LONG}", **{"Accept-Encoding": "gzip"})
    assert "more" in of_gateway.json()
    assert "Content-Encoding" not in of_gateway.headers


@pytest.mark.parametrize("service", ["grid", "gateway"])
def test_other_long_answers_are_compressed(door: Door, service: str) -> None:
    answer = door.get(f"/api/v1/{service}/openapi.json?{LONG}", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_the_server_does_not_say_its_version(door: Door) -> None:
    assert door.get("/healthz").headers["Server"] == "nginx"


def test_the_log_names_neither_who_asked_nor_what_for(door: Door) -> None:
    assert door.get("/api/v1/inspections/findings?code=geheim").status_code == 503
    log = door.system.layout.log_of("nginx").read_text()
    assert "geheim" not in log
    assert "client:" not in log


def test_without_tls_no_browser_is_told_to_insist_on_it(door: Door) -> None:
    for path in ("/healthz", "/nowhere", "/api/v1/grid/x"):
        assert "Strict-Transport-Security" not in door.get(path).headers


def test_a_killed_front_door_comes_back_on_its_port(door: Door) -> None:
    supervisor = Supervisor(door.system.layout)
    eventually(lambda: supervisor.processes()["nginx"].state == "RUNNING")
    killed = supervisor.processes()["nginx"].pid
    os.kill(killed, 9)
    eventually(lambda: supervisor.processes()["nginx"].pid not in (0, killed))
    eventually(lambda: supervisor.processes()["nginx"].state == "RUNNING")
    assert healthy(door.system)


def test_the_configuration_names_no_folder_of_the_machine(tmp_path: Path) -> None:
    described = system_in(tmp_path)
    text = described.front_door.configuration()
    assert "/var/log" not in text
    assert "/run/nginx" not in text
