"""What a hostile caller tries on every door, and what it gets."""

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from shared.database import Transactions
from shared.messaging.topology import SERVICES
from tests.conftest import http_of
from tests.processes import ROOT, Process
from tests.tokens import bearer, token

each_service = pytest.mark.parametrize("service", SERVICES)
ID = "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"
PLANTED = {"id": ID, "role": "administrator", "version": 99, "created_at": "2020-01-01T00:00:00Z"}


def bodies_of(service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (method, path, body) of every route that takes JSON, from its document's example."""
    document = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text("utf-8"))
    for path, operations in document["paths"].items():
        for method in ("post", "put", "patch"):
            content = operations.get(method, {}).get("requestBody", {}).get("content", {})
            example = content.get("application/json", {}).get("example")
            if example is not None:
                yield method.upper(), path, example


BODIES = [
    pytest.param(service, *one, id=f"{one[0]} {one[1]}")
    for service in SERVICES
    for one in bodies_of(service)
]


def filled(path: str) -> str:
    """Return a path with an id in each of its places."""
    parts = [ID if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


@pytest.fixture
def door(database_of: Callable[[str], Transactions]) -> Callable[[str], FlaskClient]:
    return lambda service: http_of(service, database_of(service))


def test_there_are_bodies_to_attack() -> None:
    assert len(BODIES) >= 15


@pytest.mark.parametrize(("service", "method", "path", "example"), BODIES)
def test_no_body_takes_a_field_that_is_not_the_callers_to_set(
    door: Callable[[str], FlaskClient], service: str, method: str, path: str, example: Any
) -> None:
    http = door(service)
    for name, value in PLANTED.items():
        if name in example:
            continue
        headers = {"If-Match": "*"}
        answer = http.open(
            filled(path), method=method, json=example | {name: value}, headers=headers
        )
        assert answer.status_code == 422, answer.json
        assert name in [fault["field"] for fault in answer.json["errors"]]


@pytest.mark.parametrize(("service", "method", "path", "example"), BODIES)
def test_no_text_of_a_body_brings_a_service_down(
    door: Callable[[str], FlaskClient], service: str, method: str, path: str, example: Any
) -> None:
    http = door(service)
    hostile = ["a\x00b", "\ud800", "x" * 100_000, "' OR 1=1 --", "%00", "${7*7}", "{{7*7}}"]
    for name, value in example.items():
        for text in hostile if isinstance(value, str) else (*hostile, 10**400, -1, [], {}, None):
            body = json.dumps(example | {name: text})
            answer = http.open(
                filled(path),
                method=method,
                data=body,
                content_type="application/json",
                headers={"If-Match": "*"},
            )
            assert answer.status_code < 500, (name, text, answer.text[:300])


@each_service
def test_a_page_of_another_origin_reads_nothing_and_frames_nothing(
    door: Callable[[str], FlaskClient], service: str
) -> None:
    http = door(service)
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    root = f"/api/v1/{service}"
    for path, method in (
        (f"{root}/openapi.json", "GET"),
        (f"{root}/parked", "GET"),
        (f"{root}/parked", "OPTIONS"),
        (f"{root}/nothing", "GET"),
        (f"{root}/docs/", "GET"),
    ):
        answer = http.open(path, method=method, headers=origin)
        names = {name.lower() for name, _ in answer.headers}
        assert not [name for name in names if name.startswith("access-control-")], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@each_service
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_header_does_not_change_the_method(
    door: Callable[[str], FlaskClient], service: str, header: str
) -> None:
    answer = door(service).get(f"/api/v1/{service}/parked/replay", headers={header: "POST"})
    assert answer.status_code in (404, 405)


@each_service
def test_the_callers_host_comes_back_in_no_answer(
    door: Callable[[str], FlaskClient], service: str
) -> None:
    http = door(service)
    for path in ("parked", "nothing", "openapi.json", "docs"):
        answer = http.get(f"/api/v1/{service}/{path}", headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)


@each_service
def test_an_answer_that_went_wrong_tells_nothing_of_the_inside(
    database_of: Callable[[str], Transactions], service: str
) -> None:
    db = database_of(service)
    http = http_of(service, db)
    http.application.config["PROPAGATE_EXCEPTIONS"] = False
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE failed_events CASCADE")
    answer = http.get(f"/api/v1/{service}/parked")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    for inside in ("failed_events", "SELECT", "psycopg", "Traceback", "shared"):
        assert inside not in answer.text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("[" * 100_000, 400),
        ('{"a":' * 60 + "1" + "}" * 60, 400),
        ('{"note":1' + "0" * 5000 + "}", 400),
        ('{"note":"x","note":"y"}', 422),
        ('{"note": NaN}', 422),
        ("{'note': 1}", 400),
    ],
    ids=["deep list", "deep object", "huge number", "twice", "nan", "no json"],
)
def test_json_that_is_meant_to_hurt_is_refused_before_it_does(
    door: Callable[[str], FlaskClient], text: str, status: int
) -> None:
    answer = door("grid").post(
        f"/api/v1/grid/cases/{ID}/resolve", data=text, content_type="application/json"
    )
    assert answer.status_code in (status, 422), answer.text[:200]
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("q", ["%", "_", "\\", "%%", "\\%", "社_"])
def test_the_wildcards_of_sql_are_letters_in_a_search(
    door: Callable[[str], FlaskClient], q: str
) -> None:
    http = door("grid")
    rows = "code,name,level,parent_code\n32,江苏省,province,\n3205,苏州市,city,32\n"
    http.post("/api/v1/grid/areas/imports", data=rows.encode(), content_type="text/csv")
    found = http.get("/api/v1/grid/areas", query_string={"parent": "32", "q": q})
    assert (found.status_code, found.json["items"]) == (200, [])


@each_service
def test_logs_hold_one_line_per_request_and_no_token(
    database_of: Callable[[str], Transactions], tmp_path: Path, service: str
) -> None:
    url = database_of(service).engine.url.render_as_string(hide_password=False)
    process = Process(("api", service), {"LINLI_DATABASE_URL": url}, tmp_path / "api.log")
    said = token()
    try:
        process.wait_ready()
        for path in ("/parked", "/parked?state=%0A%7B%22level%22%3A%22forged%22%7D", "/%0Aforged"):
            requests.get(
                f"{process.address}/api/v1/{service}{path}",
                headers=bearer(said) | {"User-Agent": "x", "X-Request-Id": "forged-line-1"},
                timeout=15,
            )
        requests.get(f"{process.address}/api/v1/{service}/parked?access_token={said}", timeout=15)
    finally:
        process.terminate()
    lines = process.log.read_text("utf-8").splitlines()
    requests_ = [line for line in lines if '"message": "request"' in line]
    assert len(requests_) == 4
    assert all(json.loads(line)["message"] == "request" for line in requests_)
    assert said not in "\n".join(lines) and said.split(".")[1] not in "\n".join(lines)


def test_every_service_is_attacked() -> None:
    for service in SERVICES:
        assert importlib.import_module(f"services.{service}.api").BLUEPRINTS
        assert any(param.values[0] == service for param in BODIES)
