"""Owns how the OpenAPI documents describe refusals: one response per status, with an example."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar

from shared.errors import Rejected
from shared.http import problems

View = TypeVar("View", bound=Callable[..., Any])

_REQUEST = "01931f6a-2c40-7c11-9d0e-5b1f6a2c4001"
_RETRY = {
    "Retry-After": {
        "description": "秒 / seconds until a try may pass",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {
        "WWW-Authenticate": {"description": "RFC 6750", "schema": {"type": "string"}},
    },
    412: {"ETag": {"description": "The current version's", "schema": {"type": "string"}}},
    429: _RETRY,
    503: _RETRY,
}
_EXAMPLES: dict[int, tuple[str, str, dict[str, Any]]] = {
    400: (
        "bad-request",
        "",
        {"errors": [{"in": "json", "field": "", "detail": "不是有效的 JSON"}]},
    ),
    401: ("token-expired", "访问令牌已过期，请用刷新令牌换取新的", {}),
    403: ("role-not-allowed", "您的角色无权进行此操作", {}),
    404: ("not-found", "", {}),
    409: ("conflict", "当前状态不允许此操作", {}),
    412: ("stale", "该内容已被他人修改，请以当前版本为准重新提交", {"current": {"version": 4}}),
    413: ("request-entity-too-large", "", {}),
    415: ("unsupported-media-type", "", {}),
    422: (
        "invalid-request",
        "",
        {"errors": [{"in": "json", "field": "note", "detail": "必填项缺失"}]},
    ),
    428: (
        "precondition-required",
        "修改前须以 If-Match 注明所见版本（见读取时返回的 ETag）",
        {
            "errors": [
                {
                    "field": "If-Match",
                    "detail": "修改前须以 If-Match 注明所见版本（见读取时返回的 ETag）",
                }
            ]
        },
    ),
    429: ("too-many", "请求过于频繁，请在 7 秒后再试", {}),
    503: ("unavailable", "", {}),
}


def refuses(*refusals: type[Rejected]) -> Callable[[View], View]:
    """Document what a route refuses beyond what its parts say of every such route."""

    def declared(view: View) -> View:
        vars(view)["linli_refuses"] = refusals
        return view

    return declared


def refused_by(view: Callable[..., Any]) -> tuple[type[Rejected], ...]:
    """Return what a route declared by `refuses`."""
    found: tuple[type[Rejected], ...] = vars(view).get("linli_refuses", ())
    return found


def responses() -> dict[str, Any]:
    """Return the components for `#/components/responses`, by name."""
    named = {name_of(status): _response(status) for status in _EXAMPLES}
    content = {problems.MEDIA_TYPE: {"schema": _SCHEMA}}
    other = {"description": "其他错误 / any other refusal", "content": content}
    return named | {"Problem": other}


def name_of(status: int) -> str:
    """Return the name of a status's component."""
    return f"Problem{status}"


_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def response_of(refusals: Iterable[type[Rejected]], status: int, general: bool) -> dict[str, Any]:
    """Return the response of one status with an example of each refusal, by its type.

    `general` adds the example that every route of that status has.
    """
    examples = {
        problems.kind_named(one.__name__): _example(
            status, problems.kind_named(one.__name__), one.zh, {}
        )
        for one in refusals
    }
    if general:
        examples[_EXAMPLES[status][0]] = _example(status, *_EXAMPLES[status])
    named = {kind: {"value": example} for kind, example in examples.items()}
    return _described(status, {"schema": _SCHEMA, "examples": named})


def content_of(status: int) -> dict[str, Any]:
    """Return the problem of a status as one more form of an answer, with its example."""
    example = _example(status, *_EXAMPLES[status])
    return {problems.MEDIA_TYPE: {"schema": _SCHEMA, "example": example}}


def _response(status: int) -> dict[str, Any]:
    return _described(status, content_of(status)[problems.MEDIA_TYPE])


def _described(status: int, content: dict[str, Any]) -> dict[str, Any]:
    chinese, english = problems.title_of(status)
    described: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {chinese} / {english}",
        "content": {problems.MEDIA_TYPE: content},
    }
    if headers := _HEADERS.get(status):
        described["headers"] = headers
    return described


def _example(status: int, kind: str, detail: str, more: dict[str, Any]) -> dict[str, Any]:
    example = {
        "type": problems.TYPE_PREFIX + kind,
        "title": problems.title_of(status)[0],
        "status": status,
        "instance": f"urn:linli:request:{_REQUEST}",
    }
    return example | ({"detail": detail} if detail else {}) | more
