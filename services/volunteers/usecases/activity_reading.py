"""Owns reading activities: one, lists, and which kinds there are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from services.volunteers.domain.activities import (
    LONGEST,
    ActivityState,
    ActivityUnknown,
    state_at,
)
from services.volunteers.domain.kinds import KINDS
from services.volunteers.models import Activity
from services.volunteers.schemas.activities import (
    ActivityKindLine,
    ActivityKindList,
    ActivityPage,
    ActivityView,
    ListActivities,
)
from shared.auth.callers import within
from shared.http.listing import Key, Listing, newest

_ACTIVITIES = Listing(
    "activities",
    {
        "-published_at": (newest(Activity.id),),
        "starts_at": (Key(Activity.starts_at), Key(Activity.id)),
    },
)


def list_activity_kinds(_: Session) -> ActivityKindList:
    """Return all kinds, in the order of the plans."""
    return ActivityKindList(
        items=[ActivityKindLine(kind=k, name_zh=zh, name_en=en) for k, (zh, en) in KINDS.items()]
    )


def get_activity(session: Session, activity_id: UUID, now: datetime) -> ActivityView:
    """Return an activity.

    Raises:
        ActivityUnknown
    """
    activity = session.get(Activity, activity_id)
    if activity is None:
        raise ActivityUnknown
    return view_of(activity, now)


def list_activities(session: Session, wanted: ListActivities, now: datetime) -> ActivityPage:
    """Return a page of activities, wherever they are: who may come must know of them.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(Activity)
    if wanted.area is not None:
        found = found.where(within(Activity.area_code, [wanted.area]))
    if wanted.state is not None:
        found = found.where(_in_state(wanted.state, now))
    if wanted.case_id is not None:
        found = found.where(Activity.case_id == wanted.case_id)
    page = _ACTIVITIES.page(session, found, wanted)
    return ActivityPage(items=[view_of(one, now) for one in page.items], next=page.next)


def view_of(activity: Activity, now: datetime) -> ActivityView:
    """Return what everyone sees of an activity."""
    return ActivityView(
        id=activity.id,
        area_code=activity.area_code,
        kind=activity.kind,
        title=activity.title,
        place=activity.place,
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        places=activity.places,
        places_left=activity.places - activity.taken,
        case_id=activity.case_id,
        organiser_id=activity.organiser_id,
        state=state_at(activity.state, activity.ends_at, now),
        published_at=activity.published_at,
        cancelled_at=activity.cancelled_at,
        reason=activity.reason,
        version=activity.version,
    )


def _in_state(state: ActivityState, now: datetime) -> ColumnElement[bool]:
    """Return the condition that `state_at` gives an activity this state."""
    match state:
        case "cancelled":
            return Activity.state == "cancelled"
        case "published":
            # what began longer ago is over: the order by beginning can leave out all that was
            begun = Activity.starts_at > now - LONGEST
            return and_(Activity.state == "published", Activity.ends_at > now, begun)
        case "ended":
            return and_(Activity.state == "published", Activity.ends_at <= now)
