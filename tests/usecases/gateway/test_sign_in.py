"""Signing in, going on and signing out, through the gateway's door."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient

from services.gateway.domain.lockout import MISTAKES_PER_MINUTE, TRIES
from services.gateway.usecases.accounts import AccountChange, move_account
from services.gateway.usecases.activations import give_activation_code
from services.gateway.usecases.grants import grant_role
from services.gateway.usecases.sessions import RefreshTokenReused, refresh_session
from shared.audit.verification import verify
from shared.database import Transactions
from shared.messaging.topology import SERVICES
from tests.usecases.gateway.doors import (
    PASSWORD,
    ROOT,
    actions_of,
    bearer_of,
    column,
    door,
    person,
    sign_in,
    signed_in,
)
from tests.usecases.gateway.people import ADMIN, grant
from tests.usecases.gateway.test_accounts import asked, at_once

NEW = "枫桥夜泊-寒山寺-1399"


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


@pytest.fixture
def http(db: Transactions) -> FlaskClient:
    return door(db)


def refresh(http: FlaskClient, pair: dict[str, Any]) -> Any:
    return http.post(f"{ROOT}/session/refresh", json={"refresh_token": pair["refresh_token"]})


def me(http: FlaskClient, pair: dict[str, Any]) -> int:
    return http.get(f"{ROOT}/me", headers=bearer_of(pair)).status_code


def pass_time(db: Transactions, by: timedelta) -> None:
    """Let a lock run out, so to say: times in the tables move back."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE sign_in_tries SET locked_until = locked_until - interval '{by.seconds} s'"
        )


def test_who_signs_in_gets_a_token_for_every_service_with_the_grants_of_today(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, grant("inspector", "320508"), username="li.na")
    answer = sign_in(http, " LI.NA ")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    pair = answer.json
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    assert claims["aud"] == list(SERVICES)
    assert claims["grants"] == [{"role": "inspector", "areas": ["320508"]}]
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (str(view.id), pair["expires_in"])
    own = http.get(f"{ROOT}/me", headers=bearer_of(pair)).json
    assert (own["display_name"], own["roles"][0]["name_zh"]) == ("王秀英", "检查员")


def test_who_has_no_role_can_sign_in_and_see_only_their_own_account(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="nobody")
    pair = signed_in(http, "nobody")
    assert me(http, pair) == 200
    answer = http.get(f"{ROOT}/accounts", headers=bearer_of(pair))
    assert answer.json["type"] == "urn:linli:problem:role-not-allowed"


