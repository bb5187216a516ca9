"""Owns how dataclasses become schemas of what callers may send and see."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import marshmallow
import marshmallow_dataclass
from marshmallow import RAISE, ValidationError, fields

from shared.text import is_storable

FIRST_YEAR, LAST_YEAR = 1900, 9998
_OUT_OF_TIME = f"Must lie in the years {FIRST_YEAR} to {LAST_YEAR}."


class PlainText(fields.String):
    """Text that PostgreSQL can store: any character but NUL; lone surrogates are none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is not None and not is_storable(text):
            raise ValidationError("Not a valid string.")
        return text


class Moment(fields.AwareDateTime):
    """A time with its offset, taken in as UTC, of a year that every client can show anywhere.

    PostgreSQL keeps years that Python can't read back: one row of such a year, and whoever reads
    the list is answered 500 for good.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            moment = super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:
            raise ValidationError(_OUT_OF_TIME) from None
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(_OUT_OF_TIME)
        return moment


class RequestSchema(marshmallow.Schema):
    """Refuses fields that it doesn't know: a misspelt name is an error, not silence."""

    TYPE_MAPPING = {datetime: Moment, str: PlainText}

    class Meta:
        """Unknown fields are named in the answer."""

        unknown = RAISE


class ViewSchema(marshmallow.Schema):
    """Shows what a use case returned."""

    TYPE_MAPPING = {datetime: fields.AwareDateTime}


_build: Callable[..., type[marshmallow.Schema]] = marshmallow_dataclass.class_schema


def accepts(request: type) -> type[marshmallow.Schema]:
    """Return the schema that turns a caller's JSON or query into a request dataclass."""
    return _build(request, base_schema=RequestSchema)


def shows(view: type) -> type[marshmallow.Schema]:
    """Return the schema that turns a view dataclass into JSON."""
    return _build(view, base_schema=ViewSchema)
