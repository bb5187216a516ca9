"""How sessions end, go on and are forgotten, and how long an answer takes."""

import time
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from services.gateway.password_hashes import password_hashes
from services.gateway.usecases.accounts import AccountChange, move_account
from services.gateway.usecases.activations import give_activation_code
from services.gateway.usecases.purge import SESSIONS_KEPT, purge
from shared.clock import real_now
from shared.database import Transactions
from tests.observe import outbox_of
from tests.usecases.gateway.doors import (
    PASSWORD,
    ROOT,
    bearer_of,
    column,
    door,
    person,
    sign_in,
    signed_in,
)
from tests.usecases.gateway.people import ADMIN
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


def run_sql(db: Transactions, statement: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_sessions_of_who_was_blocked_do_not_go_on_when_the_account_is_unblocked(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, username="real")
    pair = signed_in(http, "real")
    db.run(move_account, asked(view), "block")
    db.run(move_account, asked(view), "unblock")
    assert refresh(http, pair).status_code == 401
    assert column(db, "SELECT end_reason FROM sessions") == ["account_changed"]
    assert sign_in(http, "real").status_code == 201


def test_a_stolen_refresh_token_voids_the_tokens_of_the_account_everywhere(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, username="real")
    pair = signed_in(http, "real")
    refresh(http, pair)
    refresh(http, pair)
    (said,) = [data for name, data in outbox_of(db) if name == "account_changed.v1"]
    assert (said.account_id, said.active, said.version) == (view.id, True, 2)


def test_replaying_a_stolen_token_again_and_again_changes_nothing_more(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    pair = signed_in(http, "real")
    refresh(http, pair)
    kinds = [refresh(http, pair).json["type"].rpartition(":")[2] for _ in range(3)]
    assert kinds == ["refresh-token-reused", "refresh-token-invalid", "refresh-token-invalid"]
    assert column(db, "SELECT token_version FROM accounts") == [2]


def test_a_session_has_one_good_refresh_token_at_any_time(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    pair = signed_in(http, "real")
    for _ in range(3):
        pair = refresh(http, pair).json
    tokens = "SELECT count(*) FROM refresh_tokens WHERE used_at IS "
    assert column(db, tokens + "NULL") == [1]
    assert column(db, tokens + "NOT NULL") == [3]


def test_sign_out_ends_this_session_and_no_other(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    here, there = signed_in(http, "real"), signed_in(http, "real")
    assert http.delete(f"{ROOT}/session", headers=bearer_of(here)).status_code == 204
    assert refresh(http, here).json["type"].endswith("refresh-token-invalid")
    assert refresh(http, there).status_code == 200


def test_one_sees_ones_own_sessions_alone_page_by_page(http: FlaskClient, db: Transactions) -> None:
    for name in ("real", "other"):
        person(db, username=name)
    pairs = [signed_in(http, "real") for _ in range(3)]
    signed_in(http, "other")
    headers = bearer_of(pairs[0])
    first = http.get(f"{ROOT}/sessions?limit=2", headers=headers).json
    rest = http.get(f"{ROOT}/sessions?limit=2&after={first['next']}", headers=headers).json
    assert [one["current"] for one in first["items"] + rest["items"]] == [False, False, True]
    assert rest["next"] is None


@pytest.mark.parametrize(("extra", "left"), [(timedelta(minutes=1), 0), (-timedelta(hours=1), 1)])
def test_a_session_is_forgotten_thirty_days_after_it_idled(
    http: FlaskClient, db: Transactions, extra: timedelta, left: int
) -> None:
    person(db, username="real")
    signed_in(http, "real")
    (idle_until,) = column(db, "SELECT idle_until FROM sessions")
    while db.change(purge, idle_until + SESSIONS_KEPT + extra):
        pass
    assert column(db, "SELECT count(*) FROM sessions") == [left]
    assert column(db, "SELECT count(*) FROM refresh_tokens") == [left]


def test_a_username_is_found_however_it_was_typed(http: FlaskClient, db: Transactions) -> None:
    person(db, username="li.na")
    for typed in ("LI.NA", " li.na ", "ｌｉ.ｎａ"):
        assert sign_in(http, typed).status_code == 201


def test_a_hash_of_old_parameters_is_made_anew_at_the_next_sign_in(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    cheap = PasswordHasher(1, 8 * 1024, 1).hash(PASSWORD)
    run_sql(db, f"UPDATE accounts SET password_hash = '{cheap}'")
    assert sign_in(http, "real").status_code == 201
    (stored,) = column(db, "SELECT password_hash FROM accounts")
    assert not password_hashes().is_outdated(stored)
    assert sign_in(http, "real").status_code == 201


def test_a_name_that_nobody_has_costs_as_much_time_as_one_that_somebody_has(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    person(db, username="without", password=False)
    fastest = {}
    for name in ("real", "without", "unheard.of"):
        taken = []
        for _ in range(5):
            started = time.perf_counter()
            assert sign_in(http, name, "wrong password here").status_code == 401
            taken.append(time.perf_counter() - started)
        fastest[name] = min(taken)
    hashing = min(_time_of_a_check() for _ in range(5))
    assert all(one > hashing for one in fastest.values()), fastest


def _time_of_a_check() -> float:
    started = time.perf_counter()
    password_hashes().matches(None, "wrong password here")
    return time.perf_counter() - started


def test_of_twenty_guesses_at_once_five_are_looked_at(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    app = http.application

    def guess() -> int:
        return int(sign_in(app.test_client(), "real", "wrong password here").status_code)

    statuses = at_once(*[guess] * 20)
    assert sorted(statuses) == [401] * 5 + [429] * 15


def test_the_fifth_try_may_be_the_right_one(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    for _ in range(4):
        sign_in(http, "real", "wrong password here")
    assert sign_in(http, "real").status_code == 201
    assert sign_in(http, "real").status_code == 201


def test_a_stolen_token_does_not_let_guess_the_password(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    headers = bearer_of(signed_in(http, "real"))
    body = {"current": "wrong password here", "new": NEW}
    statuses = [
        http.put(f"{ROOT}/me/password", json=body, headers=headers).status_code for _ in range(6)
    ]
    assert statuses == [422] * 5 + [429]


def test_a_code_can_not_be_guessed_either(http: FlaskClient, db: Transactions) -> None:
    view = person(db, username="real", password=False)
    code = db.run(give_activation_code, AccountChange(view.id, ADMIN)).code
    url, body = f"{ROOT}/password/activation", {"username": "real", "new_password": NEW}
    for _ in range(5):
        assert http.post(url, json=body | {"code": "AAAA-BBBB-CCCC"}).status_code == 401
    assert http.post(url, json=body | {"code": code}).status_code == 429


def test_a_password_set_by_a_code_ends_every_session(http: FlaskClient, db: Transactions) -> None:
    view = person(db, username="real")
    pair = signed_in(http, "real")
    code = db.run(give_activation_code, AccountChange(view.id, ADMIN)).code
    body = {"username": "real", "new_password": NEW, "code": code}
    assert http.post(f"{ROOT}/password/activation", json=body).status_code == 204
    assert refresh(http, pair).status_code == 401
    assert http.get(f"{ROOT}/me", headers=bearer_of(pair)).status_code == 401


def test_of_two_who_use_a_code_at_once_one_sets_the_password(
    http: FlaskClient, db: Transactions
) -> None:
    view = person(db, username="real", password=False)
    code = db.run(give_activation_code, AccountChange(view.id, ADMIN)).code
    app = http.application

    def activate(password: str) -> int:
        body = {"username": "real", "new_password": password, "code": code}
        answer = app.test_client().post(f"{ROOT}/password/activation", json=body)
        return int(answer.status_code)

    assert sorted(at_once(lambda: activate(NEW), lambda: activate(NEW + "!"))) == [204, 401]


def test_a_good_password_is_asked_for_before_anything_is_looked_up(http: FlaskClient) -> None:
    body = {"username": "unheard.of", "new_password": "short", "code": "AAAA-BBBB-CCCC"}
    answer = http.post(f"{ROOT}/password/activation", json=body)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "new_password")


def test_without_a_signing_key_nobody_signs_in_and_nothing_is_left_behind(
    http: FlaskClient, db: Transactions
) -> None:
    person(db, username="real")
    run_sql(db, "DELETE FROM gateway_signing_keys")
    answer = sign_in(http, "real")
    assert (answer.status_code, answer.json["type"]) == (503, "urn:linli:problem:no-signing-key")
    assert column(db, "SELECT count(*) FROM sessions") == [0]


def test_a_token_is_given_out_in_a_few_milliseconds(http: FlaskClient, db: Transactions) -> None:
    person(db, username="real")
    pair = signed_in(http, "real")
    taken = []
    for _ in range(10):
        started = real_now()
        pair = refresh(http, pair).json
        taken.append(real_now() - started)
    assert min(taken) < timedelta(milliseconds=100)