def test_an_answer_never_tells_who_has_an_account(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    person(db, username="without", password=False)
    blocked = person(db, username="blocked")
    db.run(move_account, asked(blocked), "block")
    answers = [
        sign_in(http, "real", "wrong password here"),
        *[sign_in(http, name) for name in ("without", "blocked", "unheard.of", "王秀英", "x\n")],
    ]
    told = [(one.status_code, {**one.json, "instance": ""}) for one in answers]
    assert all(one == told[0] for one in told)
    assert told[0][1]["type"] == "urn:linli:problem:sign-in-failed"


def test_after_five_tries_nobody_may_try_for_a_while_whether_the_name_exists_or_not(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    for name in ("real", "unheard.of"):
        for _ in range(TRIES):
            assert sign_in(http, name, "wrong password here").status_code == 401
        answer = sign_in(http, name)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    pass_time(db, timedelta(minutes=1))
    assert sign_in(http, "real").status_code == 201
    assert column(db, "SELECT count(*) FROM sign_in_tries") == [1]


def test_an_address_may_be_wrong_thirty_times_a_minute_and_another_one_still_works(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    bad = {"X-Real-IP": "203.0.113.7"}
    for number in range(MISTAKES_PER_MINUTE):
        assert sign_in(http, f"guess{number}", "wrong password here", **bad).status_code == 401
    assert sign_in(http, "real", **bad).status_code == 429
    assert sign_in(http, "real", **{"X-Real-IP": "203.0.113.8"}).status_code == 201


def test_a_refresh_token_buys_one_pair(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    first = signed_in(http, "real")
    second = refresh(http, first)
    assert second.status_code == 200
    assert me(http, second.json) == 200
    assert second.json["refresh_token"] != first["refresh_token"]


def test_a_refresh_token_that_comes_twice_ends_the_session_for_everyone(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, username="real")
    other = signed_in(http, "real")
    first = signed_in(http, "real")
    second = refresh(http, first).json
    stolen = refresh(http, first)
    assert (stolen.status_code, stolen.json["type"]) == (
        401,
        "urn:linli:problem:refresh-token-reused",
    )
    assert refresh(http, second).json["type"] == "urn:linli:problem:refresh-token-invalid"
    assert me(http, second) == 401
    assert refresh(http, other).status_code == 200
    assert "refresh_token_reused" in actions_of(db, view.id)


def test_of_two_who_refresh_at_once_one_gets_a_pair(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    token = signed_in(http, "real")["refresh_token"]
    outcomes = at_once(*[lambda: refresh_session(db, token)] * 2)
    assert sum(isinstance(one, RefreshTokenReused) for one in outcomes) == 1
    assert column(db, "SELECT end_reason FROM sessions") == ["token_reused"]


@pytest.mark.parametrize("token", ["x", "lr_" + "a" * 43, "a.b.c", "令牌"])
def test_what_is_no_refresh_token_is_refused(http: FlaskClient, token: str) -> None:
    answer = http.post(f"{ROOT}/session/refresh", json={"refresh_token": token})
    assert answer.json["type"] == "urn:linli:problem:refresh-token-invalid"


@pytest.mark.parametrize("column_", ["idle_until", "expires_at"])
def test_a_session_ends_by_itself(http: FlaskClient, db: Transactions, column_: str) -> None:
    person(db, username="real")
    pair = signed_in(http, "real")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE sessions SET idle_until = now() - interval '1 s'")
        connection.exec_driver_sql(f"UPDATE sessions SET {column_} = now() - interval '1 s'")
    assert refresh(http, pair).status_code == 401


def test_new_rights_come_with_the_next_refresh_and_old_tokens_end_at_once(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, grant(), username="real")
    pair = signed_in(http, "real")
    db.run(grant_role, asked(view), grant("inspector", "3205"))
    assert http.get(f"{ROOT}/me", headers=bearer_of(pair)).json["type"].endswith("token-revoked")
    later = refresh(http, pair).json
    claims = jwt.decode(later["access_token"], options={"verify_signature": False})
    assert [one["role"] for one in claims["grants"]] == ["grid_officer", "inspector"]


def test_who_is_blocked_is_out_at_once_and_stays_out(http: FlaskClient, db: Transactions) -> None:
    view = person(db, username="real")
    pair = signed_in(http, "real")
    db.run(move_account, asked(view), "block")
    assert me(http, pair) == 401
    assert refresh(http, pair).status_code == 401
    assert sign_in(http, "real").status_code == 401


def test_every_sign_in_is_a_session_of_its_own(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    chosen = "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"
    http.set_cookie("session", chosen)
    http.set_cookie("sid", chosen)
    pairs = [signed_in(http, "real") for _ in range(2)]
    sessions = {
        jwt.decode(pair["access_token"], options={"verify_signature": False})["sid"]
        for pair in pairs
    }
    assert len(sessions) == 2 and chosen not in sessions


def test_one_sees_where_one_is_signed_in_and_ends_one_or_all(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    http.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 14) Chrome/130.0"
    first, second = (signed_in(http, "real") for _ in range(2))
    lines = http.get(f"{ROOT}/sessions", headers=bearer_of(first)).json["items"]
    assert [one["current"] for one in lines] == [False, True]
    assert lines[0]["device"] == "Chrome · Android"
    assert http.delete(f"{ROOT}/session", headers=bearer_of(first)).status_code == 204
    assert refresh(http, first).status_code == 401
    assert refresh(http, second).status_code == 200
    assert http.delete(f"{ROOT}/sessions", headers=bearer_of(second)).status_code == 204
    assert me(http, second) == 401
    assert column(db, "SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [0]


def test_a_given_up_refresh_token_ends_its_session(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    pair = signed_in(http, "real")
    for token in ("unknown", pair["refresh_token"]):
        assert http.post(f"{ROOT}/oauth/revoke", data={"token": token}).status_code == 200
    assert refresh(http, pair).status_code == 401


def test_another_password_ends_every_other_session(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    here, elsewhere = signed_in(http, "real"), signed_in(http, "real")
    body = {"current": PASSWORD, "new": NEW}
    answer = http.put(f"{ROOT}/me/password", json=body, headers=bearer_of(here))
    assert answer.status_code == 204
    assert (me(http, here), me(http, elsewhere)) == (401, 401)
    assert refresh(http, here).status_code == 200
    assert refresh(http, elsewhere).status_code == 401
    assert sign_in(http, "real").status_code == 401
    assert sign_in(http, "real", NEW).status_code == 201


@pytest.mark.parametrize(
    ("current", "new", "kind", "field"),
    [
        ("wrong password here", NEW, "password-wrong", "current"),
        (PASSWORD, PASSWORD, "password-unchanged", "new"),
        (PASSWORD, "short", "password-too-short", "new"),
        (PASSWORD, "x" * 129, "password-too-long", "new"),
        (PASSWORD, "passwordpassword", "password-too-weak", "new"),
        (PASSWORD, "wang.xiuying.wang.xiuying", "password-too-weak", "new"),
        (PASSWORD, "tab\tin the password 71", "password-unprintable", "new"),
    ],
)
def test_a_password_that_is_not_good_enough_is_refused_with_the_reason(
    http: FlaskClient, db: Transactions, current: str, new: str, kind: str, field: str
) -> None:
    person(db, username="wang.xiuying")
    pair = signed_in(http, "wang.xiuying")
    body = {"current": current, "new": new}
    answer = http.put(f"{ROOT}/me/password", json=body, headers=bearer_of(pair))
    assert (answer.status_code, answer.json["type"]) == (422, f"urn:linli:problem:{kind}")
    assert answer.json["errors"][0]["field"] == field
    assert me(http, pair) == 200


def test_a_code_sets_the_first_password(http: FlaskClient, db: Transactions) -> None:
    view = person(db, username="real", password=False)
    code = db.run(give_activation_code, AccountChange(view.id, ADMIN)).code
    url, body = f"{ROOT}/password/activation", {"username": "real", "new_password": NEW}
    wrong = http.post(url, json=body | {"code": "AAAA-BBBB-CCCC"})
    unknown = http.post(url, json=body | {"code": code, "username": "unheard.of"})
    assert (wrong.status_code, wrong.json["type"]) == (401, "urn:linli:problem:activation-refused")
    assert {**unknown.json, "instance": ""} == {**wrong.json, "instance": ""}
    assert http.post(url, json=body | {"code": code}).status_code == 204
    assert http.post(url, json=body | {"code": code}).status_code == 401
    assert sign_in(http, "real", NEW).status_code == 201


def test_weak_passwords_are_mistakes_of_the_address_and_cost_the_username_no_try(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, username="real", password=False)
    code = db.run(give_activation_code, AccountChange(view.id, ADMIN)).code
    url, bad = f"{ROOT}/password/activation", {"X-Real-IP": "203.0.113.7"}
    body = {"username": "real", "code": code, "new_password": "passwordpassword"}
    told = [
        http.post(url, json=body, headers=bad).status_code for _ in range(MISTAKES_PER_MINUTE + 1)
    ]
    assert told == [422] * MISTAKES_PER_MINUTE + [429]
    assert column(db, "SELECT count(*) FROM sign_in_tries") == [0]
    assert http.post(url, json=body | {"new_password": NEW}).status_code == 204


def test_passwords_and_tokens_lie_nowhere_in_the_database(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    pair = signed_in(http, "real")
    sign_in(http, "real", "wrong password here")
    tables = column(
        db, "SELECT table_name FROM information_schema.tables WHERE table_schema='public'"
    )
    for table in tables:
        for row in column(db, f'SELECT t::text FROM "{table}" t'):
            for secret in (PASSWORD, "wrong password", pair["refresh_token"], pair["access_token"]):
                assert secret not in row
                assert secret.encode().hex() not in row


def test_the_audit_tells_of_sign_ins_and_names_nobody_who_failed(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, username="real")
    sign_in(http, "real", "wrong password here")
    signed_in(http, "real")
    assert actions_of(db, view.id) == ["create_account", "sign_in"]
    failed = "SELECT subject || who || facts::text FROM audit_log WHERE action = 'sign_in_failed'"
    (line,) = column(db, failed)
    assert "real" not in line and line.startswith("username:")
    assert db.read(verify).first_broken is None
