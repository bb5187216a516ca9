"""Owns the proof of recipients: sealed, masked, unmasked with a reason, exported, erased."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from shared.database import Transactions
from shared.ids import new_id
from tests.tokens import bearer, client_token, token
from tests.usecases.notifications.stories import Story, deliver, heard

ROOT = "/api/v1/notifications/recipients"
BODY = {
    "email": "xu.yaqin@sanyuan1.example.cn",
    "phone": "13862108000",
    "language": "zh-CN",
    "channels": {"email": True},
}
WHY = {"reason": "核对联系方式"}


@pytest.fixture
def person_id() -> UUID:
    return new_id()


@pytest.fixture
def own(person_id: UUID) -> dict[str, str]:
    """Return the header of the person's own token; a resident's, who has no special right."""
    return bearer(token("resident", subject=person_id))


def administrator() -> dict[str, str]:
    """Return a header made now: a token of when the tests were collected may have run out."""
    return bearer(token("administrator"))


def other() -> dict[str, str]:
    """Return the header of somebody whom this is no business of."""
    return bearer(token("district_office", "operator", "grid_officer"))


@pytest.fixture
def http(db: Transactions, notifications_http: FlaskClient) -> FlaskClient:
    return notifications_http


def put(http: FlaskClient, person_id: UUID, headers: dict[str, str], **body: Any) -> Any:
    return http.put(f"{ROOT}/{person_id}", json=BODY | body, headers=headers)


def rows(db: Transactions, statement: str, **values: Any) -> list[Any]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def test_what_one_says_of_oneself_is_shown_masked(
    http: FlaskClient, person_id: UUID, own: dict[str, str]
):
    said = put(http, person_id, own)
    assert said.status_code == 200
    shown = http.get(f"{ROOT}/{person_id}", headers=own)
    assert shown.json == said.json
    assert shown.json["email"] == "x***@sanyuan1.example.cn"
    assert shown.json["phone"] == "138****8000"
    assert (shown.json["language"], shown.json["channels"]) == ("zh-CN", {"email": True})
    assert said.headers["ETag"] == shown.headers["ETag"] == '"1"'


def test_addresses_lie_sealed(
    db: Transactions, http: FlaskClient, person_id: UUID, own: dict[str, str]
):
    put(http, person_id, own)
    ((email, phone),) = rows(db, "SELECT email, phone FROM recipients")
    assert b"xu.yaqin" not in bytes(email) and b"1386210" not in bytes(phone)


@pytest.mark.parametrize("kind", ["administrator", "client"])
def test_an_administrator_and_a_system_with_the_scope_may_say_it_of_others(
    http: FlaskClient, person_id: UUID, kind: str
):
    client = bearer(client_token("notifications.recipients:write"))
    said = put(http, person_id, administrator() if kind == "administrator" else client)
    assert said.status_code == 200


def test_nobody_else_may_say_or_see_it(http: FlaskClient, person_id: UUID, own: dict[str, str]):
    put(http, person_id, own)
    one = f"{ROOT}/{person_id}"
    answers = [
        put(http, person_id, other()),
        http.get(one, headers=other()),
        http.post(f"{one}/unmask", json=WHY, headers=other()),
        http.get(f"{one}/export", headers=other()),
        http.post(f"{one}/erase", json=WHY, headers=other()),
        http.post(f"{one}/erase", json=WHY, headers=own),
        http.get(one, headers=bearer(client_token("notifications.recipients:write"))),
    ]
    assert [answer.status_code for answer in answers] == [403] * 7
    assert put(http, new_id(), own).json["type"] == "urn:linli:problem:not-own-recipient"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "xu@"}, "email"),
        ({"email": "xu@example.cn\r\nBcc: hu@example.cn"}, "email"),
        ({"email": ""}, "email"),
        ({"phone": "abc"}, "phone"),
        ({"language": "fr"}, "language"),
        ({"channels": {}}, "channels.email"),
        ({"channels": {"email": "yes"}}, "channels.email"),
        ({"channels": {"email": True, "fax": True}}, "channels.fax"),
        ({"name": "徐雅琴"}, "name"),
    ],
)
def test_a_mistake_is_refused_naming_the_field(
    db: Transactions,
    http: FlaskClient,
    person_id: UUID,
    own: dict[str, str],
    body: dict[str, Any],
    field: str,
):
    answer = put(http, person_id, own, **body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert rows(db, "SELECT 1 FROM recipients") == []


def test_what_is_left_out_is_known_no_more(http: FlaskClient, person_id: UUID, own: dict[str, str]):
    put(http, person_id, own)
    said = http.put(f"{ROOT}/{person_id}", json={"language": "en"}, headers=own).json
    assert (said["email"], said["phone"], said["version"]) == (None, None, 2)


def test_who_saw_an_older_version_is_told_so(
    http: FlaskClient, person_id: UUID, own: dict[str, str]
):
    put(http, person_id, own)
    put(http, person_id, own, language="en")
    stale = put(http, person_id, own | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json["current"]["version"]) == (412, 2)


def test_looking_behind_the_mask_takes_a_reason_and_leaves_a_line_for_each_address(
    db: Transactions, http: FlaskClient, person_id: UUID, own: dict[str, str]
):
    put(http, person_id, own)
    one = f"{ROOT}/{person_id}/unmask"
    assert http.post(one, json={"reason": " "}, headers=administrator()).status_code == 422
    seen = http.post(one, json=WHY, headers=administrator()).json
    assert (seen["email"], seen["phone"]) == (BODY["email"], BODY["phone"])
    lines = rows(db, "SELECT facts FROM audit_log WHERE action = 'unmask' ORDER BY position")
    assert [facts["field"] for (facts,) in lines] == ["recipients.email", "recipients.phone"]


def test_one_gets_all_that_is_held_on_oneself(
    http: FlaskClient, person_id: UUID, own: dict[str, str]
):
    put(http, person_id, own)
    held = http.get(f"{ROOT}/{person_id}/export", headers=own).json["held"]
    assert [(one["column"], one["value"]) for one in held] == [
        ("email", BODY["email"]),
        ("phone", BODY["phone"]),
    ]


def test_an_erased_person_is_reached_no_more_and_never_again(db: Transactions, http: FlaskClient):
    story = Story()
    own = bearer(token("resident", subject=story.handler))
    put(http, story.handler, own)
    deliver(db, heard(story.case_dispatched()))
    one = f"{ROOT}/{story.handler}"
    assert rows(db, "SELECT state FROM deliveries") == [("waiting",)]
    erased = http.post(f"{one}/erase", json=WHY, headers=administrator())
    assert (erased.status_code, erased.json["email"], erased.json["phone"]) == (200, None, None)
    assert rows(db, "SELECT state FROM deliveries") == [("cancelled",)]
    assert rows(db, "SELECT 1 FROM person_keys") == []
    assert put(http, story.handler, own).status_code == 410
    assert put(http, story.handler, own, email=None, phone=None).status_code == 410
    assert http.get(f"{one}/export", headers=own).json["held"] == []
    deliver(db, heard(story.case_returned()))
    assert rows(db, "SELECT state FROM deliveries") == [("cancelled",)]


def test_of_whom_nothing_is_known_nothing_is_shown(http: FlaskClient, own: dict[str, str]):
    one = f"{ROOT}/{new_id()}"
    assert http.get(one, headers=administrator()).status_code == 404
    assert http.post(f"{one}/erase", json=WHY, headers=administrator()).status_code == 404
    assert http.get(f"{one}/export", headers=administrator()).json["held"] == []


def test_the_audit_says_that_it_changed_and_no_address(
    db: Transactions, http: FlaskClient, person_id: UUID, own: dict[str, str]
):
    put(http, person_id, own)
    ((facts,),) = rows(db, "SELECT facts FROM audit_log")
    assert facts == {"email": True, "phone": True, "version": 1}
