"""Owns what `volunteers` says: volunteers, activities and hours. No event says who somebody is."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marshmallow import validate

MOST_PLACES = 500
"""How many volunteers one activity takes at most; so an event about it can list them."""

_VERSION = {"strict": True, "validate": validate.Range(min=1)}
_COMMUNITY = {"validate": validate.Regexp(r"^[0-9]{12}$(?!\n)")}
_WORD = {"validate": validate.Regexp(r"^[a-z]+(_[a-z]+)*$(?!\n)")}
_MINUTES = {"strict": True, "validate": validate.Range(min=0, max=24 * 60)}


@dataclass(frozen=True, kw_only=True)
class VolunteerRegisteredV1:
    """A person became a volunteer of a community."""

    volunteer_id: UUID
    area_code: str = field(metadata=_COMMUNITY)
    registered_at: datetime
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class ActivityStateV1:
    """What every event about an activity carries."""

    activity_id: UUID
    area_code: str = field(metadata=_COMMUNITY)
    kind: str = field(metadata=_WORD)
    """`environment_cleanup`, `order_keeping` and those of plan rows V31 and V32."""
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    places: int = field(metadata={"strict": True, "validate": validate.Range(1, MOST_PLACES)})
    case_id: UUID | None
    """The case that the activity is called for."""
    organiser_id: UUID
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class ActivityPublishedV1(ActivityStateV1):
    """Volunteers are called; sign-ups are open."""

    published_at: datetime


@dataclass(frozen=True, kw_only=True)
class ActivityCancelledV1(ActivityStateV1):
    """The activity will not take place; those who signed up are named."""

    cancelled_at: datetime
    reason: str
    volunteer_ids: list[UUID] = field(metadata={"validate": validate.Length(max=MOST_PLACES)})


@dataclass(frozen=True, kw_only=True)
class HoursRecordedV1:
    """A volunteer's service went into the ledger: whole minutes, travel excluded."""

    entry_id: UUID
    volunteer_id: UUID
    activity_id: UUID
    activity_title: str
    area_code: str = field(metadata=_COMMUNITY)
    case_id: UUID | None
    minutes: int = field(metadata=_MINUTES)
    started_at: datetime
    ended_at: datetime
    recorded_at: datetime
