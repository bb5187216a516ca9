"""Owns the shape of what is asked of activities, and of what they show."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from marshmallow import validate

from services.volunteers.domain.activities import ActivityState
from services.volunteers.domain.kinds import ActivityKind
from services.volunteers.schemas.paging import AREA, COMMUNITY, REASON, TEXT, PageRequest
from shared.contracts.volunteers import MOST_PLACES

_PLACES = {"strict": True, "validate": validate.Range(1, MOST_PLACES)}


@dataclass(frozen=True, kw_only=True)
class PublishActivity:
    """A call for volunteers of a community, perhaps for one of its cases."""

    area_code: str = field(metadata=COMMUNITY)
    kind: ActivityKind
    title: str = field(metadata=TEXT)
    place: str = field(metadata=TEXT)
    starts_at: datetime
    ends_at: datetime
    places: int = field(metadata=_PLACES)
    case_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class CancelActivity:
    """Why the activity will not take place; those who signed up are told."""

    reason: str = field(metadata=REASON)


@dataclass(frozen=True, kw_only=True)
class ListActivities(PageRequest):
    """Activities of an area and all under it: the latest published first, or the next first."""

    area: str | None = field(default=None, metadata=AREA)
    state: ActivityState | None = None
    case_id: UUID | None = None
    sort: Literal["-published_at", "starts_at"] | None = None


@dataclass(frozen=True, kw_only=True)
class ActivityView:
    """An activity; `ended` as soon as its time is over. How many are coming, and not who."""

    id: UUID
    area_code: str
    kind: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    places: int
    places_left: int
    case_id: UUID | None
    organiser_id: UUID
    state: ActivityState
    published_at: datetime
    cancelled_at: datetime | None
    reason: str | None
    version: int


@dataclass(frozen=True, kw_only=True)
class ActivityPage:
    """Activities in the order that was asked for."""

    items: list[ActivityView]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class ActivityKindLine:
    """A kind of activity in both languages."""

    kind: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class ActivityKindList:
    """All kinds of activity."""

    items: list[ActivityKindLine]


@dataclass(frozen=True, kw_only=True)
class CheckInCodeView:
    """The six digits that the organiser shows on the spot."""

    activity_id: UUID
    code: str
