"""Owns the shape of asking for people's names."""

from dataclasses import dataclass, field
from uuid import UUID

from marshmallow import validate

from services.gateway.schemas.accounts import NameView

MOST_IDS = 200


@dataclass(frozen=True, kw_only=True)
class ListNames:
    """Whose names; in the body, because addresses get into logs."""

    ids: list[UUID] = field(metadata={"validate": validate.Length(min=1, max=MOST_IDS)})


@dataclass(frozen=True, kw_only=True)
class NamePage:
    """The names of those people whom the caller's areas have to do with; others are left out."""

    items: list[NameView]
