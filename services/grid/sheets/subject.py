"""Owns what a subject says of itself to come in and go out as a spreadsheet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, TypeVar, cast

import marshmallow
from sqlalchemy.orm import Session

from shared.auth.callers import Caller
from shared.http.schemas import accepts
from shared.sheets.columns import Column

Request = TypeVar("Request")
Outcome = Literal["added", "changed", "unchanged"]
Put = Callable[[Session, Caller, dict[str, Any], datetime], Outcome]


@dataclass(frozen=True)
class Wanted:
    """Which things go out: those of an area and all under it, as they are on a day."""

    area: str
    on: date
    today: date
    who: Caller


@dataclass(frozen=True)
class TakenIn:
    """How a row comes in: by a use case with an access row of its own; `key` tells rows apart."""

    action: str
    key: tuple[str, ...]
    put: Put


@dataclass(frozen=True)
class Subject:
    """A kind of thing as rows: `action` is the access row of whoever sees them."""

    name: str
    columns: tuple[Column, ...]
    action: str
    things: Callable[[Session, Wanted], Iterable[Mapping[str, Any]]]
    taken_in: TakenIn | None = None
    headers: Literal["spoken", "en"] = "spoken"
    """`en`: for a program that knows the columns by those names, whatever the caller speaks."""


def request_of(request: type[Request], values: Mapping[str, Any]) -> Request:
    """Return the request that a caller of the HTTP door would have sent with these values.

    A dotted name is that of a field within another.

    Raises:
        marshmallow.ValidationError: naming every field at fault.
    """
    nested: dict[str, Any] = {}
    for name, value in values.items():
        *way, last = name.split(".")
        inside = nested
        for step in way:
            inside = inside.setdefault(step, {})
        inside[last] = value
    named: Any = request
    return cast(Request, _schema(named).load(nested))


def day_in(wanted: Wanted) -> date | None:
    """Return what a dated thing's row says of its day: none of today, whose export is to be edited.

    What comes in without a day holds from the day when it comes in; what held on another day comes
    back as of that day.
    """
    return None if wanted.on == wanted.today else wanted.on


def outcome_of(before: int | None, after: int) -> Outcome:
    """Return what a PUT did to a thing that had a version before it, or was not there."""
    if before is None:
        return "added"
    return "unchanged" if after == before else "changed"


@cache
def _schema(request: Any) -> marshmallow.Schema:
    return accepts(request)()
