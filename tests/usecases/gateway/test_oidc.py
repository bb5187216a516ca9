"""Sign-in by an outside issuer: a real OpenID provider (Authlib's) on loopback."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

with pytest.warns(DeprecationWarning):  # Authlib's own, of a module that the provider uses
    import oidc_provider_mock

from services.gateway.usecases.accounts import move_account
from shared.database import Transactions
from tests.usecases.gateway.doors import (
    ROOT,
    administrator,
    bearer_of,
    column,
    door,
    person,
    signed_in,
)
from tests.usecases.gateway.test_accounts import asked

# the provider's own: it calls what its library is about to drop
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SUBJECT = "320508199001011234"
BACK = "https://linli.example/api/v1/gateway/session/oidc/callback"
START = f"{ROOT}/session/oidc/start"
CALLBACK = f"{ROOT}/session/oidc/callback"


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


@pytest.fixture
def http(db: Transactions) -> FlaskClient:
    return door(db)


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        address = f"http://127.0.0.1:{server.server_port}"
        for name, value in {
            "LINLI_ENV": "test",
            "LINLI_OIDC_ISSUER": address,
            "LINLI_OIDC_CLIENT_ID": "linli",
            "LINLI_OIDC_CLIENT_SECRET": "a-secret-of-linli",
            "LINLI_OIDC_REDIRECT_URL": BACK,
        }.items():
            monkeypatch.setenv(name, value)
        yield address


@pytest.fixture
def linked(db: Transactions, http: FlaskClient, issuer: str) -> Any:
    """An account that is linked with SUBJECT."""
    view = person(db, username="li.na", password=False)
    url = f"{ROOT}/accounts/{view.id}/identities"
    answer = http.post(url, json={"subject": SUBJECT}, headers=administrator(db, http))
    assert answer.status_code == 201, answer.json
    return view


def go_there(http: FlaskClient) -> str:
    """Begin, and return where the browser is sent; it keeps its cookie."""
    answer = http.get(START)
    assert answer.status_code == 303, answer.json
    return str(answer.headers["Location"])


def come_back(there: str, subject: str = SUBJECT) -> dict[str, str]:
    """Sign in at the issuer's page; return what it gives the browser for us."""
    answer = requests.post(there, data={"sub": subject}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(BACK)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def test_who_is_linked_signs_in_by_the_issuer(http: FlaskClient, linked: Any) -> None:
    there = go_there(http)
    query = parse_qs(urlsplit(there).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert len(query["state"][0]) >= 43 and len(query["nonce"][0]) >= 43
    answer = http.get(CALLBACK, query_string=come_back(there))
    assert answer.status_code == 200, answer.json
    own = http.get(f"{ROOT}/me", headers=bearer_of(answer.json)).json
    assert own["id"] == str(linked.id)


def test_the_cookie_is_for_this_browser_and_this_way_alone(http: FlaskClient, issuer: str) -> None:
    plain = http.get(START).headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/api/v1/gateway/session/oidc", "Max-Age=600"):
        assert part in plain
    secured = http.get(START, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert "Secure" in secured


def test_who_is_linked_with_nobody_is_told_so(http: FlaskClient, issuer: str) -> None:
    answer = http.get(CALLBACK, query_string=come_back(go_there(http), "somebody.else"))
    assert (answer.status_code, answer.json["type"]) == (
        403,
        "urn:linli:problem:identity-not-linked",
    )


def test_who_is_blocked_does_not_come_in_by_the_issuer(
    http: FlaskClient, db: Transactions, linked: Any
) -> None:
    db.run(move_account, asked(linked), "block")
    assert http.get(CALLBACK, query_string=come_back(go_there(http))).status_code == 403


def test_a_way_back_works_once(http: FlaskClient, linked: Any) -> None:
    brought = come_back(go_there(http))
    assert http.get(CALLBACK, query_string=brought).status_code == 200
    assert http.get(CALLBACK, query_string=brought).status_code == 401


def test_nobody_comes_back_on_the_way_of_another_browser(
    http: FlaskClient, db: Transactions, linked: Any
) -> None:
    brought = come_back(go_there(http))
    victim = http.application.test_client()
    assert victim.get(CALLBACK, query_string=brought).status_code == 401
    victim.get(START)
    assert victim.get(CALLBACK, query_string=brought).status_code == 401
    assert column(db, "SELECT count(*) FROM sessions WHERE device <> '— · —'") == [0]


@pytest.mark.parametrize(
    "brought",
    [
        {},
        {"code": "x"},
        {"state": "x"},
        {"code": "x", "state": "y"},
        {"error": "access_denied", "state": "x"},
        {"code": "x" * 2001, "state": "y"},
        {"code": ["x", "x"], "state": "y"},
    ],
    ids=str,
)
def test_what_is_no_way_back_is_refused(
    http: FlaskClient, issuer: str, brought: dict[str, str]
) -> None:
    go_there(http)
    answer = http.get(CALLBACK, query_string=brought)
    assert (answer.status_code, answer.json["type"]) == (
        401,
        "urn:linli:problem:oidc-sign-in-failed",
    )


def test_a_code_of_another_sign_in_is_worth_nothing(http: FlaskClient, linked: Any) -> None:
    stolen = come_back(go_there(http))["code"]
    mine = come_back(go_there(http))
    answer = http.get(CALLBACK, query_string=mine | {"code": stolen})
    assert (answer.status_code, answer.json["type"]) == (
        401,
        "urn:linli:problem:oidc-answer-invalid",
    )


def test_a_sign_in_that_takes_longer_than_ten_minutes_is_over(
    http: FlaskClient, db: Transactions, linked: Any
) -> None:
    brought = come_back(go_there(http))
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE oidc_logins SET expires_at = now()")
    assert http.get(CALLBACK, query_string=brought).status_code == 401


def test_an_issuer_that_is_away_is_a_problem_to_try_again(
    http: FlaskClient, monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    monkeypatch.setitem(os.environ, "LINLI_OIDC_ISSUER", "http://127.0.0.1:1")
    answer = http.get(START)
    assert (answer.status_code, answer.json["type"]) == (
        503,
        "urn:linli:problem:issuer-unreachable",
    )


def test_an_installation_without_an_issuer_has_no_such_door(http: FlaskClient) -> None:
    for path in (START, CALLBACK):
        answer = http.get(path)
        assert (answer.status_code, answer.json["type"]) == (
            404,
            "urn:linli:problem:oidc-not-configured",
        )


def test_one_person_is_one_account_and_the_database_does_not_say_which(
    http: FlaskClient, db: Transactions, linked: Any
) -> None:
    admin = bearer_of(signed_in(http, "the.admin"))
    other = person(db, username="zhang.san")
    url = f"{ROOT}/accounts/{other.id}/identities"
    assert http.post(url, json={"subject": SUBJECT}, headers=admin).status_code == 409
    mine = f"{ROOT}/accounts/{linked.id}/identities"
    (line,) = http.get(mine, headers=admin).json["items"]
    rows = column(db, "SELECT t::text FROM oidc_identities t")
    assert rows and SUBJECT not in rows[0]
    assert http.delete(f"{mine}/{line['id']}", headers=admin).status_code == 204
    assert http.post(url, json={"subject": SUBJECT}, headers=admin).status_code == 201
