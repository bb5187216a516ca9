"""Owns the shape of what is asked of volunteers, and of what they show."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from marshmallow import validate

from services.volunteers.domain.identity import VolunteerState
from services.volunteers.schemas.paging import AREA, COMMUNITY, REASON, PageRequest

_NAME = {"validate": validate.Length(min=1, max=200)}
_ID_NUMBER = {"validate": validate.Length(min=1, max=40)}


@dataclass(frozen=True, kw_only=True)
class RegisterVolunteer:
    """Oneself, as a volunteer of a community; the identity number may be left out."""

    area_code: str = field(metadata=COMMUNITY)
    real_name: str = field(metadata=_NAME)
    id_number: str | None = field(default=None, metadata=_ID_NUMBER)


@dataclass(frozen=True, kw_only=True)
class ListVolunteers(PageRequest):
    """Volunteers of an area and all under it, the latest registered first."""

    area: str | None = field(default=None, metadata=AREA)


@dataclass(frozen=True, kw_only=True)
class UnmaskVolunteer:
    """Which of the two to see whole, and why."""

    what: Literal["real_name", "id_number"]
    reason: str = field(metadata=REASON)


@dataclass(frozen=True, kw_only=True)
class EraseVolunteer:
    """Why all that is held on a volunteer is to become unreadable."""

    reason: str = field(metadata=REASON)


@dataclass(frozen=True, kw_only=True)
class VolunteerView:
    """A volunteer; name and number are masked, and null once the person was erased."""

    id: UUID
    area_code: str
    real_name: str | None
    id_number: str | None
    state: VolunteerState
    registered_at: datetime
    version: int


@dataclass(frozen=True, kw_only=True)
class OwnVolunteerView:
    """Oneself as a volunteer; the name is whole, the number masked."""

    id: UUID
    area_code: str
    real_name: str
    id_number: str | None
    registered_at: datetime
    version: int


@dataclass(frozen=True, kw_only=True)
class VolunteerPage:
    """Volunteers, the latest registered first."""

    items: list[VolunteerView]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class UnmaskedView:
    """What was masked, whole."""

    id: UUID
    what: str
    value: str
