"""Owns what a service's OpenAPI document says beyond its schemas: who may, what may be refused,
which headers matter, an example of everything, and a guide for the developer outside.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from apispec import APISpec
from flask import Flask

from shared.auth.access import Rule
from shared.auth.roles import EVERYONE, ROLES
from shared.errors import Rejected
from shared.http import idempotency, openapi_problems

TOKEN_URL = "/api/v1/gateway/oauth/token"  # nosec B105: an address
EXAMPLES_FILE = "examples.json"
PARKED_EXAMPLES = Path(__file__).with_name("parked_examples.json")

_GUIDE = Path(__file__).with_name("openapi_guide.md")
_SERVICES = Path(__file__).resolve().parents[2] / "services"
_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_TEXT = {"type": "string"}
_KEY_TEXT = (
    "调用方自选的唯一值。同一调用方以同一键重发同一请求，24 小时内得到首次的应答，不会重复生效。"
    " / A unique value of the caller's choice: the same request sent again with it within 24 hours"
    " gets the first answer and has no second effect."
)
_HEADERS: dict[str, Any] = {
    "X-Request-Id": {"description": "此次请求的编号 / names this request", "schema": _TEXT},
    idempotency.REPLAYED: {
        "description": "`true`：重发的请求，此为首次的应答 / this is the first answer again",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {
        "description": '下一页的地址 / where the next page is: `<…>; rel="next"` (RFC 8288)',
        "schema": _TEXT,
    },
}
_PARAMETERS: dict[str, Any] = {
    "IdempotencyKey": {
        "name": idempotency.HEADER,
        "in": "header",
        "description": _KEY_TEXT,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "example": "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001",
    },
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": (
            "调用方给出的请求编号：8–128 个字母、数字或 . _ -，否则另行编号"
            " / the caller's own name for the request: 8-128 of A-Za-z0-9._-, else replaced"
        ),
        "schema": _TEXT,
    },
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "错误信息的语言 / language of refusals: zh-CN (default), en",
        "schema": _TEXT,
    },
}


def document_text(app: Flask, spec: APISpec) -> str:
    """Return the document of a service as JSON, sorted and stable; made once."""
    text: str | None = app.extensions.get("linli_openapi")
    if text is None:
        document = _described(app, spec.to_dict())
        text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        app.extensions["linli_openapi"] = text
    return text


def examples_of(service: str) -> dict[str, Any]:
    """Return what is shown as example, and the Chinese summary, of each operation by its id."""
    own = _SERVICES / service / EXAMPLES_FILE
    files = [file for file in (PARKED_EXAMPLES, own) if file.exists()]
    found: dict[str, Any] = {}
    for file in files:
        found |= json.loads(file.read_text(encoding="utf-8"))
    return found


def operations_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (path, method, operation)."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _described(app: Flask, document: dict[str, Any]) -> dict[str, Any]:
    access: Mapping[str, Rule] = app.extensions["linli_access"]
    examples = examples_of(app.name)
    views = {endpoint.rpartition(".")[2]: view for endpoint, view in app.view_functions.items()}
    for path, method, operation in operations_of(document):
        name = operation["operationId"]
        _say_who(operation, access[name], examples.get(name, {}).get("zh", ""))
        once = idempotency.honours_key(views[name])
        _add_headers(operation, once, document["components"]["schemas"])
        fitting = _fitting(operation, method, "{" in path, access[name], once)
        _add_refusals(operation, fitting, openapi_problems.refused_by(views[name]))
        _add_examples(operation, examples.get(name, {}))
    components = document["components"]
    components["responses"] = openapi_problems.responses()
    components["headers"] = _HEADERS
    components["parameters"] = _PARAMETERS
    components["securitySchemes"] = _security_schemes(access)
    guide = _GUIDE.read_text(encoding="utf-8").replace("{service}", app.name)
    document["info"]["description"] = guide
    document["servers"] = [{"url": "/"}]
    return document


def _say_who(operation: dict[str, Any], rule: Rule, chinese: str) -> None:
    operation["security"] = _security_of(rule)
    operation["x-summary-zh"] = chinese
    said = [chinese, operation.get("description", ""), _who_may(rule)]
    operation["description"] = "\n\n".join(text for text in said if text)


def _security_of(rule: Rule) -> list[dict[str, list[str]]]:
    if rule.public:
        return []
    needed: list[dict[str, list[str]]] = [{"bearer": []}]
    return [*needed, {"client": [rule.scope]}] if rule.scope else needed


def _who_may(rule: Rule) -> str:
    """Return in both languages which roles, and which clients, may do it."""
    if rule.public:
        return "谁可以：任何人，无须令牌 / Who may: anyone, without a token"
    zh = "、".join(ROLES[role][0] for role in EVERYONE if role in rule.roles)
    en = ", ".join(ROLES[role][1] for role in EVERYONE if role in rule.roles)
    if rule.roles == frozenset(EVERYONE):
        zh, en = "任何已登录人员", "anyone signed in"
    if rule.by_area:
        zh, en = f"{zh}（限授权区划内）", f"{en} (within the areas granted)"
    if rule.scope:
        zh, en = f"{zh}；客户端须有 `{rule.scope}`", f"{en}; clients with `{rule.scope}`"
    return f"谁可以：{zh} / Who may: {en}"


def _security_schemes(access: Mapping[str, Rule]) -> dict[str, Any]:
    scopes = sorted({rule.scope for rule in access.values() if rule.scope})
    uses = {
        scope: ", ".join(sorted(name for name, rule in access.items() if rule.scope == scope))
        for scope in scopes
    }
    bearer = "人员的访问令牌，10 分钟有效 / a person's access token, good for 10 minutes"
    client = "其他系统的客户端 / clients: other systems (RFC 6749, 4.4)"
    return {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": bearer,
        },
        "client": {
            "type": "oauth2",
            "description": client,
            "flows": {"clientCredentials": {"tokenUrl": TOKEN_URL, "scopes": uses}},
        },
    }


def _add_headers(operation: dict[str, Any], once: bool, schemas: Mapping[str, Any]) -> None:
    named = ["IdempotencyKey"] if once else []
    parameters = operation.setdefault("parameters", [])
    parameters += [_ref("parameters", name) for name in (*named, "RequestId", "AcceptLanguage")]
    for response in _successes(operation):
        headers = response.setdefault("headers", {})
        headers["X-Request-Id"] = _ref("headers", "X-Request-Id")
        if once:
            headers[idempotency.REPLAYED] = _ref("headers", idempotency.REPLAYED)
        shown = response.get("content", {}).get(_JSON, {}).get("schema", {}).get("$ref", "")
        if {"items", "next"} <= schemas.get(shown.rpartition("/")[2], {}).get(
            "properties", {}
        ).keys():
            headers["Link"] = _ref("headers", "Link")


def _add_refusals(
    operation: dict[str, Any],
    fitting: Mapping[int, bool],
    refused: Sequence[type[Rejected]] = (),
) -> None:
    responses = operation["responses"]
    for status in {*fitting, *(refusal.status for refusal in refused)}:
        own = [refusal for refusal in refused if refusal.status == status]
        general = fitting.get(status, False)
        if own:
            said = openapi_problems.response_of(own, status, general)
            responses[str(status)] = said
        elif general and _JSON in responses.get(str(status), {}).get("content", {}):
            # OAuth's own words; the front door answers in ours
            responses[str(status)]["content"] |= openapi_problems.content_of(status)
        elif general:
            responses[str(status)] = _ref("responses", openapi_problems.name_of(status))
    responses["default"] = _ref("responses", "Problem")


def _fitting(
    operation: Mapping[str, Any], method: str, one: bool, rule: Rule, once: bool
) -> dict[int, bool]:
    """Return which statuses an operation of such parts may refuse with."""
    body = operation.get("requestBody", {}).get("content", {})
    ours = bool(body) and _FORM not in body  # forms are OAuth's: refused with its 400
    named = {p["name"]: p for p in operation["parameters"] if "name" in p}
    takes_key = once or (method == "post" and not rule.public)
    return {
        400: _JSON in body,
        401: not rule.public,
        403: not rule.public,
        404: one,
        409: method != "get" and (once or not rule.public),
        412: "If-Match" in named,
        413: bool(body),
        415: ours,
        422: bool(ours or named or takes_key),
        428: named.get("If-Match", {}).get("required", False),
        429: True,
        503: True,
    }


def _add_examples(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    body = operation.get("requestBody", {}).get("content", {})
    if body and "request" in example:
        body.get(_JSON, next(iter(body.values())))["example"] = example["request"]
    for response in _successes(operation):
        if "response" in example and _JSON in response.get("content", {}):
            response["content"][_JSON]["example"] = example["response"]


def _successes(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [answer for code, answer in operation["responses"].items() if code[0] in "23"]


def _ref(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{name}"}
