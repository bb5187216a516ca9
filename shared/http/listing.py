"""Owns lists: each declares its orders once, and gets keyset pages whose marks fit what was asked.

A mark holds the values of the last row that its caller saw. It only says where to go on; which
rows there are, the query with the caller's areas alone decides. A mark of another list, order or
filter is refused, because its place means nothing there.

What callers may filter and sort by, the request's dataclass declares; its fields are bound to marks
by themselves.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.http.paging import BadCursor, Page
from shared.text import is_storable

Row = TypeVar("Row")
_PAGING = ("limit", "after")
_READ: dict[type, Callable[[str], Any]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}
_LONGEST_MARK = 2_000


class Wanted(Protocol):
    """A request dataclass for a part of a list; its other fields are `sort` and filters."""

    @property
    def limit(self) -> int:
        """How many rows."""

    @property
    def after(self) -> str | None:
        """The mark of the page before."""


@dataclass(frozen=True)
class Key:
    """One column of an order; a row without a value there has no place in it."""

    column: InstrumentedAttribute[Any]
    descending: bool = False

    @property
    def may_be_null(self) -> bool:
        """Whether rows without a value have to be left out."""
        return bool(self.column.property.columns[0].nullable)

    def past(self, value: Any) -> ColumnElement[bool]:
        """Return the condition for rows after one with this value."""
        bound: ColumnElement[bool] = self.column < value if self.descending else self.column > value
        return bound

    def at_or_past(self, value: Any) -> ColumnElement[bool]:
        """Return the condition for rows with this value and those after."""
        bound: ColumnElement[bool] = (
            self.column <= value if self.descending else self.column >= value
        )
        return bound

    def ordered(self) -> ColumnElement[Any]:
        """Return the key for ORDER BY."""
        return self.column.desc() if self.descending else self.column.asc()


def newest(column: InstrumentedAttribute[Any]) -> Key:
    """Return a key that begins with the largest: of time-ordered ids, with the newest."""
    return Key(column, descending=True)


class Listing:
    """A list under one name. Each order ends with a unique column and has an index; the first of
    the orders holds when the caller names none. Choices of `sort` in the request are these."""

    def __init__(self, name: str, orders: Mapping[str, Sequence[Key]]) -> None:
        """Take the orders by what callers write: `sort=-filed_at` for the latest first."""
        self.name = name
        self.orders = orders

    def page(
        self, session: Session, rows: Select[Row], wanted: Wanted, of: UUID | None = None
    ) -> Page[Row]:
        """Return the part of the rows that was asked for; `of` is the thing whose list it is.

        Raises:
            BadCursor: when the mark is of another list, order or filter, or of none.
        """
        keys, place = self._keys(wanted), self.place(wanted, of)
        rows = rows.where(*(key.column.is_not(None) for key in keys if key.may_be_null))
        if place is not None:
            rows = rows.where(_after(keys, place))
        rows = rows.order_by(*(key.ordered() for key in keys)).limit(wanted.limit + 1)
        found = session.scalars(rows).all()
        items = list(found[: wanted.limit])
        more = len(found) > wanted.limit
        return Page(items, self.mark(wanted, items[-1], of) if more else None)

    def mark(self, wanted: Wanted, row: object, of: UUID | None = None) -> str:
        """Return the mark that asks for what comes after a row."""
        values = [getattr(row, key.column.key) for key in self._keys(wanted)]
        said = [value if isinstance(value, str | int) else str(value) for value in values]
        text = json.dumps([self._bound_to(wanted, of), *said])
        return base64.urlsafe_b64encode(text.encode()).decode("ascii")

    def place(self, wanted: Wanted, of: UUID | None = None) -> list[Any] | None:
        """Return the values that the mark stands for, None for the first page.

        Raises:
            BadCursor: when the mark is of another list, order or filter, or of none.
        """
        if wanted.after is None:
            return None
        keys = self._keys(wanted)
        try:
            said = json.loads(_opened(wanted.after))
            if not isinstance(said, list) or said[0] != self._bound_to(wanted, of):
                raise BadCursor("after")
            return [_value(key, one) for key, one in zip(keys, said[1:], strict=True)]
        except (ValueError, TypeError, IndexError, RecursionError) as error:
            raise BadCursor("after") from error

    def _sort(self, wanted: Wanted) -> str:
        return getattr(wanted, "sort", None) or next(iter(self.orders))

    def _keys(self, wanted: Wanted) -> Sequence[Key]:
        return self.orders[self._sort(wanted)]

    def _bound_to(self, wanted: Any, of: UUID | None) -> str:
        filters = {
            one.name: str(getattr(wanted, one.name))
            for one in fields(wanted)
            if one.name not in _PAGING and getattr(wanted, one.name) is not None
        }
        name = self.name if of is None else f"{self.name} of {of}"
        asked = json.dumps([name, filters | {"sort": self._sort(wanted)}], sort_keys=True)
        return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return (a, b) > (x, y) for any mix of directions: a past x, or a at x and b past y."""
    steps: list[ColumnElement[bool]] = []
    at: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        steps.append(and_(*at, key.past(value)))
        at.append(key.column == value)
    if len(keys) == 1:
        return steps[0]
    # the plain bound on the first column is what an index can begin from
    return and_(keys[0].at_or_past(values[0]), or_(*steps))


def _opened(mark: str) -> bytes:
    if len(mark) > _LONGEST_MARK:
        raise ValueError("no mark of ours is that long")
    return base64.b64decode(mark, altchars=b"-_", validate=True)


def _value(key: Key, said: Any) -> Any:
    """Return a value of the column's type.

    Raises:
        ValueError, TypeError: when the mark holds something else.
    """
    wanted = key.column.type.python_type
    if read := _READ.get(wanted):
        return read(said)
    if type(said) is not wanted or (isinstance(said, str) and not is_storable(said)):
        raise ValueError(f"not a {wanted.__name__}")
    if isinstance(said, int) and not -(2**63) <= said < 2**63:
        raise ValueError("not a bigint")
    return said
