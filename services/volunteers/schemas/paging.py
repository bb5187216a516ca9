"""Owns the shape of asking for a part of a list."""

from dataclasses import dataclass, field

from marshmallow import validate

AREA = {"validate": validate.Regexp(r"[0-9]{2,15}\Z")}
COMMUNITY = {"validate": validate.Regexp(r"^[0-9]{12}\Z")}
TEXT = {"validate": [validate.Length(max=200), validate.Regexp(r"\s*\S")]}
REASON = {"validate": [validate.Length(max=500), validate.Regexp(r"\s*\S")]}
_MARK = {"validate": validate.Length(max=500)}


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Which part of a list to show: up to `limit` rows after the mark of the page before."""

    limit: int = field(default=50, metadata={"validate": validate.Range(1, 200)})
    after: str | None = field(default=None, metadata=_MARK)
