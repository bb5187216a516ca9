"""Administering accounts through the gateway's door: shapes, versions, reports, masks."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from shared.database import Transactions
from tests.usecases.gateway.doors import ROOT, administrator, column, door, person
from tests.usecases.gateway.people import COMMUNITY, grant

HEADER = "username,display_name,role,areas,valid_from,valid_until"
NEW = {
    "username": "li.na",
    "display_name": "李娜",
    "grants": [{"role": "inspector", "areas": ["320508"], "valid_until": "2027-12-31"}],
}


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


@pytest.fixture
def http(db: Transactions) -> FlaskClient:
    """A door whose caller administers accounts."""
    opened = door(db)
    opened.environ_base["HTTP_AUTHORIZATION"] = administrator(db, opened)["Authorization"]
    return opened


def load(http: FlaskClient, *rows: str, **headers: str) -> Any:
    body = "\n".join((HEADER, *rows)).encode()
    url = f"{ROOT}/accounts/imports"
    return http.post(url, data=body, content_type="text/csv", headers=headers)


def test_a_new_account_is_made_once_however_often_it_is_asked_for(
    http: FlaskClient, db: Transactions
) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first, again = (http.post(f"{ROOT}/accounts", json=NEW, headers=headers) for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data) == (201, first.data)
    shown = http.get(first.headers["Location"])
    assert shown.json == first.json
    assert shown.headers["ETag"] == first.headers["ETag"]
    assert http.post(f"{ROOT}/accounts", json=NEW).json["type"].endswith("username-taken")
    other = http.post(f"{ROOT}/accounts", json=NEW | {"username": "x.y.z"}, headers=headers)
    assert (other.status_code, other.json["type"]) == (
        409,
        "urn:linli:problem:idempotency-key-reused",
    )
    assert column(db, "SELECT count(*) FROM accounts WHERE username = 'li.na'") == [1]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": "李娜"}, "username"),
        ({"display_name": " "}, "display_name"),
        ({"display_name": "a\u202eb"}, "display_name"),
        ({"grants": [{"role": "root", "areas": []}]}, "grants.0.role"),
        ({"grants": [{"role": "inspector", "areas": ["%"]}]}, "areas"),
        ({"grants": [{"role": "inspector", "valid_from": "tomorrow"}]}, "grants.0.valid_from"),
        ({"id": "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"}, "id"),
        ({"password_hash": "x"}, "password_hash"),
        ({"state": "closed"}, "state"),
        ({"token_version": 9}, "token_version"),
        (
            {"grants": [{"role": "inspector", "areas": ["32"], "granted_by": "me"}]},
            "grants.0.granted_by",
        ),
    ],
)
def test_what_may_not_be_sent_is_refused_naming_the_field(
    http: FlaskClient, db: Transactions, values: dict[str, Any], field: str
) -> None:
    answer = http.post(f"{ROOT}/accounts", json=NEW | values)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    assert column(db, "SELECT count(*) FROM accounts") == [1]


def test_a_name_is_changed_by_who_saw_the_newest_version_alone(http: FlaskClient) -> None:
    made = http.post(f"{ROOT}/accounts", json=NEW)
    url, tag = made.headers["Location"], made.headers["ETag"]
    change = {"display_name": "张三丰"}
    blind = http.patch(url, json=change)
    assert (blind.status_code, blind.json["type"]) == (
        428,
        "urn:linli:problem:precondition-required",
    )
    done = http.patch(url, json=change, headers={"If-Match": tag})
    assert (done.status_code, done.json["display_name"]) == (200, "张**")
    late = http.patch(url, json={"display_name": "李四"}, headers={"If-Match": tag})
    assert (late.status_code, late.json["current"]) == (412, done.json)
    assert late.headers["ETag"] == done.headers["ETag"]


def test_a_report_names_each_wrong_row_in_the_callers_language(
    http: FlaskClient, db: Transactions
) -> None:
    rows = [f"user{number},王秀英,grid_officer,{COMMUNITY},," for number in range(60)]
    rows[48] = "user48,王秀英,grid_officer,32050,,"
    answer = load(http, *rows)
    assert (answer.status_code, answer.json["type"]) == (422, "urn:linli:problem:accounts-refused")
    (fault,) = answer.json["errors"]
    assert (fault["row"], fault["field"], fault["value"]) == (50, "areas", "32050")
    assert "区划代码" in fault["detail"] and answer.json["error_count"] == 1
    english = load(http, *rows, **{"Accept-Language": "en"}).json
    assert "is no area code" in english["errors"][0]["detail"]
    assert column(db, "SELECT count(*) FROM accounts") == [1]


def test_a_file_lets_everyone_in_with_a_code_of_their_own(http: FlaskClient) -> None:
    report = load(
        http, f"li.na,李娜,grid_officer,{COMMUNITY},,", "zhao.liu,赵六,resident,32,,"
    ).json
    assert (report["rows"], report["created"]) == (2, 2)
    one = report["accounts"][0]
    body = {
        "username": one["username"],
        "code": one["activation_code"],
        "new_password": "枫桥夜泊-寒山寺-1399",
    }
    http.environ_base.pop("HTTP_AUTHORIZATION")
    assert http.post(f"{ROOT}/password/activation", json=body).status_code == 204


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=x"])
def test_a_name_like_a_formula_is_refused_naming_its_row(
    http: FlaskClient, db: Transactions, name: str
) -> None:
    answer = load(http, f'li.na,"{name}",resident,32,,')
    assert answer.status_code == 422
    assert [(e["row"], e["field"]) for e in answer.json["errors"]] == [(2, "display_name")]
    assert http.get(f"{ROOT}/accounts?username=li.na").json["items"] == []


def test_numbers_that_lead_to_a_person_are_kept_out_of_plain_columns(
    http: FlaskClient, db: Transactions
) -> None:
    body = {"username": "13812345678", "display_name": "王秀英"}
    answer = http.post(f"{ROOT}/accounts", json=body)
    assert answer.json["type"] == "urn:linli:problem:username-is-personal"
    url = f"{ROOT}/accounts/{person(db, grant(), username='real').id}"
    for action in ("unmask", "erase"):
        answer = http.post(f"{url}/{action}", json={"reason": "来电13812345678核对"})
        assert answer.status_code == 422
        assert answer.json["type"] == "urn:linli:problem:reason-names-somebody"
        assert [one["field"] for one in answer.json["errors"]] == ["reason"]
    with db.engine.connect() as connection:
        assert "13812345678" not in str(connection.execute(text("TABLE audit_log")).all())


def test_only_a_csv_is_taken(http: FlaskClient) -> None:
    answer = http.post(f"{ROOT}/accounts/imports", data=b"x", content_type="application/json")
    assert answer.status_code == 415
    gbk = f"{HEADER}\nli.na,李娜,resident,32,,".encode("gb18030")
    refused = http.post(f"{ROOT}/accounts/imports", data=gbk, content_type="text/csv")
    assert refused.json["type"] == "urn:linli:problem:accounts-not-utf8"


def test_names_show_whole_to_who_asks_with_a_reason_and_nowhere_else(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, grant(), username="real")
    url = f"{ROOT}/accounts/{view.id}"
    for path in (url, f"{ROOT}/accounts", f"{ROOT}/audit"):
        assert "王秀英" not in http.get(path).text
    assert http.post(f"{url}/unmask", json={}).json["errors"][0]["field"] == "reason"
    assert http.post(f"{url}/unmask", json={"reason": "核对身份"}).json["name"] == "王秀英"
    assert http.get(f"{url}/export").json["held"][0]["value"] == "王秀英"
    assert http.post(f"{url}/erase", json={"reason": "本人申请注销"}).json["display_name"] is None
    assert http.post(f"{url}/unmask", json={"reason": "核对身份"}).status_code == 410


def test_the_audit_is_read_from_the_newest_page_by_page(http: FlaskClient) -> None:
    for number in range(3):
        http.post(f"{ROOT}/accounts", json=NEW | {"username": f"user{number}"})
    first = http.get(f"{ROOT}/audit?limit=2&action=create_account").json
    rest = http.get(f"{ROOT}/audit?limit=2&action=create_account&after={first['next']}").json
    positions = [line["position"] for line in first["items"] + rest["items"]]
    assert positions == sorted(positions, reverse=True) and len(positions) == 4


def test_a_kept_answer_about_somebody_says_after_erasure_only_that_they_are_gone(
    http: FlaskClient, db: Transactions
) -> None:
    def create(username: str) -> Any:
        body = {"username": username, "display_name": "王秀英"}
        said = {"Idempotency-Key": f"create {username}".replace(" ", "-")}
        return http.post(f"{ROOT}/accounts", json=body, headers=said)

    def ask(path: str, key: str) -> Any:
        return http.post(f"{ROOT}/accounts/{path}", headers={"Idempotency-Key": key})

    gone, stays = create("li.na").json["id"], create("zhao.liu").json["id"]
    assert ask(f"{gone}/activation", "code").status_code == 201
    erased = http.post(f"{ROOT}/accounts/{gone}/erase", json={"reason": "本人申请注销"})
    assert erased.status_code == 200
    for again in (create("li.na"), ask(f"{gone}/activation", "code")):
        assert (again.status_code, again.mimetype) == (410, "application/problem+json")
        assert again.json["type"] == "urn:linli:problem:person-erased"
        assert "li.na" not in again.text and "王" not in again.text
    assert ask(f"{stays}/activation", "code").status_code == 409, "the key stays used"
    assert (create("zhao.liu").status_code, create("zhao.liu").json["id"]) == (201, stays)
    assert column(db, "SELECT count(*) FROM accounts WHERE username = 'li.na'") == [0]
    assert column(db, "SELECT body FROM idempotency_keys WHERE status = 410") == [b"", b""]


def test_of_a_file_answered_once_nobody_who_was_erased_is_told_again(http: FlaskClient) -> None:
    content = f"{HEADER}\nli.na,李娜,resident,32,,\nzhao.liu,赵六,resident,32,,"
    said = {"Idempotency-Key": "file-1", "Content-Type": "text/csv"}
    first = http.post(f"{ROOT}/accounts/imports", data=content.encode(), headers=said)
    gone = first.json["accounts"][0]["id"]
    http.post(f"{ROOT}/accounts/{gone}/erase", json={"reason": "本人申请注销"})
    again = http.post(f"{ROOT}/accounts/imports", data=content.encode(), headers=said)
    assert again.status_code == 410
    assert "li.na" not in again.text
