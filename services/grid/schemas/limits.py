"""Owns how long and how large what callers send may be."""

from datetime import date
from typing import Any

from marshmallow import validate

PREFIX: dict[str, Any] = {"validate": validate.Regexp(r"[0-9]{2,15}\Z")}
LIMIT: dict[str, Any] = {"validate": validate.Range(min=1, max=200)}
WORDS: dict[str, Any] = {"validate": validate.Length(min=1, max=2000)}
NAME: dict[str, Any] = {"validate": validate.Length(min=1, max=100)}
MARK: dict[str, Any] = {"validate": validate.Length(max=200)}
CLASS: dict[str, Any] = {"validate": validate.Regexp(r"(?=.{1,64}\Z)[a-z0-9]+([._-][a-z0-9]+)*\Z")}
POST_CODE: dict[str, Any] = {"validate": validate.Regexp(r"(?=.{1,64}\Z)[a-z0-9]+(-[a-z0-9]+)*\Z")}
CODE: dict[str, Any] = {
    "validate": validate.Regexp(
        r"([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15})\Z",
        error="Not a code of 2, 4, 6, 9, 12 or 15 digits.",
    )
}
COUNT: dict[str, Any] = {"strict": True, "validate": validate.Range(min=0, max=10_000_000)}
DAY: dict[str, Any] = {"validate": validate.Range(min=date(1900, 1, 1), max=date(9998, 12, 31))}
COMMUNITY: dict[str, Any] = {"validate": validate.Regexp(r"[0-9]{12}\Z")}
CELL: dict[str, Any] = {"validate": validate.Regexp(r"[0-9]{15}\Z")}
