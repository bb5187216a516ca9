"""Owns how two writers of one thing don't overwrite each other: ETag, If-Match, 412 (RFC 9110).

A thing's strong entity tag is its version. Whether it still is the one that the caller saw is
decided in the use case, under the lock on the row; this module knows nothing of Flask.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import marshmallow
from marshmallow import fields

from shared.errors import Rejected

View = TypeVar("View")
Expected = frozenset[str] | None
"""The tags of which the thing must have one; None for no condition."""

IfMatchHeader = Mapping[str, str | None]
"""What `IfMatch` and `IfMatchRequired` give a route, for `expected_version`."""
Tagged = tuple[View, int, dict[str, str]]
"""A view, its status, and its ETag."""

_LIST = re.compile(r'\s*(?:(?:W/)?"[!#-~\x80-\xff]*"\s*(?:,\s*|\Z))+')
_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')
_DESCRIPTION = "ETag(s) of the version that the caller saw; `*` for any / 所见版本的 ETag"

ETAG: dict[str, Any] = {
    "ETag": {
        "description": "所示版本，供 If-Match 与 If-None-Match 使用 / the version shown",
        "schema": {"type": "string"},
    }
}
"""For `response(…, headers=ETAG)` of a route that answers `tagged` or `fingerprinted`."""


class Stale(Rejected):
    """The thing changed since the caller saw it; the answer carries it as it is now."""

    status = 412
    zh = "该内容已被他人修改，请以当前版本为准重新提交"
    en = "Somebody changed it since you saw it; decide anew on its current version"

    def __init__(self, current: object) -> None:
        """Take the fresh view; its `version` is the new entity tag."""
        super().__init__()
        self.current = current


class PreconditionRequired(Rejected):
    """The request must say which version it is about."""

    status = 428
    zh = "修改前须以 If-Match 注明所见版本（见读取时返回的 ETag）"
    en = "Say in If-Match which version you saw (the ETag of your last read)"


class IfMatchMalformed(Rejected):
    """The header is neither `*` nor a list of entity tags."""

    zh = 'If-Match 须为 * 或带引号的 ETag 列表，如 "3"'
    en = 'If-Match must be * or a list of quoted entity tags, such as "3"'


class IfMatch(marshmallow.Schema):
    """The optional header, for `arguments(IfMatch, location="headers")`."""

    if_match = fields.String(
        data_key="If-Match", load_default=None, metadata={"description": _DESCRIPTION}
    )


class IfMatchRequired(marshmallow.Schema):
    """The header where no change may be blind: without it the answer is 428."""

    if_match = fields.String(
        data_key="If-Match", required=True, metadata={"description": _DESCRIPTION}
    )

    @marshmallow.pre_load
    def _require(self, headers: Mapping[str, str], **_: Any) -> Mapping[str, str]:
        if "If-Match" not in headers:
            raise PreconditionRequired("If-Match")
        return headers


def expected_version(headers: IfMatchHeader) -> Expected:
    """Return which tags an If-Match header allows; a weak tag never matches (RFC 9110, 13.1.1).

    Raises:
        IfMatchMalformed
    """
    said = headers["if_match"]
    if said is None or said.strip() == "*":
        return None
    if not _LIST.fullmatch(said):
        raise IfMatchMalformed("If-Match")
    return frozenset(tag for weak, tag in _TAG.findall(said) if not weak)


def require_version(expected: Expected, version: int, current: Callable[[], object]) -> None:
    """Refuse when the thing, whose row is locked, has none of the expected versions.

    Raises:
        Stale: with what `current()` returns.
    """
    if expected is not None and str(version) not in expected:
        raise Stale(current())


def etag_of(view: Any) -> str:
    """Return the entity tag of a view: its version, quoted."""
    return f'"{view.version}"'


def tagged(view: View, status: int = 200) -> Tagged[View]:
    """Return the view with its entity tag; each change of what it shows must change its version."""
    return view, status, {"ETag": etag_of(view)}


def fingerprinted(view: View, status: int = 200) -> Tagged[View]:
    """Return the view with a tag of its whole content: for what also shows things around it.

    It answers If-None-Match; no If-Match knows it.
    """
    tag = hashlib.sha256(repr(view).encode()).hexdigest()[:32]
    return view, status, {"ETag": f'"{tag}"'}
