"""Owns the proof of the HTTP door: what callers send, get, and are told is wrong."""

import json
from copy import deepcopy
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from services.inspections.usecases import (
    areas,
    checklists,
    findings,
    inspections,
    reinspection_reading,
    reinspections,
)
from shared.database import Transactions
from shared.ids import new_id
from shared.register.learning import learn_areas
from tests.factories import COMMUNITY, case_closed
from tests.tokens import bearer, token
from tests.usecases.inspections.stories import area, heard, imported, rows

ROOT = "/api/v1/inspections"
CHECKLIST = {
    "code": "compound-order",
    "title": "小区环境秩序检查表",
    "items": [
        {
            "code": "no-piling",
            "title": "无乱堆乱放现象",
            "severity": 3,
            "points": 15,
            "rectify_within_days": 5,
        },
        {
            "code": "manholes",
            "title": "窨井设施完好",
            "severity": 5,
            "points": 25,
            "rectify_within_days": 1,
        },
    ],
}
INSPECTION = {
    "area_code": COMMUNITY,
    "checklist_code": "compound-order",
    "mode": "covert",
    "inspected_at": "2026-11-23T09:20:00+08:00",
    "results": [
        {"item_code": "no-piling", "passed": False, "note": "3 单元二楼楼道堆放纸箱"},
        {"item_code": "manholes", "passed": True},
    ],
}


