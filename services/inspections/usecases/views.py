"""Owns how rows become what callers see: same names, plain values, no row leaves."""

from dataclasses import fields
from typing import Any, TypeVar

from services.inspections.models import Base

View = TypeVar("View")


def view_of(view: type[View], row: Base, **more: Any) -> View:
    """Return a view with the row's values of the same names, and those given by name."""
    names = {field.name for field in fields(view)} - more.keys()  # type: ignore[arg-type]
    return view(**{name: getattr(row, name) for name in names}, **more)
