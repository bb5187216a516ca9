"""Owns how rows become what callers see: same names, plain values, no row leaves."""

from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.inspections.models import Base, Finding, Inspection, Reinspection
from services.inspections.schemas import PageRequest
from shared.http.paging import BadCursor, Page, page_of, position

View = TypeVar("View")
Row = TypeVar("Row", Inspection, Finding, Reinspection)


def view_of(view: type[View], row: Base, **more: Any) -> View:
    """Return a view with the row's values of the same names, and those given by name."""
    names = {field.name for field in fields(view)} - more.keys()  # type: ignore[arg-type]
    return view(**{name: getattr(row, name) for name in names}, **more)


def newest_first(
    session: Session, rows: Select[Row], id_: InstrumentedAttribute[UUID], page: PageRequest
) -> Page[Row]:
    """Return the part of the rows that a page asks for, newest first.

    Raises:
        BadCursor: when the page's mark is none of such a list.
    """
    if (mark := position(page.after)) is not None:
        rows = rows.where(id_ < _id_at(mark))
    found = session.scalars(rows.order_by(id_.desc()).limit(page.limit + 1)).all()
    return page_of(found, page.limit, lambda row: str(row.id))


def _id_at(mark: str) -> UUID:
    try:
        return UUID(mark)
    except ValueError as error:
        raise BadCursor("after") from error
