"""The token endpoint under the hands of those who don't keep to the standard."""

import base64
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.gateway.domain.lockout import MISTAKES_PER_MINUTE
from services.gateway.usecases.purge import purge
from shared.clock import real_now
from shared.database import Transactions
from tests.usecases.gateway.doors import ROOT, administrator, column, door
from tests.usecases.gateway.test_clients import ask, new_client

TOKEN = f"{ROOT}/oauth/token"
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


@pytest.fixture
def http(db: Transactions) -> FlaskClient:
    return door(db)


@pytest.fixture
def client(db: Transactions, http: FlaskClient) -> dict[str, Any]:
    return new_client(http, administrator(db, http))


def basic(client_id: str, secret: str) -> dict[str, str]:
    packed = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {packed}"}


def test_who_guesses_secrets_is_shut_out_in_a_form_that_libraries_do_not_take_for_a_token(
    http: FlaskClient, client: dict[str, Any]
) -> None:
    for _ in range(MISTAKES_PER_MINUTE):
        assert ask(http, client, client_secret="ls_wrong").status_code == 401
    answer = ask(http, client)
    assert (answer.status_code, answer.mimetype) == (429, "application/json")
    assert answer.json["error"] == "temporarily_unavailable"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    other = http.post(
        TOKEN,
        data=GRANT,
        headers=basic(client["client_id"], client["client_secret"]) | {"X-Real-IP": "203.0.113.9"},
    )
    assert other.status_code == 200


@pytest.mark.parametrize("header", ["Basic \xff", "Basic /w==", "Basic", "Basic =", "basic YWJj"])
def test_a_header_that_can_not_be_read_is_an_unknown_client(http: FlaskClient, header: str) -> None:
    answer = http.post(TOKEN, data=GRANT, headers={"Authorization": header})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_who_says_twice_who_it_is_says_the_same(http: FlaskClient, client: dict[str, Any]) -> None:
    headers = basic(client["client_id"], client["client_secret"])
    same = http.post(TOKEN, data=GRANT | {"client_id": client["client_id"]}, headers=headers)
    assert same.status_code == 200
    other = http.post(TOKEN, data=GRANT | {"client_id": "another"}, headers=headers)
    assert (other.status_code, other.json["error"]) == (400, "invalid_request")


def test_nobody_is_a_client_by_an_account_or_by_a_persons_token(
    http: FlaskClient, db: Transactions
) -> None:
    admin = administrator(db, http)
    assert http.post(TOKEN, data=GRANT, headers=admin).json["error"] == "invalid_client"
    (account_id,) = column(db, "SELECT id FROM accounts")
    answer = http.post(TOKEN, data=GRANT, headers=basic(str(account_id), "x"))
    assert answer.json["error"] == "invalid_client"


def test_a_parameter_that_the_standard_does_not_know_is_passed_over(
    http: FlaskClient, client: dict[str, Any]
) -> None:
    assert ask(http, client, resource="urn:x").status_code == 200


def test_a_client_gets_no_refresh_token_and_can_not_do_what_persons_do(
    http: FlaskClient, client: dict[str, Any]
) -> None:
    got = ask(http, client).json
    assert set(got) == {"access_token", "token_type", "expires_in", "scope"}
    headers = {"Authorization": f"Bearer {got['access_token']}"}
    for method, path in (("get", "/clients"), ("get", "/sessions"), ("delete", "/sessions")):
        answer = getattr(http, method)(f"{ROOT}{path}", headers=headers)
        assert answer.status_code in (401, 403)


def test_the_audit_tells_which_clients_secret_was_guessed_and_never_the_guess(
    http: FlaskClient, db: Transactions, client: dict[str, Any]
) -> None:
    ask(http, client, client_secret="ls_a_wrong_one")
    ask(http, client, client_id="not a uuid")
    refused = "SELECT subject FROM audit_log WHERE action = 'client_refused' ORDER BY position"
    assert column(db, refused) == [
        f"client:{client['client_id']}",
        "client:00000000-0000-0000-0000-000000000000",
    ]
    assert not [row for row in column(db, "SELECT t::text FROM audit_log t") if "wrong_one" in row]


def test_a_new_secret_changes_the_version_that_is_shown_and_voids_no_token(
    http: FlaskClient, db: Transactions
) -> None:
    admin = administrator(db, http)
    made = new_client(http, admin, scopes=["gateway.people:read"])
    url = f"{ROOT}/clients/{made['client_id']}"
    before = http.get(url, headers=admin)
    said = {"Authorization": f"Bearer {ask(http, made).json['access_token']}"}
    assert http.post(f"{url}/secrets", headers=admin).status_code == 201
    after = http.get(url, headers=admin)
    assert before.headers["ETag"] != after.headers["ETag"]
    assert len(after.json["secrets"]) == 2
    names = http.post(f"{ROOT}/people/names", json={"ids": [made["client_id"]]}, headers=said)
    assert names.status_code == 200


def test_an_old_secret_is_swept_once_it_is_over(http: FlaskClient, db: Transactions) -> None:
    admin = administrator(db, http)
    made = new_client(http, admin)
    http.post(f"{ROOT}/clients/{made['client_id']}/secrets", headers=admin)
    assert db.change(purge, real_now()) == 0
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE client_secrets SET expires_at = now() - interval '1 s'"
            " WHERE expires_at IS NOT NULL"
        )
    assert db.change(purge, real_now()) == 1
    assert column(db, "SELECT count(*) FROM client_secrets") == [1]


@pytest.mark.parametrize(
    ("token", "status", "error"),
    [("lr_unknown", 200, None), ("a.b.c", 400, "unsupported_token_type")],
)
def test_a_revocation_of_what_can_not_be_revoked(
    http: FlaskClient, token: str, status: int, error: str | None
) -> None:
    answer = http.post(f"{ROOT}/oauth/revoke", data={"token": token})
    assert answer.status_code == status
    assert (answer.json or {}).get("error") == error


def test_the_public_keys_may_be_kept_for_five_minutes(http: FlaskClient) -> None:
    answer = http.get(f"{ROOT}/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.json["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