@pytest.fixture
def http(inspections_db: Transactions, inspections_http: FlaskClient) -> FlaskClient:
    inspections_db.run(learn_areas, [imported(area())])
    inspections_http.post(f"{ROOT}/checklists", json=CHECKLIST)
    return inspections_http


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the body with the value at a dotted path replaced, or removed where it is `...`."""
    copy = deepcopy(body)
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    place: Any = copy
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


def test_recording_answers_201_with_the_address_of_what_it_shows(http: FlaskClient):
    answer = http.post(f"{ROOT}/inspections", json=INSPECTION)
    assert answer.status_code == 201
    assert answer.location == f"{ROOT}/inspections/{answer.json['id']}"
    shown = answer.json
    assert http.get(answer.location).json == shown
    assert (shown["points"], shown["points_possible"], shown["failed_items"]) == (25, 40, 1)
    (raised,) = shown["findings"]
    assert raised["deadline"] == "2026-11-28T16:00:00+00:00"
    assert http.get(f"{ROOT}/findings/{raised['id']}").json == raised | {
        "steps": [
            {
                "finding_version": 1,
                "state": "raised",
                "case_version": None,
                "reinspection_id": None,
                "taken_at": raised["raised_at"],
            }
        ]
    }


def test_a_reinspection_is_decided_on_the_version_that_was_seen(
    http: FlaskClient, inspections_db: Transactions
):
    raised = http.post(f"{ROOT}/inspections", json=INSPECTION).json["findings"][0]
    close = case_closed(finding_id=UUID(raised["id"]))
    inspections_db.once(heard(close), reinspections.open_reinspection)
    (opened,) = http.get(f"{ROOT}/reinspections?area={COMMUNITY}&state=open").json["items"]
    one = f"{ROOT}/reinspections/{opened['id']}"
    read = http.get(one)
    assert (read.json, read.headers["ETag"]) == (opened, '"1"')
    another = bearer(token("inspector"))
    seen = another | {"If-Match": read.headers["ETag"]}
    blank = http.post(f"{one}/fail", json={"reason": " "}, headers=seen)
    assert [error["field"] for error in blank.json["errors"]] == ["reason"]
    failed = http.post(f"{one}/fail", json={"reason": "旧家具仍在"}, headers=seen)
    assert (failed.status_code, failed.json["state"], failed.headers["ETag"]) == (
        200,
        "failed",
        '"2"',
    )
    stale = http.post(f"{one}/pass", json={"note": "已清理"}, headers=seen)
    assert (stale.status_code, stale.json["current"]["state"]) == (412, "failed")
    again = http.post(f"{one}/pass", json={"note": "已清理"}, headers=another)
    assert (again.status_code, again.json["type"]) == (
        409,
        "urn:linli:problem:reinspection-decided",
    )


def test_the_first_inspector_is_told_in_their_language_why_another_must_reinspect(
    http: FlaskClient, inspections_db: Transactions
):
    first = bearer(token("inspector"))
    answer = http.post(f"{ROOT}/inspections", json=INSPECTION, headers=first)
    close = case_closed(finding_id=UUID(answer.json["findings"][0]["id"]))
    inspections_db.once(heard(close), reinspections.open_reinspection)
    (opened,) = http.get(f"{ROOT}/reinspections").json["items"]
    path, body = f"{ROOT}/reinspections/{opened['id']}/pass", {"note": "已清理"}
    for language, words in (("zh-CN", "首次检查人"), ("en", "You found this problem")):
        refused = http.post(path, json=body, headers=first | {"Accept-Language": language})
        assert refused.status_code == 422
        assert words in refused.json["detail"]


def test_publishing_answers_201_once_and_200_for_the_same_content(http: FlaskClient):
    again = http.post(f"{ROOT}/checklists", json=CHECKLIST)
    other = http.post(f"{ROOT}/checklists", json=CHECKLIST | {"title": "小区秩序检查表"})
    assert (again.status_code, again.json["version"]) == (200, 1)
    assert (other.status_code, other.json["version"]) == (201, 2)
    one = f"{ROOT}/checklists/compound-order"
    assert http.get(one).json == other.json
    assert http.get(f"{one}?version=1").json == again.json
    assert http.get(f"{ROOT}/checklists").json == {"items": [other.json], "next": None}


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("code", "Compound Order", "code"),
        ("code", "a" * 65, "code"),
        ("title", "", "title"),
        ("title", "　", "title"),
        ("title", "长" * 201, "title"),
        ("title", "a\x00", "title"),
        ("title", "a\ud800", "title"),
        ("items", [], "items"),
        ("items", ..., "items"),
        ("items.1.code", "no-piling", "items.1.code"),
        ("items.1.title", "无乱堆乱放现象", "items.1.title"),
        ("items.1.severity", 0, "items.1.severity"),
        ("items.1.severity", 6, "items.1.severity"),
        ("items.1.severity", "5", "items.1.severity"),
        ("items.1.severity", True, "items.1.severity"),
        ("items.0.points", 0, "items.0.points"),
        ("items.0.points", 101, "items.0.points"),
        ("items.0.points", 1.5, "items.0.points"),
        ("items.0.rectify_within_days", 0, "items.0.rectify_within_days"),
        ("items.0.rectify_within_days", 366, "items.0.rectify_within_days"),
        ("items.0.weight", 1, "items.0.weight"),
    ],
)
def test_a_bad_checklist_is_refused_naming_the_field_and_changes_nothing(
    http: FlaskClient, inspections_db: Transactions, path: str, value: Any, field: str
):
    before = rows(inspections_db)
    # escaped, as a lone surrogate can only come
    body = json.dumps(changed(CHECKLIST, path, value))
    answer = http.post(f"{ROOT}/checklists", data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert rows(inspections_db) == before


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("area_code", "320508019", "area_code"),
        ("area_code", "320508019099", "area_code"),
        ("area_code", "３２０５０８０１９０２０", "area_code"),
        ("checklist_code", "unheard-of", "checklist_code"),
        ("inspector_id", "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001", "inspector_id"),
        ("mode", "secret", "mode"),
        ("inspected_at", "2026-11-23T09:20:00", "inspected_at"),
        ("inspected_at", "2999-01-01T00:00:00Z", "inspected_at"),
        ("inspected_at", "0001-01-01T00:00:00+08:00", "inspected_at"),
        ("inspected_at", "2020-01-01T00:00:00Z", "inspected_at"),
        ("results", [], "results"),
        ("results.1", ..., "results"),
        ("results.1.item_code", "no-piling", "results.1.item_code"),
        ("results.1.item_code", "unheard-of", "results.1.item_code"),
        ("results.0.note", "", "results.0.note"),
        ("results.0.note", ..., "results.0.note"),
        ("results.0.note", "字" * 2001, "results.0.note"),
        ("results.0.passed", "no", "results.0.passed"),
        ("points", 40, "points"),
    ],
)
def test_a_bad_inspection_is_refused_naming_the_field_and_changes_nothing(
    http: FlaskClient, inspections_db: Transactions, path: str, value: Any, field: str
):
    before = rows(inspections_db)
    answer = http.post(f"{ROOT}/inspections", json=changed(INSPECTION, path, value))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert rows(inspections_db) == before


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "area=32x", "area=" + "1" * 13, "after=!"]
)
@pytest.mark.parametrize("list_", ["inspections", "findings", "reinspections"])
def test_a_bad_page_request_is_refused_naming_the_parameter(
    http: FlaskClient, list_: str, query: str
):
    answer = http.get(f"{ROOT}/{list_}?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [query.split("=")[0]]


def test_pages_of_findings_end_without_a_mark(http: FlaskClient):
    made = [
        http.post(f"{ROOT}/inspections", json=INSPECTION).json["findings"][0]["id"]
        for _ in range(3)
    ]
    first = http.get(f"{ROOT}/findings?area=3205&state=raised&limit=2").json
    second = http.get(f"{ROOT}/findings?area=3205&state=raised&limit=2&after={first['next']}").json
    assert [f["id"] for f in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "areas/320508019099",
        "areas/%00",
        "checklists/unheard-of",
        "checklists/compound-order?version=9",
        f"inspections/{new_id()}",
        "inspections/1",
        f"findings/{new_id()}",
        f"reinspections/{new_id()}",
    ],
)
def test_what_does_not_exist_is_a_404_problem(http: FlaskClient, path: str):
    answer = http.get(f"{ROOT}/{path}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_learned_area_is_shown(http: FlaskClient):
    assert http.get(f"{ROOT}/areas/{COMMUNITY}").json == {
        "code": COMMUNITY,
        "name": "三元一村社区居委会",
        "level": "community",
        "version": 1,
    }


def test_every_operation_is_called_as_its_use_case(http: FlaskClient):
    paths = http.get(f"{ROOT}/openapi.json").json["paths"]
    # the routes of parked events are every service's, and have a proof of their own
    own = [path for name, path in paths.items() if "/parked" not in name]
    methods = [path[method] for path in own for method in ("get", "post") if method in path]
    operations = {method["operationId"] for method in methods}
    reading: tuple[ModuleType, ...] = (areas, checklists, findings, reinspection_reading)
    rooms = (*reading, inspections, reinspections)
    assert len(operations) == 13
    assert all(any(hasattr(room, name) for room in rooms) for name in operations)
