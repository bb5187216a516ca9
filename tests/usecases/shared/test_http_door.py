"""Owns the proof of what every HTTP door has, on the doors of all services."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.database import Transactions, build_engine
from shared.messaging.topology import SERVICES
from tests.conftest import http_of
from tests.databases import KEYRING

each_service = pytest.mark.parametrize("service", SERVICES)
POST = "/api/v1/inspections/checklists"
LIST = "/api/v1/inspections/findings"
MEGABYTES_10 = 10 * 1024 * 1024


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    methods = ("get", "post", "put", "patch", "delete")
    return [path[m] for path in document["paths"].values() for m in methods if m in path]


@each_service
def test_a_service_describes_itself_in_openapi_3_1(
    database_of: Callable[[str], Transactions], service: str
):
    http = http_of(service, database_of(service))
    document = http.get(f"/api/v1/{service}/openapi.json").json
    assert document["openapi"].startswith("3.1.")
    operations = operations_of(document)
    ids = [operation["operationId"] for operation in operations]
    assert ids and len(set(ids)) == len(ids)
    for operation in operations:
        assert operation["summary"]
        assert "default" in operation["responses"]
        if "requestBody" in operation and "application/json" in operation["requestBody"]["content"]:
            assert "422" in operation["responses"]
    assert all(path.startswith(f"/api/v1/{service}/") for path in document["paths"])


@each_service
def test_an_operation_is_called_as_the_function_that_answers(
    database_of: Callable[[str], Transactions], service: str
):
    http = http_of(service, database_of(service))
    document = http.get(f"/api/v1/{service}/openapi.json").json
    open_blueprints = ("api-docs", "docs-page", "health", f"{service}_health")
    functions = {
        rule.endpoint.split(".")[1]
        for rule in http.application.url_map.iter_rules()
        if rule.endpoint.split(".")[0] not in open_blueprints
    }
    assert {operation["operationId"] for operation in operations_of(document)} == functions


@each_service
def test_a_misspelt_query_parameter_is_refused_on_every_list(
    database_of: Callable[[str], Transactions], service: str
):
    http = http_of(service, database_of(service))
    document = http.get(f"/api/v1/{service}/openapi.json").json
    lists = [
        path
        for path, operations in document["paths"].items()
        if "{" not in path
        and any(one.get("in") == "query" for one in operations.get("get", {}).get("parameters", ()))
    ]
    assert lists
    for path in lists:
        answer = http.get(f"{path}?limt=3")
        assert answer.status_code == 422
        # beside what the query must have
        unknown = [one for one in answer.json["errors"] if one["detail"] != "必填项缺失"]
        assert unknown == [{"in": "query", "field": "limt", "detail": "未知字段"}]


@each_service
def test_a_query_parameter_that_comes_twice_is_refused_naming_it(
    database_of: Callable[[str], Transactions], service: str
):
    http = http_of(service, database_of(service))
    answer = http.get(f"/api/v1/{service}/parked?limit=1&queue=x&limit=2")
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"in": "query", "field": "limit", "detail": "重复出现，只能给出一次"}
    ]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"code": "a", "code": "b"}', ["code"]),
        (b'{"code": "a", "\\u0063ode": "a"}', ["code"]),
        (b'{"items": [{"title": "a", "title": "a"}]}', ["title"]),
    ],
)
def test_a_member_that_a_json_object_has_twice_is_refused_naming_it(
    inspections_http: FlaskClient, body: bytes, named: list[str]
):
    answer = inspections_http.post(POST, data=body, content_type="application/json")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == named
    assert answer.json["errors"][0]["detail"] == "重复出现，只能给出一次"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "detail"),
    [
        (b"[]", "application/json", 422, "类型不正确"),
        (b"null", "application/json", 422, "类型不正确"),
        (b'"text"', "application/json", 422, "类型不正确"),
        (b"7", "application/json", 422, "类型不正确"),
        (b"", "application/json", 422, "必填项缺失"),
        (b"", None, 422, "必填项缺失"),
        (b"{}", "application/vnd.api+json", 422, "必填项缺失"),
        (b'{"\\ud800": 1}', "application/json", 422, "必填项缺失"),
        (b"{", "application/json", 400, "不是有效的 JSON"),
        (b"\xff", "application/json", 400, "不是有效的 JSON"),
        (b"[" * 100_000, "application/json", 400, "嵌套超过 50 层"),
        (b'{"code": ' + b"9" * 5_000 + b"}", "application/json", 400, "不是有效的 JSON"),
        (b"{}", "text/plain", 415, None),
        (b"{}", None, 415, None),
        (b"code=x", "application/x-www-form-urlencoded", 415, None),
        (b" " * (MEGABYTES_10 + 1), "application/json", 413, None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_body_that_is_no_json_object_is_a_problem_in_the_callers_language(
    inspections_http: FlaskClient,
    body: bytes,
    content_type: str | None,
    status: int,
    detail: str | None,
):
    titles = set()
    for tongue, spoken in (("zh-CN,zh;q=0.9", "zh-CN"), ("en", "en")):
        headers = {"Accept-Language": tongue}
        answer = inspections_http.post(POST, data=body, content_type=content_type, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert answer.headers["Content-Language"] == spoken
        assert answer.json["status"] == status
        titles.add(answer.json["title"])
        details = [error["detail"] for error in answer.json.get("errors", [])]
        if spoken == "zh-CN":
            assert (details or [None])[0] == detail
        else:
            assert "".join(details).isascii()
    assert len(titles) == 2


def test_a_body_as_large_as_is_allowed_is_read(inspections_http: FlaskClient):
    body = b"[]".ljust(MEGABYTES_10)
    assert (
        inspections_http.post(POST, data=body, content_type="application/json").status_code == 422
    )


def test_an_answer_carries_the_callers_request_id_or_a_new_one(inspections_http: FlaskClient):
    kept = inspections_http.get(LIST, headers={"X-Request-Id": "trace-0001"})
    made = inspections_http.get(LIST, headers={"X-Request-Id": "<script>"})
    assert kept.headers["X-Request-Id"] == "trace-0001"
    assert len(made.headers["X-Request-Id"]) == 36


def test_while_the_database_is_away_the_door_says_so():
    away = Transactions(
        build_engine("postgresql+psycopg://a:hidden@127.0.0.1:1/x", 1), None, KEYRING
    )
    http = http_of("inspections", away)
    answer = http.get(LIST)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["type"] == "urn:linli:problem:unavailable"
    assert http.get("/readyz").status_code == 503
    assert http.get("/healthz").status_code == 200
