"""Owns docs/problems.md: every type of problem that a caller may be told, and what to do then."""

import importlib
import pkgutil
import re
import warnings
from http import HTTPStatus

import services
import shared
from shared.errors import Rejected
from shared.http.problem_types import ProblemType, problem_types, refusals_in

_HEAD = """# 错误类型 / Problem types

每个被拒绝的请求都以 `application/problem+json`（RFC 9457）应答。程序认 `type`，它由
`urn:linli:problem:` 加下表首列构成，不会改变；人读 `title` 与 `detail`，语言随 `Accept-Language`
（默认 zh-CN，另有 en）。`instance` 是请求编号，报障时请附上。本页由 `make contracts` 写成。

Each refused request is answered with `application/problem+json` (RFC 9457). Programs read `type`:
`urn:linli:problem:` and the first column below; it never changes. People read `title` and `detail`.

| type | status | 含义 / meaning | 怎么办 / what to do |
|---|---|---|---|
"""
_ENDS_IN_COMMANDS = re.compile(r"\.migrations\b|\.(worker|cli|green)$|_cli$")


def page_text() -> str:
    """Return the page, sorted by type."""
    return _HEAD + "".join(_row(one) for one in problem_types(refusals()))


def refusals() -> list[type[Rejected]]:
    """Return every class of refusal of the system, sorted by name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
        for package in (shared, services):
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                if not _ENDS_IN_COMMANDS.search(module.name):
                    importlib.import_module(module.name)
    return refusals_in("shared", "services")


def _row(one: ProblemType) -> str:
    meaning = f"{one.zh}<br>{one.en}".replace("|", "\\|")
    status = f"{one.status} {HTTPStatus(one.status).phrase}"
    return f"| `{one.kind}` | {status} | {meaning} | {one.what_to_do} |\n"
