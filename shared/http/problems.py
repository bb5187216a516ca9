"""Owns answers to bad requests: RFC 9457 problem+json, in the caller's language."""

import re
from collections.abc import Iterator
from typing import Any

import marshmallow
from flask import Response, g, json, request
from werkzeug.exceptions import HTTPException

from shared.errors import Rejected, TooMany
from shared.http.etags import Stale, etag_of
from shared.http.schemas import shows

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:linli:problem:"

_TITLES = {
    400: ("请求无法解析", "The request can't be read"),
    401: ("请先登录", "Sign in first"),
    403: ("无权进行此操作", "You may not do this"),
    404: ("未找到", "Not found"),
    405: ("此地址不支持该方法", "This address doesn't support the method"),
    406: ("无法以所要求的格式应答", "No answer in the requested format"),
    408: ("请求超时", "The request took too long"),
    409: ("当前状态不允许此操作", "The current state does not allow this"),
    410: ("内容已被删除", "This is gone for good"),
    412: ("内容已变更", "It has changed meanwhile"),
    413: ("请求内容过大", "The request is too large"),
    414: ("请求地址过长", "The address is too long"),
    415: ("不支持的内容类型", "The content type is not supported"),
    422: ("请求内容有误", "The request has mistakes"),
    428: ("须注明所见版本", "Say which version you saw"),
    429: ("请求过于频繁，请稍后再试", "Too many requests; try again later"),
    431: ("请求头过长", "The request's headers are too long"),
    500: ("系统内部错误，已记录", "An internal error; it has been recorded"),
    501: ("不支持该请求", "This is not supported"),
    502: ("上游服务应答有误", "A server behind this one gave no proper answer"),
    503: ("服务暂时不可用，请稍后再试", "Temporarily unavailable; try again later"),
    504: ("上游服务超时", "A server behind this one took too long"),
}

_KINDS = {414: "request-uri-too-long", 422: "invalid-request"}

# what marshmallow says, in Chinese; every number and word in it is kept
_MESSAGES = (
    (r"Missing data for required field\.", "必填项缺失"),
    (r"Field may not be null\.", "不能为空"),
    (r"Unknown field\.", "未知字段"),
    (r"Not a valid string\.", "不是有效的文本"),
    (r"Not a valid integer\.", "不是有效的整数"),
    (r"Not a valid boolean\.", "不是有效的布尔值"),
    (r"Not a valid UUID\.", "不是有效的 UUID"),
    (r"Not a valid list\.", "不是有效的列表"),
    (r"Not a valid (?:aware )?datetime\.", "不是有效的时间（须带时区）"),
    (r"Not a valid date\.", "不是有效的日期"),
    (r"Must lie in the years (\d+) to (\d+)\.", r"须在公元 \1 年至 \2 年之间"),
    (r"Given more than once\.", "重复出现，只能给出一次"),
    (r"Invalid input type\.", "类型不正确"),
    (r"Invalid value\.", "值不正确"),
    (r"Must be one of: (.+)\.", r"只能是以下之一：\1"),
    (r"Length must be between (\d+) and (\d+)\.", r"长度须在 \1 到 \2 之间"),
    (r"Shorter than minimum length (\d+)\.", r"长度不得少于 \1"),
    (r"Longer than maximum length (\d+)\.", r"长度不得超过 \1"),
    (
        r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.",
        r"须在 \1 到 \2 之间",
    ),
    (r"Must be greater than or equal to (\S+)\.", r"不得小于 \1"),
    (r"Must be less than or equal to (\S+)\.", r"不得大于 \1"),
    (r"String does not match expected pattern\.", "格式不正确"),
    (
        r"Not a code of 2, 4, 6, 9, 12 or 15 digits\.",
        "须为 2、4、6、9、12 或 15 位数字的区划代码",
    ),
    (r"Number too large\.", "数值过大"),
    (r"Invalid JSON body\.", "不是有效的 JSON"),
    (r"Nested more than (\d+) levels deep\.", r"嵌套超过 \1 层"),
    (r"More than (\d+) values\.", r"超过 \1 个值"),
)


class FaultSchema(marshmallow.Schema):
    """One thing at fault, and where it is."""

    field = marshmallow.fields.String(metadata={"description": "Dotted path, or a column"})
    location = marshmallow.fields.String(
        data_key="in", metadata={"description": "json, query, path or headers"}
    )
    row = marshmallow.fields.Integer(metadata={"description": "Line of a file; its header is 1"})
    value = marshmallow.fields.String()
    kind = marshmallow.fields.String(
        metadata={"description": "Its stable name in a file of shapes"}
    )
    feature = marshmallow.fields.Integer(metadata={"description": "Of GeoJSON, counted from 1"})
    ring = marshmallow.fields.Integer(metadata={"description": "Of the feature, counted from 1"})
    code = marshmallow.fields.String(metadata={"description": "The code of the feature's area"})
    lon = marshmallow.fields.Float(metadata={"description": "The spot, in the file's coordinates"})
    lat = marshmallow.fields.Float()
    area_m2 = marshmallow.fields.Float(metadata={"description": "How much, in square metres"})
    detail = marshmallow.fields.String(required=True)


