"""Owns the proof of the HTTP door: what callers send, get, and are told is wrong."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from shared.auth.roles import Role
from shared.database import Transactions
from shared.ids import new_id
from tests.databases import SetClock
from tests.factories import COMMUNITY
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.volunteers.stories import (
    END,
    ID_NUMBER,
    NEIGHBOUR,
    START,
    code_of,
    counts,
    dispatched,
    other_than,
    published,
    registered,
    signed_up,
)

ROOT = "/api/v1/volunteers"
ACTIVITY = {
    "area_code": COMMUNITY,
    "kind": "environment_cleanup",
    "title": "3 单元楼道清理",
    "place": "三元一村 12 幢 3 单元",
    "starts_at": START.isoformat(),
    "ends_at": END.isoformat(),
    "places": 20,
}
REGISTRATION = {"area_code": COMMUNITY, "real_name": "朱婷", "id_number": ID_NUMBER}


@pytest.fixture
def http(db: Transactions, volunteers_http: FlaskClient) -> FlaskClient:
    return volunteers_http


def of(role: Role, person: UUID) -> dict[str, str]:
    return bearer(token(role, areas=(COMMUNITY,), subject=person))


def test_the_story_of_a_clean_up_as_each_persona_plays_it(
    http: FlaskClient, db: Transactions, clock: SetClock
):  # V12, V31
    secretary, zhu = of("community_secretary", new_id()), of("volunteer", new_id())
    case = str(dispatched(db))
    me = http.post(f"{ROOT}/volunteers", json=REGISTRATION, headers=zhu)
    assert (me.status_code, me.json["real_name"]) == (201, "朱婷")
    called = http.post(f"{ROOT}/activities", json=ACTIVITY | {"case_id": case}, headers=secretary)
    assert called.status_code == 201
    one = called.location
    assert http.get(one, headers=zhu).json == called.json
    (listed,) = http.get(f"{ROOT}/activities?case_id={case}", headers=zhu).json["items"]
    assert listed == called.json
    assert http.post(f"{one}/sign-ups", headers=zhu).json["state"] == "signed_up"
    code = http.get(f"{one}/check-in-code", headers=secretary).json["code"]
    clock.set(START)
    came = http.post(f"{one}/check-in", json={"code": code}, headers=zhu)
    assert (came.status_code, came.json["state"]) == (200, "checked_in")
    clock.set(END)
    gone = http.post(f"{one}/check-out", json={"code": code}, headers=zhu)
    assert gone.json["state"] == "checked_out"
    (seen,) = http.get(f"{one}/sign-ups", headers=secretary).json["items"]
    assert (seen["volunteer_id"], seen["state"]) == (me.json["id"], "checked_out")
    own = http.get(f"{ROOT}/me/hours", headers=zhu).json
    assert own["totals"] == {"measured_minutes": 120, "attested_minutes": 0}
    assert own == http.get(f"{ROOT}/hours?volunteer={me.json['id']}", headers=secretary).json
    assert http.get(f"{ROOT}/activities?state=ended", headers=zhu).json["items"] != []
    assert [name for name, _ in outbox_of(db)] == [
        "volunteer_registered.v1",
        "activity_published.v1",
        "hours_recorded.v1",
    ]


def test_who_is_not_an_organiser_sees_neither_the_code_nor_who_comes(
    http: FlaskClient, db: Transactions
):
    called = published(db).id
    for role in ("volunteer", "resident", "grid_officer", "inspector"):
        for path in ("check-in-code", "sign-ups"):
            answer = http.get(f"{ROOT}/activities/{called}/{path}", headers=of(role, new_id()))
            assert answer.status_code == 403
    code = code_of(db, called)
    shown = http.get(f"{ROOT}/activities/{called}", headers=of("volunteer", new_id()))
    assert code not in shown.text


@pytest.mark.parametrize("with_key", [False, True])
def test_a_wrong_code_is_counted_though_it_is_refused(
    http: FlaskClient, db: Transactions, clock: SetClock, with_key: bool
):
    person, called = registered(db).id, published(db).id
    signed_up(db, person, called)
    clock.set(START)
    code = code_of(db, called)
    kinds = []
    for number in range(7):
        key = {"Idempotency-Key": f"try-{number}"} if with_key else {}
        answer = http.post(
            f"{ROOT}/activities/{called}/check-in",
            json={"code": other_than(code)},
            headers=of("volunteer", person) | key,
        )
        kinds.append((answer.status_code, answer.json["type"].rpartition(":")[2]))
    assert kinds == [(422, "code-wrong")] * 5 + [(409, "code-tries-used-up")] * 2


def test_a_sign_up_sent_twice_with_a_key_is_answered_the_same(http: FlaskClient, db: Transactions):
    person, called = registered(db).id, published(db).id
    headers = of("volunteer", person) | {"Idempotency-Key": "once"}
    first = http.post(f"{ROOT}/activities/{called}/sign-ups", headers=headers)
    again = http.post(f"{ROOT}/activities/{called}/sign-ups", headers=headers)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("area_code", "320508019"),
        ("area_code", "320508019099"),
        ("kind", "sightseeing"),
        ("title", "　"),
        ("title", "长" * 201),
        ("place", ""),
        ("starts_at", "2026-11-28T09:00:00"),
        ("starts_at", "2026-11-20T09:00:00+08:00"),
        ("starts_at", "2027-11-20T09:00:00+08:00"),
        ("ends_at", START.isoformat()),
        ("ends_at", (START + timedelta(hours=13)).isoformat()),
        ("places", 0),
        ("places", 501),
        ("places", "20"),
        ("case_id", "1"),
        ("case_id", "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"),
        ("organiser_id", "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"),
    ],
)
def test_a_bad_call_is_refused_naming_the_field_and_changes_nothing(
    http: FlaskClient, db: Transactions, name: str, value: Any
):
    before = counts(db)
    answer = http.post(f"{ROOT}/activities", json=ACTIVITY | {name: value})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == [name]
    assert counts(db) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("area_code", "320508"),
        ("real_name", ""),
        ("real_name", "朱\n婷"),
        ("id_number", "110105194912310021"),
        ("id_number", ""),
        ("phone", "13812348000"),
    ],
)
def test_a_bad_registration_is_refused_naming_the_field_and_not_the_value(
    http: FlaskClient, db: Transactions, name: str, value: str
):
    before = counts(db)
    answer = http.post(f"{ROOT}/volunteers", json=REGISTRATION | {name: value})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == [name]
    assert not value or value not in answer.text
    assert counts(db) == before


def test_nobody_registers_where_their_role_does_not_hold(http: FlaskClient):
    body = REGISTRATION | {"area_code": NEIGHBOUR}
    answer = http.post(f"{ROOT}/volunteers", json=body, headers=of("resident", new_id()))
    assert (answer.status_code, answer.json["type"]) == (403, "urn:linli:problem:area-not-granted")


@pytest.mark.parametrize("code", ["12345", "1234567", "１２３４５６", "12345a", 123456, None])
def test_a_code_is_six_digits(http: FlaskClient, code: Any):
    answer = http.post(f"{ROOT}/activities/{new_id()}/check-in", json={"code": code})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["code"]


def test_a_precise_position_is_refused_as_any_unknown_field(http: FlaskClient):
    body = {"code": "123456", "latitude": 31.3, "longitude": 120.6}
    answer = http.post(f"{ROOT}/activities/{new_id()}/check-in", json=body)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} == {"latitude", "longitude"}


@pytest.mark.parametrize("path", ["me", f"volunteers/{new_id()}", f"activities/{new_id()}"])
def test_what_does_not_exist_is_a_404_problem(http: FlaskClient, path: str):
    answer = http.get(f"{ROOT}/{path}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_every_page_that_goes_on_links_to_the_next(http: FlaskClient, db: Transactions):
    for _ in range(3):
        published(db)
    first = http.get(f"{ROOT}/activities?area={COMMUNITY}&limit=2&sort=starts_at")
    assert 'rel="next"' in first.headers["Link"]
    rest = http.get(first.headers["Link"].partition(">")[0][1:])
    assert len(first.json["items"] + rest.json["items"]) == 3
