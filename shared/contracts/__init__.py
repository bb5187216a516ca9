"""Owns all that services know of each other: one frozen dataclass per version of an event.

A contract may gain optional fields within a version; any other change is a new class, and both
are published until no queue binds the old one. Times are aware, ids are UUIDs.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import marshmallow
import marshmallow_dataclass
from marshmallow import EXCLUDE, fields

_schemas: dict[type, marshmallow.Schema] = {}


class ContractSchema(marshmallow.Schema):
    """Reads past fields that a later, compatible producer added."""

    TYPE_MAPPING = {datetime: fields.AwareDateTime}

    class Meta:
        """Hearers ignore what they don't know yet."""

        unknown = EXCLUDE


def schema_of(contract: type) -> marshmallow.Schema:
    """Return the schema that dumps, loads and checks a contract; made once."""
    schema = _schemas.get(contract)
    if schema is None:
        build: Callable[..., type[marshmallow.Schema]] = marshmallow_dataclass.class_schema
        schema = _schemas.setdefault(contract, build(contract, base_schema=ContractSchema)())
    return schema


def dump(data: Any) -> dict[str, Any]:
    """Return the payload as plain data, checked against its own contract.

    marshmallow's dump drops a required field that is missing and never validates, so what it
    gave is validated before it may leave.

    Raises:
        marshmallow.ValidationError: when the data breaks its contract.
    """
    schema = schema_of(type(data))
    payload: dict[str, Any] = schema.dump(data)
    if problems := schema.validate(payload):
        raise marshmallow.ValidationError(problems)
    return payload