class ProblemSchema(marshmallow.Schema):
    """RFC 9457: what went wrong, for a program (`type`) and for a person (`title`, `detail`)."""

    type = marshmallow.fields.String(required=True)
    title = marshmallow.fields.String(required=True)
    status = marshmallow.fields.Integer(required=True)
    detail = marshmallow.fields.String()
    instance = marshmallow.fields.String()
    errors = marshmallow.fields.List(
        marshmallow.fields.Nested(FaultSchema),
        metadata={"description": "What is at fault; of a file, the first hundred faults"},
    )
    error_count = marshmallow.fields.Integer(
        metadata={"description": "How many faults a file has in all"}
    )
    current = marshmallow.fields.Raw(
        metadata={"description": "With 412: the thing as it is now, in its usual form"}
    )


def language() -> str:
    """Return `zh` or `en`: what the caller prefers, Chinese when it doesn't say."""
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], default="zh-CN")
    return "en" if best == "en" else "zh"


def problem(status: int, kind: str, title: str, **more: Any) -> Response:
    """Return a problem+json answer; `kind` is its stable name."""
    body = {
        "type": TYPE_PREFIX + kind,
        "title": title,
        "status": status,
        "instance": f"urn:linli:request:{g.get('request_id', '')}",
    }
    body |= {key: value for key, value in more.items() if value}
    # a caller's own field name may hold half of a surrogate pair, which UTF-8 can't
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    response = Response(text, status, mimetype=MEDIA_TYPE)
    response.headers["Content-Language"] = "en" if language() == "en" else "zh-CN"
    return response


def rejected(error: Rejected) -> Response:
    """Answer a rule's refusal."""
    spoken = language()
    sentence = error.text(spoken)
    errors = [{"field": error.field, "detail": sentence}] if error.field else None
    answer = problem(
        error.status,
        kind_of(error),
        _title(error.status, spoken),
        detail=sentence,
        errors=errors,
        **_members(error),
    )
    if error.status == 401:  # RFC 9110, 15.5.2
        answer.headers["WWW-Authenticate"] = 'Bearer realm="linli"'
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Stale):
        answer.headers["ETag"] = etag_of(error.current)
    return answer


def kind_of(error: Rejected) -> str:
    """Return the stable name of a refusal, for a program."""
    return kind_named(type(error).__name__)


def kind_named(name: str) -> str:
    """Return the stable name of a class of refusals, by its own name."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def title_of(status: int) -> tuple[str, str]:
    """Return what a status means, in Chinese and English."""
    return _TITLES.get(status, ("请求失败", "The request failed"))


def kind_of_http(status: int, name: str) -> str:
    """Return the stable name of what Flask and Werkzeug refuse, by the name of their class."""
    return _KINDS.get(status) or kind_named(name)


def unavailable(kind: str = "unavailable") -> Response:
    """Answer while the database can't be reached, or took too long."""
    response = problem(503, kind, _title(503, language()))
    response.headers["Retry-After"] = "2"
    return response


def http_error(error: HTTPException) -> Response:
    """Answer what Flask, Werkzeug and webargs refuse."""
    status = error.code or 500
    spoken = language()
    messages = getattr(error, "data", {}).get("messages", {})
    errors = [
        {"in": location, "field": field, "detail": translated(text, spoken)}
        for location, found in messages.items()
        for field, text in flattened(found)
    ]
    kind = kind_of_http(status, type(error).__name__)
    answer = problem(status, kind, _title(status, spoken), errors=errors)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def _members(error: Rejected) -> dict[str, Any]:
    """Return what a refusal says beyond its sentence."""
    if not isinstance(error, Stale):
        return {}
    return {"current": shows(type(error.current))().dump(error.current)}


def flattened(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, message) of marshmallow's nested messages."""
    if isinstance(messages, dict):
        for key, value in messages.items():
            name = path if key == "_schema" else f"{path}.{key}".lstrip(".")
            yield from flattened(value, name)
    elif isinstance(messages, list):
        for message in messages:
            yield from flattened(message, path)
    else:
        yield path, str(messages)


def translated(message: str, spoken: str) -> str:
    """Return what marshmallow says, in the caller's language."""
    if spoken == "en":
        return message
    for pattern, chinese in _MESSAGES:
        if match := re.fullmatch(pattern, message):
            return match.expand(chinese)
    return message


def _title(status: int, spoken: str) -> str:
    chinese, english = title_of(status)
    return english if spoken == "en" else chinese
