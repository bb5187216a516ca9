"""Owns the proof of the page that shows a service's API: whole, local, and strict about scripts."""

import re
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.grid.access import ACCESS
from services.grid.api import BLUEPRINTS
from shared.database import Transactions, build_engine
from shared.http.app import create_app
from tests.databases import KEYRING

DOCS = "/api/v1/grid/docs"


@pytest.fixture(scope="module")
def app() -> Flask:
    """A door whose database is away: the page needs none, and no token."""
    nowhere = build_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    return create_app("grid", BLUEPRINTS, Transactions(nowhere, None, KEYRING), ACCESS)


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_address_without_a_slash_leads_to_the_page_on_the_same_host(http: FlaskClient) -> None:
    answer = http.get(DOCS)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{DOCS}/")


def test_the_page_is_html_with_a_policy_that_allows_its_own_scripts_alone(
    http: FlaskClient,
) -> None:
    page = http.get(f"{DOCS}/")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    policy = dict(
        rule.strip().split(" ", 1) for rule in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "<script>" not in page.text and " on" not in re.sub(r"lang=\S+", "", page.text)


def test_all_that_the_page_asks_for_is_here(http: FlaskClient) -> None:
    page = http.get(f"{DOCS}/").text
    needed = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(needed) == 5
    assert "://" not in page
    for address in needed:
        with http.get(urljoin(f"{DOCS}/", address)) as answer:
            assert answer.status_code == 200, address
            assert len(answer.data) > 100


def test_what_never_changes_is_kept_for_a_year(http: FlaskClient) -> None:
    page = http.get(f"{DOCS}/").text
    (bundle,) = re.findall(r'src="([^"]+bundle.js)"', page)
    with http.get(urljoin(f"{DOCS}/", bundle)) as kept:
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert http.get(f"{DOCS}/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["index.html", "VERSION", "..%2f__init__.py", "../__init__.py", "swagger-ui.js"]
)
def test_nothing_else_of_the_package_is_served(http: FlaskClient, name: str) -> None:
    version = re.findall(r"v5[.0-9]+", http.get(f"{DOCS}/").text)[0]
    assert http.get(f"{DOCS}/{version}/{name}").status_code == 404


def test_the_document_is_asked_for_again_only_when_it_changed(http: FlaskClient) -> None:
    address = "/api/v1/grid/openapi.json"
    first = http.get(address)
    assert first.headers["Cache-Control"] == "no-cache"
    again = http.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_every_problem_that_the_page_of_problems_is_asked_for_stands_there_in_both_languages(
    http: FlaskClient,
) -> None:
    page = http.get(f"{DOCS}/problems")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    for kind in ("case-unknown", "token-expired", "idempotency-key-reused", "unavailable"):
        assert f'<tr id="{kind}"><td><code>{kind}</code></td>' in page.text
    assert "没有此案件<br>There is no such case" in page.text
    assert "account-unknown" not in page.text, "another service's"
    assert "://" not in page.text and "<script" not in page.text


def test_the_guide_leads_to_the_page_of_problems(http: FlaskClient) -> None:
    guide = http.get("/api/v1/grid/openapi.json").json["info"]["description"]
    assert f"({DOCS}/problems)" in guide
