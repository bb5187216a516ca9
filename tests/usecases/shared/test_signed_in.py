"""Who gets through the door of every service, and what the others are told."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.grid.access import ACCESS
from services.grid.api import BLUEPRINTS
from shared.auth.access import PUBLIC
from shared.auth.known import learn_account, learn_signing_keys
from shared.auth.tokens import new_private_key, sign
from shared.clock import real_now
from shared.contracts.gateway import (
    KEY_SET,
    AccountChangedV1,
    SigningKeysChangedV1,
    SigningKeyState,
)
from shared.database import Transactions
from shared.http.app import create_app
from shared.http.auth import AccessIncomplete
from shared.ids import new_id
from tests.tokens import KEY, bearer, client_token, token
from tests.unit.shared.test_tokens import CLAIMS

CASES = "/api/v1/grid/cases"


def ask(http: FlaskClient, authorization: str | None) -> TestResponse:
    """Ask for cases with just this header."""
    http.environ_base.pop("HTTP_AUTHORIZATION", None)
    headers = {} if authorization is None else {"Authorization": authorization}
    return http.get(CASES, headers=headers)


def keys(version: int, *told: SigningKeyState) -> SigningKeysChangedV1:
    return SigningKeysChangedV1(key_set_id=KEY_SET, keys=list(told), version=version)


def state(expires_in: timedelta | None = None) -> SigningKeyState:
    public = KEY.public()
    until = None if expires_in is None else real_now() + expires_in
    return SigningKeyState(kid=public.kid, x=public.x, y=public.y, expires_at=until)


def test_without_a_token_one_is_told_to_sign_in(grid_http: FlaskClient) -> None:
    answer = ask(grid_http, None)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.json["type"] == "urn:linli:problem:token-missing"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="linli"'
    assert "登录" in answer.json["detail"]


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "bearer", "Token abc", ""]
)
def test_what_is_no_bearer_token_counts_as_none(grid_http: FlaskClient, header: str) -> None:
    assert ask(grid_http, header).json["type"] == "urn:linli:problem:token-missing"


@pytest.mark.parametrize("said", ["abc", "a.b.c", "x" * 8001, "null", "..", "张三"])
def test_what_is_no_token_of_ours_is_refused(grid_http: FlaskClient, said: str) -> None:
    answer = ask(grid_http, f"Bearer {said}".encode().decode("latin-1"))
    assert (answer.status_code, answer.json["type"]) == (401, "urn:linli:problem:token-invalid")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_the_scheme_is_read_in_any_case(grid_http: FlaskClient) -> None:
    assert ask(grid_http, f"bEaReR {token()}").status_code == 200


def test_a_token_for_another_service_does_not_open_this_one(grid_http: FlaskClient) -> None:
    answer = ask(grid_http, f"Bearer {token(audience=('inspections',))}")
    assert answer.json["type"] == "urn:linli:problem:token-for-other-service"


def test_a_token_is_not_taken_from_the_address_or_a_cookie(grid_http: FlaskClient) -> None:
    grid_http.environ_base.pop("HTTP_AUTHORIZATION")
    good = token("inspector", areas=("32",))
    grid_http.set_cookie("access_token", good)
    assert grid_http.get(f"{CASES}?access_token={good}").status_code == 401


def test_an_expired_token_says_that_it_is(grid_http: FlaskClient) -> None:
    old = sign(CLAIMS, KEY, real_now() - timedelta(minutes=11))
    assert ask(grid_http, f"Bearer {old}").json["type"] == "urn:linli:problem:token-expired"


def test_a_token_from_before_a_change_of_the_account_is_worthless_at_once(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    person = new_id()
    before, after = token(subject=person, version=4), token(subject=person, version=5)
    assert ask(grid_http, f"Bearer {before}").status_code == 200
    grid_db.run(learn_account, AccountChangedV1(account_id=person, active=True, version=5))
    assert ask(grid_http, f"Bearer {before}").json["type"] == "urn:linli:problem:token-revoked"
    assert ask(grid_http, f"Bearer {after}").status_code == 200


def test_a_blocked_account_stays_out_whatever_its_token_says(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    person = new_id()
    grid_db.run(learn_account, AccountChangedV1(account_id=person, active=False, version=5))
    assert ask(grid_http, f"Bearer {token(subject=person, version=9)}").status_code == 401


def test_news_of_an_account_that_comes_late_changes_nothing(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    person = new_id()
    for version, active in ((5, False), (4, True)):
        said = AccountChangedV1(account_id=person, active=active, version=version)
        grid_db.run(learn_account, said)
    assert ask(grid_http, f"Bearer {token(subject=person, version=6)}").status_code == 401


def test_a_new_set_of_keys_replaces_the_old_one_and_a_late_one_does_not(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    stranger = new_private_key().public()
    other = SigningKeyState(kid=stranger.kid, x=stranger.x, y=stranger.y, expires_at=None)
    grid_db.run(learn_signing_keys, keys(3, other))
    assert ask(grid_http, f"Bearer {token()}").status_code == 401
    grid_db.run(learn_signing_keys, keys(2, state()))
    assert ask(grid_http, f"Bearer {token()}").status_code == 401
    grid_db.run(learn_signing_keys, keys(4, other, state()))
    assert ask(grid_http, f"Bearer {token()}").status_code == 200


@pytest.mark.parametrize(("left", "status"), [(timedelta(), 401), (timedelta(minutes=1), 200)])
def test_a_key_signs_until_it_expires(
    grid_http: FlaskClient, grid_db: Transactions, left: timedelta, status: int
) -> None:
    grid_db.run(learn_signing_keys, keys(2, state(left)))
    assert ask(grid_http, f"Bearer {token()}").status_code == status


def test_a_role_that_may_not_is_refused_in_both_languages(grid_http: FlaskClient) -> None:
    headers = bearer(token("resident"))
    assert "角色" in grid_http.get(CASES, headers=headers).json["detail"]
    answer = grid_http.get(CASES, headers=headers | {"Accept-Language": "en"})
    assert (answer.status_code, answer.json["detail"]) == (403, "Your role may not do this")


def test_a_client_without_the_scope_is_told_which_one(grid_http: FlaskClient) -> None:
    answer = grid_http.get(CASES, headers=bearer(client_token("grid.areas:read")))
    assert (answer.status_code, answer.json["type"]) == (403, "urn:linli:problem:scope-missing")
    assert "grid.cases:read" in answer.json["detail"]
    assert grid_http.get(CASES, headers=bearer(client_token("grid.cases:read"))).status_code == 200


def test_health_and_the_description_of_the_service_need_no_token(grid_http: FlaskClient) -> None:
    grid_http.environ_base.pop("HTTP_AUTHORIZATION")
    for path in ("/healthz", "/readyz", "/metrics", "/api/v1/grid/openapi.json"):
        assert grid_http.get(path).status_code == 200


def test_what_no_route_answers_is_not_found_without_a_token(grid_http: FlaskClient) -> None:
    grid_http.environ_base.pop("HTTP_AUTHORIZATION")
    assert grid_http.get("/api/v1/grid/nothing").status_code == 404


def test_a_door_with_a_route_that_nobody_decided_on_does_not_open(grid_db: Transactions) -> None:
    without = {name: rule for name, rule in ACCESS.items() if name != "close_case"}
    with pytest.raises(AccessIncomplete, match="grid: close_case$"):
        create_app("grid", BLUEPRINTS, grid_db, without)


def test_a_door_with_a_rule_for_nothing_does_not_open(grid_db: Transactions) -> None:
    with pytest.raises(AccessIncomplete, match="grid: burn_case$"):
        create_app("grid", BLUEPRINTS, grid_db, {**ACCESS, "burn_case": PUBLIC})
