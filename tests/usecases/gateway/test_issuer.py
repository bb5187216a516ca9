"""An issuer that lies, breaks or dawdles gets nobody in and keeps nobody waiting for long."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug import Response

from services.gateway.domain.oidc import OidcAnswerInvalid
from services.gateway.issuer import Issuer
from services.gateway.settings import OidcSettings
from shared.database import Transactions
from tests.usecases.gateway.doors import ROOT, administrator, column, door, person
from tests.usecases.gateway.issuers import CLIENT, SECRET, LyingIssuer, lying_issuer, trickling

START = f"{ROOT}/session/oidc/start"
CALLBACK = f"{ROOT}/session/oidc/callback"


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


@pytest.fixture
def http(db: Transactions) -> FlaskClient:
    return door(db)


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[LyingIssuer]:
    with lying_issuer() as running:
        for name, value in {
            "LINLI_ENV": "test",
            "LINLI_OIDC_ISSUER": running.address,
            "LINLI_OIDC_CLIENT_ID": CLIENT,
            "LINLI_OIDC_CLIENT_SECRET": SECRET,
            "LINLI_OIDC_REDIRECT_URL": "http://127.0.0.1/back",
        }.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def linked(db: Transactions, http: FlaskClient, issuer: LyingIssuer) -> Any:
    """An account that is linked with `somebody`."""
    view = person(db, username="li.na", password=False)
    url = f"{ROOT}/accounts/{view.id}/identities"
    answer = http.post(url, json={"subject": "somebody"}, headers=administrator(db, http))
    assert answer.status_code == 201, answer.json
    return view


def sign_in(http: FlaskClient, **brought: str) -> Any:
    """Go to the issuer and come back at once; the issuer takes the code for the nonce."""
    answer = http.get(START)
    assert answer.status_code == 303, answer.json
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    back = {"state": query["state"][0], "code": query["nonce"][0]}
    return http.get(CALLBACK, query_string=back | brought)


def kind_of(answer: Any) -> str:
    return str(answer.json["type"]).removeprefix("urn:linli:problem:")


def test_an_honest_answer_gets_in(http: FlaskClient, linked: Any) -> None:
    assert sign_in(http).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another client"},
        {"aud": [CLIENT, "another"]},
        {"azp": "another client"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"iat": 1},
        {"sub": ""},
    ],
    ids=str,
)
def test_a_token_that_was_not_made_for_this_sign_in_gets_nobody_in(
    http: FlaskClient, db: Transactions, linked: Any, issuer: LyingIssuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    answer = sign_in(http)
    assert (answer.status_code, kind_of(answer)) == (401, "oidc-answer-invalid")
    assert column(db, f"SELECT count(*) FROM sessions WHERE account_id = '{linked.id}'") == [0]


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("lie", ["public key", "our secret", "none", "nonsense", "another's key"])
def test_a_token_that_the_issuers_key_did_not_sign_gets_nobody_in(
    http: FlaskClient, linked: Any, issuer: LyingIssuer, lie: str
) -> None:
    match lie:
        case "public key":
            issuer.sign_with_the_public_key()
        case "our secret":
            issuer.sign_with_the_clients_secret()
        case "none":
            issuer.raw_token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzb21lYm9keSJ9."
        case "nonsense":
            issuer.raw_token = "no.token.at all"
        case _:
            with lying_issuer() as other:
                issuer.signing_key = other.key
    assert kind_of(sign_in(http)) == "oidc-answer-invalid"


def test_a_new_key_of_the_issuer_is_read_when_it_is_met(issuer: LyingIssuer) -> None:
    settings = OidcSettings(issuer.address, CLIENT, "http://127.0.0.1/back", SECRET)
    patient, curious = Issuer(settings), Issuer(settings, keys_kept=0.0)
    for ours in (patient, curious):
        assert ours.claims_for("n", "verifier")["sub"] == "somebody"
    issuer.change_keys()
    assert curious.claims_for("n", "verifier")["sub"] == "somebody"
    # what was read less than a minute ago is not read again: nobody makes us ask all the time
    with pytest.raises(OidcAnswerInvalid):
        patient.claims_for("n", "verifier")


def test_what_the_issuer_published_is_read_once(http: FlaskClient, issuer: LyingIssuer) -> None:
    for _ in range(3):
        sign_in(http)
    assert issuer.asked.count("/.well-known/openid-configuration") == 1
    assert issuer.asked.count("/jwks") == 1


def test_our_secret_goes_by_basic_in_the_form_of_the_standard(
    http: FlaskClient, issuer: LyingIssuer
) -> None:
    sign_in(http)
    ((form, basic),) = issuer.forms
    assert (basic.username, basic.password) == (CLIENT, "a+secret%3A+of%2Flinli")
    assert "client_secret" not in form
    assert len(form["code_verifier"]) >= 43


def test_our_secret_goes_in_the_body_when_the_issuer_takes_no_basic(
    http: FlaskClient, issuer: LyingIssuer
) -> None:
    issuer.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    sign_in(http)
    ((form, basic),) = issuer.forms
    assert (basic, form["client_secret"]) == (None, SECRET)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://sso.example.gov.cn/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"issuer": None},
    ],
    ids=str,
)
def test_a_document_that_can_not_be_the_issuers_is_not_followed(
    http: FlaskClient, linked: Any, issuer: LyingIssuer, document: dict[str, Any]
) -> None:
    issuer.document = document
    begun = http.get(START)
    answer = begun if begun.status_code != 303 else sign_in(http)
    assert kind_of(answer) == "oidc-answer-invalid"
    assert "/token" not in issuer.asked


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Response(status=302, headers={"Location": "/elsewhere"}), "oidc-answer-invalid"),
        (Response('{"error": "invalid_grant"}', 400), "oidc-answer-invalid"),
        (Response("[]"), "oidc-answer-invalid"),
        (Response("{}"), "oidc-answer-invalid"),
        (Response("[" * 100_000), "oidc-answer-invalid"),
        (Response("<html>"), "oidc-answer-invalid"),
        (Response("busy", 503), "issuer-unreachable"),
        (Response(b" " * 1_100_000), "issuer-unreachable"),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("at", ["/token", "/.well-known/openid-configuration"])
def test_a_broken_answer_is_a_refusal_and_no_redirect_is_followed(
    http: FlaskClient, linked: Any, issuer: LyingIssuer, answer: Response, kind: str, at: str
) -> None:
    issuer.answer, issuer.answer_at = answer, at
    begun = http.get(START)
    told = begun if begun.status_code != 303 else sign_in(http)
    assert kind_of(told) == kind
    assert "/elsewhere" not in issuer.asked


def test_an_answer_that_trickles_in_is_given_up(http: FlaskClient, issuer: LyingIssuer) -> None:
    issuer.answer = Response(trickling(), direct_passthrough=True)
    started = time.monotonic()
    assert kind_of(sign_in(http)) == "issuer-unreachable"
    assert 4 < time.monotonic() - started < 10


def test_an_answer_that_another_issuer_claims_is_refused(
    http: FlaskClient, linked: Any, issuer: LyingIssuer
) -> None:
    assert kind_of(sign_in(http, iss="https://another.example")) == "oidc-sign-in-failed"
    assert sign_in(http, iss=issuer.address).status_code == 200


def test_in_production_an_issuer_without_https_is_a_mistake_of_the_operators(
    http: FlaskClient, issuer: LyingIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_ENV", "production")
    assert http.get(START).status_code == 500
    assert issuer.asked == []


def test_two_persons_whose_names_differ_in_case_are_two(
    http: FlaskClient, linked: Any, issuer: LyingIssuer
) -> None:
    issuer.claims = {"sub": "SOMEBODY"}
    assert kind_of(sign_in(http)) == "identity-not-linked"


def test_one_address_begins_thirty_times_a_minute(http: FlaskClient, issuer: LyingIssuer) -> None:
    statuses = [http.get(START).status_code for _ in range(31)]
    assert statuses == [303] * 30 + [429]
