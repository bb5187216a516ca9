"""Other systems: how they get tokens, and how they lose them."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from services.gateway.domain.clients import MOST_PER_MINUTE
from shared.clock import real_now
from shared.database import Transactions
from tests.conftest import http_of
from tests.observe import outbox_of
from tests.tokens import bearer
from tests.usecases.gateway.doors import ROOT, administrator, column, door

SCOPES = ["grid.cases:read", "grid.areas:read", "inspections.findings:read"]
WANTED = {"name": "12345 热线平台", "scopes": SCOPES, "areas": ["320508", "320508019"]}


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


@pytest.fixture
def http(db: Transactions) -> FlaskClient:
    return door(db)


@pytest.fixture
def admin(db: Transactions, http: FlaskClient) -> dict[str, str]:
    return administrator(db, http)


@pytest.fixture
def live(db: Transactions) -> Iterator[str]:
    """A real server before the same database."""
    server = make_server("127.0.0.1", 0, http_of("gateway", db).application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{ROOT}"
    server.shutdown()
    thread.join()
    server.server_close()


def new_client(http: FlaskClient, admin: dict[str, str], **values: Any) -> dict[str, Any]:
    answer = http.post(f"{ROOT}/clients", json=WANTED | values, headers=admin)
    assert answer.status_code == 201, answer.json
    made: dict[str, Any] = answer.json
    return made


def ask(http: FlaskClient, client: dict[str, Any], **values: str) -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
    }
    return http.post(f"{ROOT}/oauth/token", data=form | values)


def claims_of(said: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(said, options={"verify_signature": False})
    return claims


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_a_client_library_that_nobody_here_wrote_gets_a_token(
    http: FlaskClient, admin: dict[str, str], live: str, way: str
) -> None:
    made = new_client(http, admin)
    with OAuth2Session(
        made["client_id"],
        made["client_secret"],
        scope="grid.cases:read grid.areas:read",
        token_endpoint_auth_method=way,
    ) as session:
        got = session.fetch_token(f"{live}/oauth/token", grant_type="client_credentials")
    assert (got["token_type"], got["expires_in"]) == ("Bearer", 600)
    assert got["scope"] == "grid.cases:read grid.areas:read"
    claims = claims_of(got["access_token"])
    assert (claims["aud"], claims["areas"]) == (["grid"], ["320508"])
    assert (claims["kind"], claims["sub"]) == ("client", made["client_id"])


def test_without_a_scope_a_client_gets_all_it_has(http: FlaskClient, admin: dict[str, str]) -> None:
    got = ask(http, new_client(http, admin)).json
    assert set(got["scope"].split()) == set(SCOPES)
    assert claims_of(got["access_token"])["aud"] == ["grid", "inspections"]


@pytest.mark.parametrize(
    ("values", "status", "error"),
    [
        ({"client_secret": "ls_wrong"}, 401, "invalid_client"),
        ({"client_id": "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"scope": "grid.cases:write"}, 400, "invalid_scope"),
        ({"scope": "grid.cases:read everything"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "x" * 2001}, 400, "invalid_request"),
    ],
)
def test_a_refusal_is_in_oauths_own_words(
    http: FlaskClient, admin: dict[str, str], values: dict[str, str], status: int, error: str
) -> None:
    answer = ask(http, new_client(http, admin), **values)
    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (status == 401) == ("WWW-Authenticate" in answer.headers)


def test_what_is_no_form_or_says_a_thing_twice_is_no_request(http: FlaskClient) -> None:
    url = f"{ROOT}/oauth/token"
    for answer in (
        http.post(url, json={"grant_type": "client_credentials"}),
        http.post(
            url,
            data="grant_type=client_credentials&grant_type=x&client_id=a&client_secret=b",
            content_type="application/x-www-form-urlencoded",
        ),
        http.post(
            url,
            data={"grant_type": "client_credentials", "client_secret": "b"},
            headers={"Authorization": "Basic YTpi"},
        ),
    ):
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    for header in ("Basic !!!", "Basic YWJj"):
        answer = http.post(
            url, data={"grant_type": "client_credentials"}, headers={"Authorization": header}
        )
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_new_secret_leaves_a_day_for_the_old_one(
    http: FlaskClient, db: Transactions, admin: dict[str, str]
) -> None:
    old = new_client(http, admin)
    new = http.post(f"{ROOT}/clients/{old['client_id']}/secrets", headers=admin).json
    assert ask(http, old).status_code == ask(http, new).status_code == 200
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE client_secrets SET expires_at = expires_at - interval '24 h'"
        )
    assert (ask(http, old).status_code, ask(http, new).status_code) == (401, 200)


def test_a_revoked_client_loses_its_tokens_at_once_and_for_good(
    http: FlaskClient, db: Transactions, admin: dict[str, str]
) -> None:
    made = new_client(http, admin, scopes=["gateway.people:read"])
    headers = bearer(ask(http, made).json["access_token"])
    names = {"ids": ["01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"]}
    assert http.post(f"{ROOT}/people/names", json=names, headers=headers).status_code == 200
    url = f"{ROOT}/clients/{made['client_id']}"
    assert http.post(f"{url}/revoke", headers=admin).json["revoked_at"]
    assert http.post(f"{ROOT}/people/names", json=names, headers=headers).status_code == 401
    assert ask(http, made).status_code == 401
    assert http.post(f"{url}/secrets", headers=admin).status_code == 409
    (said,) = [data for name, data in outbox_of(db) if name == "account_changed.v1"]
    assert (str(said.account_id), said.active) == (made["client_id"], False)


def test_a_change_needs_the_version_that_was_seen_and_voids_tokens(
    http: FlaskClient, admin: dict[str, str]
) -> None:
    made = new_client(http, admin)
    url = f"{ROOT}/clients/{made['client_id']}"
    change = {"scopes": ["grid.areas:read"]}
    assert http.patch(url, json=change, headers=admin).status_code == 428
    tag = http.get(url, headers=admin).headers["ETag"]
    changed = http.patch(url, json=change, headers=admin | {"If-Match": tag})
    assert (changed.status_code, changed.json["scopes"]) == (200, ["grid.areas:read"])
    stale = http.patch(url, json={"name": "x"}, headers=admin | {"If-Match": tag})
    assert (stale.status_code, stale.json["current"]["version"]) == (412, changed.json["version"])


def test_a_client_past_its_end_gets_nothing(
    http: FlaskClient, db: Transactions, admin: dict[str, str]
) -> None:
    until = (real_now() + timedelta(days=1)).isoformat()
    made = new_client(http, admin, valid_until=until)
    assert ask(http, made).status_code == 200
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE api_clients SET valid_until = now()")
    assert ask(http, made).status_code == 401


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"scopes": ["grid.everything:write"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"areas": ["32050"]}, "areas"),
        ({"areas": ["%"]}, "areas"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "valid_until"),
        ({"name": ""}, "name"),
        ({"client_secret": "mine"}, "client_secret"),
    ],
)
def test_a_client_that_makes_no_sense_is_refused_naming_the_field(
    http: FlaskClient, db: Transactions, admin: dict[str, str], values: Any, field: str
) -> None:
    answer = http.post(f"{ROOT}/clients", json=WANTED | values, headers=admin)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    assert column(db, "SELECT count(*) FROM api_clients") == [0]


def test_a_client_that_asks_all_the_time_is_slowed_down(
    http: FlaskClient, admin: dict[str, str]
) -> None:
    made = new_client(http, admin)
    statuses = [ask(http, made).status_code for _ in range(MOST_PER_MINUTE + 1)]
    assert statuses == [200] * MOST_PER_MINUTE + [429]


def test_a_secret_is_sent_again_to_who_lost_the_answer_and_stored_readable_nowhere(
    http: FlaskClient, db: Transactions, admin: dict[str, str]
) -> None:
    headers = admin | {"Idempotency-Key": "one-client"}
    first, again = (http.post(f"{ROOT}/clients", json=WANTED, headers=headers) for _ in range(2))
    assert first.json == again.json
    assert column(db, "SELECT count(*) FROM api_clients") == [1]
    secret = first.json["client_secret"].encode().hex()
    for table in ("api_clients", "client_secrets", "idempotency_keys", "audit_log", "outbox"):
        assert not any(secret in row for row in column(db, f"SELECT t::text FROM {table} t"))


def test_anyone_can_check_a_token_by_the_published_keys(
    http: FlaskClient, admin: dict[str, str]
) -> None:
    said = ask(http, new_client(http, admin)).json["access_token"]
    keys = jwt.PyJWKSet.from_dict(http.get(f"{ROOT}/.well-known/jwks.json").json)
    key = keys[jwt.get_unverified_header(said)["kid"]]
    assert jwt.decode(said, key, ["ES256"], audience="grid", issuer="linli")["kind"] == "client"


def test_the_list_of_clients_goes_from_the_newest_and_shows_no_secret(
    http: FlaskClient, admin: dict[str, str]
) -> None:
    made = [new_client(http, admin, name=f"系统{number}") for number in range(3)]
    first = http.get(f"{ROOT}/clients?limit=2", headers=admin).json
    rest = http.get(f"{ROOT}/clients?limit=2&after={first['next']}", headers=admin).json
    names = [one["name"] for one in first["items"] + rest["items"]]
    assert names == ["系统2", "系统1", "系统0"]
    one = http.get(f"{ROOT}/clients/{made[0]['client_id']}", headers=admin)
    assert made[0]["client_secret"] not in one.text


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"])
def test_an_end_that_nobody_could_read_back_is_refused_and_the_list_stays_readable(
    http: FlaskClient, admin: dict[str, str], end: str
) -> None:
    made = new_client(http, admin, valid_until="9998-12-31T23:59:59Z")
    address = f"{ROOT}/clients/{made['client_id']}"
    seen = admin | {"If-Match": http.get(address, headers=admin).headers["ETag"]}
    created = http.post(f"{ROOT}/clients", json=WANTED | {"valid_until": end}, headers=admin)
    changed = http.patch(address, json={"valid_until": end}, headers=seen)
    for answer in (created, changed):
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json["errors"]] == ["valid_until"]
    for reading in (f"{ROOT}/clients", address):
        assert http.get(reading, headers=admin).status_code == 200
