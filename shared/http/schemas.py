"""Owns how dataclasses become schemas of what callers may send and see."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import marshmallow
import marshmallow_dataclass
from marshmallow import RAISE, ValidationError, fields

from shared.text import is_storable


class PlainText(fields.String):
    """Text that PostgreSQL can store: any character but NUL; lone surrogates are none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is not None and not is_storable(text):
            raise ValidationError("Not a valid string.")
        return text


class RequestSchema(marshmallow.Schema):
    """Refuses fields that it doesn't know: a misspelt name is an error, not silence."""

    TYPE_MAPPING = {datetime: fields.AwareDateTime, str: PlainText}

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
