"""Owns the shape of the ledger of hours as it is shown."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.volunteers.domain.hours import HoursKind, Totals
from services.volunteers.schemas.paging import AREA, PageRequest


@dataclass(frozen=True, kw_only=True)
class ListOwnHours(PageRequest):
    """One's own entries, the latest first."""


@dataclass(frozen=True, kw_only=True)
class ListHours(PageRequest):
    """Entries of service in an area and all under it, of one volunteer or all, latest first."""

    area: str | None = field(default=None, metadata=AREA)
    volunteer: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class HoursEntryView:
    """One line of the ledger, in whole minutes; `position` is its place in the chain."""

    id: UUID
    position: int
    volunteer_id: UUID
    activity_id: UUID
    activity_title: str
    area_code: str
    case_id: UUID | None
    kind: HoursKind
    minutes: int
    started_at: datetime
    ended_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class HoursPage:
    """Some entries, the latest first, and the totals of all that fit, in minutes by kind."""

    items: list[HoursEntryView]
    totals: Totals
    next: str | None
