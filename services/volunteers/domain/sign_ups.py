"""Owns who may sign up for what, and in which state a sign-up is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.volunteers.domain.activities import ActivityState
from services.volunteers.domain.attendance import check_out_ends_at
from services.volunteers.domain.one_clock import Interval
from shared.errors import Conflict, NotFound

StoredState = Literal["signed_up", "withdrawn"]
SignUpState = Literal[
    "signed_up", "withdrawn", "cancelled", "absent", "checked_in", "checked_out", "unfinished"
]
"""As shown: `cancelled` with its activity; `absent`, the activity ended without a check-in;
`unfinished`, nobody checked out in time, so that there are no hours."""


class SignUpUnknown(NotFound):
    """The volunteer never signed up for the activity."""

    zh = "您没有报名此活动"
    en = "You have not signed up for this activity"


class NotAVolunteer(Conflict):
    """Whoever wants to serve registers first."""

    zh = "请先登记为志愿者"
    en = "Register as a volunteer first"


class SignUpClosed(Conflict):
    """The activity was called off, or is over."""

    zh = "活动已取消或已结束，不能再报名或退出"
    en = "The activity was cancelled or has ended; nobody signs up or withdraws any more"


class ActivityFull(Conflict):
    """All places are taken."""

    zh = "名额已满（{places} 人）"
    en = "All {places} places are taken"


class OverlapsOtherActivity(Conflict):
    """The volunteer signed up for another activity at the same time: one person, one clock."""

    zh = "与您已报名的活动“{title}”时间冲突"
    en = "It overlaps with {title}, for which you have signed up"


class AlreadyCheckedIn(Conflict):
    """Who came can't withdraw any more; they check out."""

    zh = "您已签到，不能再退出报名；离开时请签退"
    en = "You have checked in and can't withdraw any more; check out when you leave"


@dataclass(frozen=True)
class Engagement:
    """An activity that somebody signed up for."""

    title: str
    period: Interval


@dataclass(frozen=True)
class Attended:
    """When somebody came and went, as far as they did."""

    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None


def require_open(state: ActivityState) -> None:
    """Accept an activity that is neither called off nor over.

    Raises:
        SignUpClosed
    """
    if state != "published":
        raise SignUpClosed


def require_place(taken: int, places: int) -> None:
    """Accept one more as long as a place is left.

    Raises:
        ActivityFull
    """
    if taken >= places:
        raise ActivityFull(places=places)


def require_no_overlap(period: Interval, others: Iterable[Engagement]) -> None:
    """Accept a period in which the volunteer is nowhere else; one may follow right after another.

    Raises:
        OverlapsOtherActivity: naming the first that it overlaps with.
    """
    for other in others:
        if other.period.overlaps(period):
            raise OverlapsOtherActivity(title=other.title)


def require_not_checked_in(attended: Attended) -> None:
    """Accept somebody who has not come yet.

    Raises:
        AlreadyCheckedIn
    """
    if attended.checked_in_at is not None:
        raise AlreadyCheckedIn


def shown_state(
    stored: StoredState,
    activity: ActivityState,
    attended: Attended,
    ends_at: datetime,
    now: datetime,
) -> SignUpState:
    """Return in which state a sign-up is at `now`."""
    if stored == "withdrawn":
        return "withdrawn"
    if activity == "cancelled":
        return "cancelled"
    if attended.checked_out_at is not None:
        return "checked_out"
    if attended.checked_in_at is not None:
        return "unfinished" if now >= check_out_ends_at(ends_at) else "checked_in"
    return "absent" if activity == "ended" else "signed_up"
