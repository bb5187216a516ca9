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


def request_of(request: type[Request], values: dict[str, Any]) -> Request:
    """Return the request that a caller of the HTTP door would have sent with these values.

    Raises:
        marshmallow.ValidationError: naming every field at fault.
    """
    named: Any = request
    return cast(Request, _schema(named).load(values))


@cache
def _schema(request: Any) -> marshmallow.Schema:
    return accepts(request)()
