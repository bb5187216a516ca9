"""Owns the proof that what is published of every service's HTTP door is complete, true and current.

`make contracts` writes it.
"""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.validators import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from deploy.contracts.openapi import documents
from deploy.contracts.problems_page import page_text, refusals
from shared.auth.access import Rule
from shared.http import problems
from shared.http.openapi import examples_of, operations_of
from shared.http.parked import PARKED_ACCESS

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXTS = documents()
DOCUMENTS: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in TEXTS.items()}
each_service = pytest.mark.parametrize("service", sorted(DOCUMENTS))
Operation = dict[str, Any]
CHINESE = re.compile("[一-鿿]")
FOREIGN = ("issue_client_token", "revoke_refresh_token")
"""What OAuth libraries call refuses in their form (RFC 6749, 5.2)."""
SIGNING_IN = (
    "sign_in",
    "refresh_session",
    "activate_password",
    "finish_oidc_sign_in",
    "issue_client_token",
)
"""Open to all, and 401 when it isn't the right one who comes."""


def operations() -> Iterator[Any]:
    for service, document in DOCUMENTS.items():
        for path, method, operation in operations_of(document):
            name = operation["operationId"]
            yield pytest.param(service, path, method, operation, id=f"{service}.{name}")


each_operation = pytest.mark.parametrize(
    ("service", "path", "method", "operation"), list(operations())
)


def access_of(service: str) -> dict[str, Rule]:
    return {**importlib.import_module(f"services.{service}.access").ACCESS, **PARKED_ACCESS}


def resolved(service: str, part: Any) -> Any:
    """Return a part of a document, or what it refers to."""
    if not isinstance(part, dict) or "$ref" not in part:
        return part
    found: Any = DOCUMENTS[service]
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def headers_of(service: str, operation: Operation) -> dict[str, Any]:
    """Return the headers that a caller may send, by name."""
    parameters = [resolved(service, one) for one in operation["parameters"]]
    return {one["name"]: one for one in parameters if one["in"] == "header"}


def success_of(operation: Operation) -> dict[str, Any]:
    return next(answer for code, answer in operation["responses"].items() if code[0] in "23")


def operation_of(service: str, name: str) -> Operation:
    found = operations_of(DOCUMENTS[service])
    return next(one for _, _, one in found if one["operationId"] == name)


