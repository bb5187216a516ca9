"""Owns the list of the types of problems: what each means, and what to do then."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.errors import Rejected
from shared.http import problems

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


@dataclass(frozen=True)
class ProblemType:
    """What a caller may be told; facts of the case stand as `name` in the sentences."""

    kind: str
    status: int
    zh: str
    en: str

    @property
    def what_to_do(self) -> str:
        """Say what to do then, in both languages."""
        return _DO.get(self.status, _DO[500])


def problem_types(refusals: Iterable[type[Rejected]]) -> list[ProblemType]:
    """Return the types of these refusals and of what the machinery refuses, sorted by name."""
    named = {
        kind: ProblemType(kind, status, *problems.title_of(status))
        for kind, status in _MACHINERY.items()
    }
    for one in refusals:
        kind = problems.kind_named(one.__name__)
        named[kind] = ProblemType(kind, one.status, _with_facts(one.zh), _with_facts(one.en))
    return [named[kind] for kind in sorted(named)]


def refusals_in(*packages: str) -> list[type[Rejected]]:
    """Return the classes of refusal of packages, as far as they were imported, sorted by name."""
    inside = tuple(f"{package}." for package in packages)
    found = {one for one in _below(Rejected) if one.__module__.startswith(inside)}
    return sorted(found, key=lambda one: (one.__name__, one.__module__))


def _below(refusal: type[Rejected]) -> Iterator[type[Rejected]]:
    for one in refusal.__subclasses__():
        yield one
        yield from _below(one)


def _with_facts(sentence: str) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", r"`\1`", sentence)
