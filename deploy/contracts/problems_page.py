"""Owns docs/problems.md: every type of problem that a caller may be told, and what to do then."""

import importlib
import pkgutil
import re
import warnings
from collections.abc import Iterator
from http import HTTPStatus

import services
import shared
from shared.errors import Rejected
from shared.http import problems

_HEAD = """# 错误类型 / Problem types

每个被拒绝的请求都以 `application/problem+json`（RFC 9457）应答。程序认 `type`，它由
`urn:linli:problem:` 加下表首列构成，不会改变；人读 `title` 与 `detail`，语言随 `Accept-Language`
（默认 zh-CN，另有 en）。`instance` 是请求编号，报障时请附上。本页由 `make contracts` 写成。

Each refused request is answered with `application/problem+json` (RFC 9457). Programs read `type`:
`urn:linli:problem:` and the first column below; it never changes. People read `title` and `detail`.

| type | status | 含义 / meaning | 怎么办 / what to do |
|---|---|---|---|
"""
_DO = {
    400: "改正请求 / mend the request",
    401: "换取新令牌，或重新登录 / get a new token, or sign in again",
    403: "请账号管理员授权 / ask an account administrator for the right",
    404: "检查编号；授权区划以外亦按不存在处理 / check the id; nothing exists outside your areas",
    405: "见 openapi.json / see openapi.json",
    406: "不要限定应答格式 / don't ask for another format",
    408: "重发 / send again",
    409: "重新读取后再决定 / read it again and decide anew",
    410: "内容已清除，不可恢复 / it was erased for good",
    412: "以 `current` 为准重新决定 / decide anew on `current`",
    413: "缩小请求 / send less",
    414: "缩短地址 / shorten the address",
    415: "设好 Content-Type / set Content-Type",
    422: "按 `errors` 改正 / mend what `errors` names",
    428: "先读取，再以 `If-Match` 注明 `ETag` / read first, then send its `ETag` in `If-Match`",
    429: "按 `Retry-After` 稍候 / wait for `Retry-After`",
    431: "缩短请求头 / shorten the headers",
    500: "附 `instance` 报障 / report it with its `instance`",
    503: "按 `Retry-After` 稍候再发同一请求 / wait for `Retry-After`, send the same again",
}
_MACHINERY = {
    "bad-request": 400,
    "method-not-allowed": 405,
    "request-entity-too-large": 413,
    "request-uri-too-long": 414,
    "unsupported-media-type": 415,
    "invalid-request": 422,
    "request-header-fields-too-large": 431,
    "internal-server-error": 500,
    "not-implemented": 501,
    "took-too-long": 503,
    "unavailable": 503,
}
"""What Flask, gunicorn and the database refuse, without a class of ours."""

_ENDS_IN_COMMANDS = re.compile(r"\.migrations\b|\.(worker|cli|green)$|_cli$")


def page_text() -> str:
    """Return the page, sorted by type."""
    rows = {
        kind: _row(kind, status, *problems.title_of(status)) for kind, status in _MACHINERY.items()
    }
    for refusal in refusals():
        rows[_kind(refusal)] = _row(_kind(refusal), refusal.status, refusal.zh, refusal.en)
    return _HEAD + "".join(rows[kind] for kind in sorted(rows))


def refusals() -> list[type[Rejected]]:
    """Return every class of refusal of the system, sorted by name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
        for package in (shared, services):
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                if not _ENDS_IN_COMMANDS.search(module.name):
                    importlib.import_module(module.name)
    ours = {one for one in _below(Rejected) if one.__module__.startswith(("shared.", "services."))}
    return sorted(ours, key=lambda one: (one.__name__, one.__module__))


def _below(refusal: type[Rejected]) -> Iterator[type[Rejected]]:
    for one in refusal.__subclasses__():
        yield one
        yield from _below(one)


def _kind(refusal: type[Rejected]) -> str:
    return problems.kind_named(refusal.__name__)


def _row(kind: str, status: int, zh: str, en: str) -> str:
    meaning = re.sub(r"\{(\w+)[^}]*\}", r"`\1`", f"{zh}<br>{en}".replace("|", "\\|"))
    do = _DO.get(status, _DO[500])
    return f"| `{kind}` | {status} {HTTPStatus(status).phrase} | {meaning} | {do} |\n"
