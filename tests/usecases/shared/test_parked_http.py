"""Owns the proof of the routes for parked events, on the doors of all services."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.config import BadConfiguration
from shared.database import Transactions
from shared.http.app import create_app
from shared.ids import new_id
from shared.messaging.topology import SERVICES
from tests.conftest import http_of
from tests.tokens import bearer, token
from tests.usecases.shared.parking import execute, fail, park, sealed

PARKED = "/api/v1/grid/parked"
WHO = new_id()
OLD = timedelta(days=100)
EN = {"Accept-Language": "en"}


def post(http: FlaskClient, path: str, **body: Any) -> TestResponse:
    return http.post(f"{PARKED}{path}", json=body, headers=bearer(token("operator", subject=WHO)))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_routes_and_describes_them(
    database_of: Callable[[str], Transactions], service: str
):
    http = http_of(service, database_of(service))
    paths = http.get(f"/api/v1/{service}/openapi.json").json["paths"]
    parked = f"/api/v1/{service}/parked"
    described = {
        (method, path.removeprefix(parked)): paths[path][method]["operationId"]
        for path in paths
        if path.startswith(parked)
        for method in ("get", "post")
        if method in paths[path]
    }
    assert described == {
        ("get", ""): "list_parked_events",
        ("get", "/{parked_id}"): "get_parked_event",
        ("post", "/replay"): "replay_parked_events",
        ("post", "/{parked_id}/replay"): "replay_parked_event",
        ("post", "/{parked_id}/discard"): "discard_parked_event",
    }
    assert http.get(parked).json == {"items": [], "next": None}


def test_a_list_has_pages_and_no_content_and_one_event_has_its_content(
    grid_http: FlaskClient, grid_db: Transactions
):
    first, second = (str(park(grid_db, note="张三")) for _ in range(2))
    page = grid_http.get(f"{PARKED}?limit=1&sort=created_at")
    assert [one["id"] for one in page.json["items"]] == [first]
    assert "张三" not in page.text
    rest = grid_http.get(f"{PARKED}?limit=1&sort=created_at&after={page.json['next']}").json
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([second], None)
    one = grid_http.get(f"{PARKED}/{first}")
    assert (one.json["body_format"], one.json["body"]["note"]) == ("json", "张三")
    assert one.json["headers"]["ce-type"] == "finding_raised.v1"
    assert one.headers["Cache-Control"] == "no-store"


def test_a_person_replays_one_and_discards_another(grid_http: FlaskClient, grid_db: Transactions):
    again, given_up = park(grid_db), park(grid_db)
    replayed = post(grid_http, f"/{again}/replay")
    discarded = post(grid_http, f"/{given_up}/discard", reason="重复上报")
    assert (replayed.status_code, replayed.json["state"]) == (200, "waiting")
    assert (discarded.status_code, discarded.json["state"]) == (200, "discarded")
    (step,) = discarded.json["steps"]
    assert (step["action"], step["person"], step["reason"]) == ("discarded", str(WHO), "重复上报")
    assert grid_http.get(PARKED).json["items"] == []


def test_a_reason_that_leads_to_somebody_discards_nothing(
    grid_http: FlaskClient, grid_db: Transactions
):
    given_up = park(grid_db)
    answer = post(grid_http, f"/{given_up}/discard", reason="问 zhang.san@example.cn")
    assert answer.status_code == 422
    assert answer.json["type"] == "urn:linli:problem:reason-names-somebody"
    assert grid_http.get(f"{PARKED}/{given_up}").json["state"] == "parked"


def test_a_replay_of_many_tells_what_it_refused_in_the_callers_language(
    grid_http: FlaskClient, grid_db: Transactions
):
    old = fail(grid_db, sealed(age=OLD))
    good = park(grid_db)
    path, body = f"{PARKED}/replay", {"event_type": "finding_raised.v1"}
    done = grid_http.post(path, json=body).json
    assert (done["replayed"], done["left"]) == ([str(good)], 1)
    (refused,) = done["refused"]
    assert (refused["id"], refused["type"]) == (str(old), "urn:linli:problem:event-too-old")
    assert "收件箱" in refused["detail"]
    (refused,) = grid_http.post(path, json=body, headers=EN).json["refused"]
    assert "the inbox" in refused["detail"]


def test_refusals_are_problems(grid_http: FlaskClient, grid_db: Transactions):
    parked_id, old = park(grid_db), fail(grid_db, sealed(age=OLD))
    post(grid_http, f"/{parked_id}/replay")
    for path, status, kind in (
        (f"/{parked_id}/replay", 409, "event-not-parked"),
        (f"/{old}/replay", 409, "event-too-old"),
        (f"/{new_id()}/replay", 404, "parked-event-unknown"),
    ):
        answer = post(grid_http, path)
        assert (answer.status_code, answer.json["type"]) == (status, f"urn:linli:problem:{kind}")
    assert "等待重试" in post(grid_http, f"/{parked_id}/discard", reason="x").json["detail"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/discard", {}, "reason"),
        ("/discard", {"reason": ""}, "reason"),
        ("/discard", {"reason": " \n\t"}, "reason"),
        ("/discard", {"reason": "x" * 501}, "reason"),
        ("/discard", {"reason": "x\x00"}, "reason"),
        ("/discard", {"reason": "x", "person_id": "me"}, "person_id"),
    ],
    ids=str,
)
def test_a_request_with_a_mistake_names_the_field(
    grid_http: FlaskClient, grid_db: Transactions, path: str, body: dict[str, Any], field: str
):
    answer = post(grid_http, f"/{park(grid_db)}{path}", **body)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} == {field}
    assert not answer.json["errors"][0]["detail"].isascii()


@pytest.mark.parametrize("reason", ["x", "字" * 500, "两行\n理由"])
def test_a_reason_is_any_text_up_to_500_characters(
    grid_http: FlaskClient, grid_db: Transactions, reason: str
):
    answer = post(grid_http, f"/{park(grid_db)}/discard", reason=reason)
    assert answer.json["steps"][0]["reason"] == reason


@pytest.mark.parametrize("limit", [0, 101])
def test_a_replay_of_many_has_a_limit(grid_http: FlaskClient, limit: int):
    answer = post(grid_http, "/replay", limit=limit)
    assert answer.json["errors"] == [
        {"in": "json", "field": "limit", "detail": "须在 1 到 100 之间"}
    ]


@pytest.mark.parametrize("query", ["state=open", "sort=best", "limit=201", "after=***", "q=x"])
def test_a_list_refuses_what_it_doesn_t_know(grid_http: FlaskClient, query: str):
    answer = grid_http.get(f"{PARKED}?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == query.partition("=")[0]


def test_one_replay_too_many_is_told_when_to_come_back(
    grid_http: FlaskClient, grid_db: Transactions
):
    parked_id = park(grid_db)
    execute(
        grid_db,
        "INSERT INTO failed_event_steps SELECT gen_random_uuid(), :id, 'replayed', 'x', '',"
        " now() FROM generate_series(1, 100)",
        id=parked_id,
    )
    for path in (f"/{parked_id}/replay", "/replay"):
        answer = post(grid_http, path)
        assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
        assert answer.json["type"] == "urn:linli:problem:too-many-replays"
        assert 1 <= int(answer.headers["Retry-After"]) <= 61
        assert answer.headers["Retry-After"] in answer.json["detail"]


def test_a_door_with_periods_that_make_no_sense_doesn_t_open(
    grid_db: Transactions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LINLI_INBOX_DAYS", "3")
    with pytest.raises(BadConfiguration, match="LINLI_INBOX_DAYS"):
        create_app("grid", [], grid_db, {})
