"""Owns the proof of answers to bad requests: each message has its Chinese."""

import importlib
import inspect
import json
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import marshmallow
import pytest
from flask import Flask
from werkzeug.exceptions import UnprocessableEntity, default_exceptions

from deploy.nginx.doorwords import PROBLEMS
from shared.errors import Conflict, Rejected
from shared.http import problems
from shared.http.etags import Stale
from shared.http.schemas import accepts
from shared.http.server import unreadable
from shared.messaging.topology import SERVICES

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Thing:
    """A view with a version."""

    name: str
    version: int


# what callers send by mistake, of every kind that JSON and queries have
MISTAKES: list[Any] = [
    None, True, -1, 0, 1.5, 10**30, float("inf"), float("nan"), "", " ", "x", "\x00", "1e400",
    "x" * 5_000, "2026-11-23T04:00:00", "9999-12-31T23:59:59Z", [], [None], [{}], [1] * 1_000,
    {}, {"x": 1}, [{"x": 1}] * 300,
]  # fmt: skip


def requests_of(service: str) -> list[type]:
    """Return the dataclasses that a service's schemas.py defines; views do no harm here."""
    module = importlib.import_module(f"services.{service}.schemas")
    return [one for _, one in inspect.getmembers(module, inspect.isclass) if is_dataclass(one)]


REQUESTS = [one for service in SERVICES for one in requests_of(service)]


def said_in(tongue: str, messages: Any) -> dict[str, Any]:
    error = UnprocessableEntity()
    error.data = {"messages": {"json": messages}}  # type: ignore[attr-defined]
    with Flask("test").test_request_context(headers={"Accept-Language": tongue}):
        answer = problems.http_error(error).json
    assert answer is not None
    return answer


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("request_class", REQUESTS, ids=lambda r: f"{r.__module__}.{r.__name__}")
def test_every_mistake_in_a_request_is_told_in_chinese_and_in_english(request_class: type):
    schema = accepts(request_class)()
    bodies: list[Any] = [None, [], "x", {}, {"unheard-of": 1}]
    bodies += [{name: wrong} for name in schema.fields for wrong in MISTAKES]
    for body in bodies:
        try:
            schema.load(body)
        except marshmallow.ValidationError as error:
            chinese, english = said_in("zh-CN", error.messages), said_in("en", error.messages)
            assert [e["detail"] for e in chinese["errors"] if not is_chinese(e["detail"])] == []
            assert all(e["detail"].isascii() for e in english["errors"])
            fields = [[e["field"] for e in answer["errors"]] for answer in (chinese, english)]
            assert fields[0] == fields[1]


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("Length must be between 1 and 200.", "长度须在 1 到 200 之间"),
        ("Must be greater than or equal to 1 and less than or equal to 5.", "须在 1 到 5 之间"),
        ("Must lie in the years 1900 to 9998.", "须在公元 1900 年至 9998 年之间"),
        ("Given more than once.", "重复出现，只能给出一次"),
        ("Must be one of: open, covert, spot.", "只能是以下之一：open, covert, spot"),
        ("Missing data for required field.", "必填项缺失"),
    ],
)
def test_numbers_and_choices_are_kept_in_chinese(message: str, chinese: str):
    assert said_in("zh-CN", {"a": {0: {"b": [message]}}})["errors"] == [
        {"in": "json", "field": "a.0.b", "detail": chinese}
    ]


def test_a_message_that_nobody_translated_is_still_shown():
    assert said_in("zh-CN", {"a": ["New words."]})["errors"][0]["detail"] == "New words."


@pytest.mark.parametrize(
    ("preferred", "spoken"),
    [
        ("", "zh-CN"), ("zh-CN", "zh-CN"), ("zh-TW, zh", "zh-CN"), ("en", "en"),
        ("en-GB", "en"), ("fr", "zh-CN"), ("en;q=0.5, zh;q=0.9", "zh-CN"), ("zh;q=0.1, en", "en"),
        ("*", "zh-CN"), (";;q=x", "zh-CN"),
    ],
)  # fmt: skip
def test_an_answer_speaks_the_language_that_is_preferred(preferred: str, spoken: str):
    with Flask("test").test_request_context(headers={"Accept-Language": preferred}):
        assert problems.rejected(Rejected()).headers["Content-Language"] == spoken


def test_a_refusal_names_its_kind_its_field_and_its_reason():
    with Flask("test").test_request_context(headers={"Accept-Language": "en"}):
        answer = problems.rejected(Conflict("case.state"))
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.json == {
        "type": "urn:linli:problem:conflict",
        "title": "The current state does not allow this",
        "status": 409,
        "instance": "urn:linli:request:",
        "detail": "The current state does not allow this",
        "errors": [{"field": "case.state", "detail": "The current state does not allow this"}],
    }


@pytest.mark.parametrize("status", sorted(default_exceptions))
def test_every_http_error_is_a_problem_without_internals(status: int):
    with Flask("test").test_request_context():
        answer = problems.http_error(default_exceptions[status]())
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json is not None and answer.json["status"] == status
    assert is_chinese(answer.json["title"])


def test_a_field_name_that_utf8_cannot_hold_is_answered_all_the_same():
    (error,) = said_in("en", {"\ud800": ["Unknown field."]})["errors"]
    assert error == {"in": "json", "field": "?", "detail": "Unknown field."}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("IdempotencyKeyReused", "idempotency-key-reused"),
        ("Stale", "stale"),
        ("NotFound", "not-found"),
    ],
)
def test_the_type_of_a_refusal_is_the_name_of_its_class(name: str, kind: str):
    assert problems.kind_named(name) == kind


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (404, "NotFound", "not-found"),
        (413, "RequestEntityTooLarge", "request-entity-too-large"),
        (414, "RequestURITooLarge", "request-uri-too-long"),
        (422, "UnprocessableEntity", "invalid-request"),
    ],
)
def test_the_front_door_and_the_services_call_a_refusal_the_same(status: int, name: str, kind: str):
    assert problems.kind_of_http(status, name) == kind
    if status in (404, 413, 414):
        assert [one.kind for one in PROBLEMS if one.status == status] == [kind]


def test_a_stale_request_is_told_what_is_there_now():
    with Flask("test").test_request_context(headers={"Accept-Language": "en"}):
        answer = problems.rejected(Stale(Thing("三元", 4)))
    assert (answer.status_code, answer.headers["ETag"]) == (412, '"4"')
    assert answer.json is not None
    assert answer.json["current"] == {"name": "三元", "version": 4}


def test_what_the_server_cannot_read_is_answered_whole():
    head, _, body = unreadable(431, "RequestHeaderFieldsTooLarge").partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    assert lines[0] == "HTTP/1.1 431 Request Header Fields Too Large"
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["title"] == "请求头过长"