def examples_in(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the one example, or the values of several."""
    if "example" in content:
        return [content["example"]]
    return [one["value"] for one in content["examples"].values()]


def test_the_published_documents_are_current() -> None:
    published = {file.stem: file.read_text("utf-8") for file in (DOCS / "openapi").glob("*.json")}
    assert published == TEXTS, "run `make contracts`"


def test_the_published_page_of_problems_is_current() -> None:
    assert (DOCS / "problems.md").read_text("utf-8") == page_text(), "run `make contracts`"


def test_the_page_of_problems_has_every_refusal_in_both_languages() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (\d+)", page_text(), re.MULTILINE))
    for refusal in refusals():
        assert rows[problems.kind_named(refusal.__name__)] == str(refusal.status)
        assert CHINESE.search(refusal.zh) and not CHINESE.search(refusal.en), refusal
        assert problems.title_of(refusal.status)[0] != "请求失败", refusal


def test_a_type_of_problem_has_one_status_in_all_services() -> None:
    statuses: dict[str, set[int]] = {}
    for refusal in refusals():
        statuses.setdefault(refusal.__name__, set()).add(refusal.status)
    assert [name for name, found in statuses.items() if len(found) > 1] == []


@each_service
def test_a_document_is_openapi_3_1(service: str) -> None:
    jsonschema.Draft202012Validator(OPENAPI_31).validate(DOCUMENTS[service])
    for schema in DOCUMENTS[service]["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@each_service
def test_every_reference_of_a_document_leads_somewhere(service: str) -> None:
    for reference in re.findall(r'"\$ref": "([^"]+)"', TEXTS[service]):
        assert resolved(service, {"$ref": reference}), reference


@each_service
def test_a_guide_tells_a_developer_outside_how_to_begin(service: str) -> None:
    guide = DOCUMENTS[service]["info"]["description"]
    for needed in ("oauth/token", "Idempotency-Key", "If-Match", "after", "problem", "curl"):
        assert needed in guide
    assert f"`{service}`" in guide


@each_service
def test_examples_are_of_operations_that_exist(service: str) -> None:
    names = {operation["operationId"] for _, _, operation in operations_of(DOCUMENTS[service])}
    assert set(examples_of(service)) <= names


@each_service
def test_scopes_are_those_of_the_access_table(service: str) -> None:
    flows = DOCUMENTS[service]["components"]["securitySchemes"]["client"]["flows"]
    scopes = {rule.scope for rule in access_of(service).values() if rule.scope}
    assert set(flows["clientCredentials"]["scopes"]) == scopes
    assert flows["clientCredentials"]["tokenUrl"] == "/api/v1/gateway/oauth/token"


@each_operation
def test_an_operation_is_summed_up_in_both_languages(
    service: str, path: str, method: str, operation: Operation
) -> None:
    assert operation["summary"].isascii()
    assert CHINESE.search(operation["x-summary-zh"])
    assert operation["x-summary-zh"] in operation["description"]
    assert "谁可以" in operation["description"] and "Who may" in operation["description"]


@each_operation
def test_an_operation_says_its_security_as_the_access_table_has_it(
    service: str, path: str, method: str, operation: Operation
) -> None:
    rule = access_of(service)[operation["operationId"]]
    schemes = {name: scopes for one in operation["security"] for name, scopes in one.items()}
    assert ("bearer" in schemes) == (not rule.public)
    assert schemes.get("client", [None]) == [rule.scope]
    refuses = not rule.public or operation["operationId"] in SIGNING_IN
    assert ("401" in operation["responses"]) == refuses


@each_operation
def test_refusals_are_problems_with_examples(
    service: str, path: str, method: str, operation: Operation
) -> None:
    for code, answer in operation["responses"].items():
        foreign = operation["operationId"] in FOREIGN and code in ("400", "401", "429")
        if code[0] in "45" and not foreign:
            content = resolved(service, answer)["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert {str(one["status"]) for one in examples_in(content)} == {code}
    assert {"429", "503", "default"} <= operation["responses"].keys()


@pytest.mark.parametrize(
    ("name", "code", "kinds"),
    [
        ("sign_in", "401", {"sign-in-failed"}),
        ("refresh_session", "401", {"refresh-token-invalid", "refresh-token-reused"}),
        ("activate_password", "401", {"activation-refused"}),
        ("start_oidc_sign_in", "404", {"oidc-not-configured"}),
        ("finish_oidc_sign_in", "401", {"oidc-sign-in-failed"}),
        ("finish_oidc_sign_in", "403", {"identity-not-linked"}),
        ("finish_oidc_sign_in", "404", {"oidc-not-configured"}),
        ("unmask_name", "410", {"person-erased"}),
        ("rename_account", "410", {"person-erased"}),
        ("create_account", "410", {"person-erased"}),
        ("erase_account", "422", {"reason-names-somebody", "invalid-request"}),
        ("get_account", "401", {"token-expired"}),
    ],
)
def test_a_refusal_of_one_operation_is_shown_by_example(
    name: str, code: str, kinds: set[str]
) -> None:
    answer = resolved("gateway", operation_of("gateway", name)["responses"][code])
    examples = examples_in(answer["content"]["application/problem+json"])
    assert {one["type"].removeprefix("urn:linli:problem:") for one in examples} == kinds


@pytest.mark.parametrize(
    ("name", "code", "error"),
    [
        ("issue_client_token", "400", "invalid_scope"),
        ("issue_client_token", "401", "invalid_client"),
        ("issue_client_token", "429", "temporarily_unavailable"),
        ("revoke_refresh_token", "400", "unsupported_token_type"),
    ],
)
def test_a_refusal_in_oauths_words_is_shown_by_example(name: str, code: str, error: str) -> None:
    responses = operation_of("gateway", name)["responses"]
    content = responses[code]["content"]["application/json"]
    Draft202012Validator(resolved("gateway", content["schema"])).validate(content["example"])
    assert content["example"]["error"] == error
    assert not {"415", "422"} & set(responses), "a form is refused with 400"
    assert code != "429" or "application/problem+json" in responses[code]["content"]


@each_operation
def test_headers_are_described(service: str, path: str, method: str, operation: Operation) -> None:
    sent, answered = headers_of(service, operation), success_of(operation)["headers"]
    assert {"X-Request-Id", "Accept-Language"} <= sent.keys()
    assert "X-Request-Id" in answered
    assert ("Idempotency-Key" in sent) == ("Idempotent-Replayed" in answered)
    if method != "post":
        assert "Idempotency-Key" not in sent
    if "If-Match" in sent:
        assert {"412"} <= operation["responses"].keys() and "ETag" in answered
    if sent.get("If-Match", {}).get("required"):
        assert "428" in operation["responses"]


@each_operation
def test_a_list_says_where_its_next_page_is(
    service: str, path: str, method: str, operation: Operation
) -> None:
    content = success_of(operation).get("content", {}).get("application/json", {})
    properties = resolved(service, content.get("schema", {})).get("properties", {})
    assert ("Link" in success_of(operation)["headers"]) == ({"items", "next"} <= set(properties))


@each_operation
def test_examples_fit_their_schemas(
    service: str, path: str, method: str, operation: Operation
) -> None:
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        assert [one["example"] for one in body.values() if "example" in one], "no example"
    for content in [*body.values(), *success_of(operation).get("content", {}).values()]:
        if "example" in content:
            schema = content["schema"] | {"components": DOCUMENTS[service]["components"]}
            checker = Draft202012Validator.FORMAT_CHECKER
            Draft202012Validator(schema, format_checker=checker).validate(content["example"])


@each_operation
def test_an_answer_with_content_has_an_example(
    service: str, path: str, method: str, operation: Operation
) -> None:
    content = success_of(operation).get("content", {}).get("application/json")
    assert content is None or "example" in content
