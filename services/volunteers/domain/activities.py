"""Owns the life of an activity: when it may take place, which states it has, who calls it off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, NotFound, Rejected

StoredState = Literal["published", "cancelled"]
ActivityState = Literal["published", "cancelled", "ended"]
"""`ended` is what the clock makes of a published one."""
Move = Literal["cancel"]

MOVES: dict[ActivityState, dict[Move, StoredState]] = {
    "published": {"cancel": "cancelled"},
    "cancelled": {},
    "ended": {},
}
"""Every move there is: state → move → next state."""

LONGEST = timedelta(hours=12)
AHEAD = timedelta(days=90)
"""How far ahead an activity may be called at most."""

_CHINESE: dict[ActivityState, str] = {
    "published": "招募中",
    "cancelled": "已取消",
    "ended": "已结束",
}


class ActivityUnknown(NotFound):
    """No activity of that id is there, or it lies outside of the caller's areas."""

    zh = "没有此活动"
    en = "There is no such activity"


class ActivityMoveNotAllowed(Conflict):
    """The activity is in a state that this doesn't start from."""

    zh = "活动{state_zh}，不能再取消"
    en = "The activity is {state}: it can't be called off any more"


class ActivityBegun(Conflict):
    """The activity is going on: whoever serves already keeps the hours, it can only end."""

    zh = "活动已开始，不能再取消；参加者签退后照常计时"
    en = "The activity has begun and can't be called off; those who serve check out as usual"


class StartsInPast(Rejected):
    """The activity would have begun already."""

    zh = "开始时间须晚于当前时间"
    en = "The activity must begin in the future"


class StartsTooFarAhead(Rejected):
    """Nobody knows so early whether they can come."""

    zh = "开始时间不能晚于 {days} 天以后"
    en = "The activity must begin within {days} days"


class EndsBeforeStart(Rejected):
    """The activity would end before it begins, or at once."""

    zh = "结束时间须晚于开始时间"
    en = "The activity must end after it begins"


class LastsTooLong(Rejected):
    """One activity takes a day's work at most."""

    zh = "一次活动不能超过 {hours} 小时"
    en = "One activity lasts {hours} hours at most"


class CaseNotKnown(Rejected):
    """This service heard of no case of that id that was dispatched in that community."""

    zh = "该社区没有此案件，或案件尚未派遣"
    en = "There is no such case in the community, or it is not dispatched yet"


class CaseAlreadyClosed(Rejected):
    """Nobody is called to mend what is mended."""

    zh = "案件 {case_number} 已结案"
    en = "Case {case_number} is closed"


@dataclass(frozen=True)
class KnownCase:
    """A case as this service last heard of it."""

    id: UUID
    number: str
    area_code: str
    is_open: bool


def check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Accept an activity that begins from now to 90 days ahead and lasts up to 12 hours.

    Raises:
        StartsInPast, StartsTooFarAhead, EndsBeforeStart, LastsTooLong
    """
    if starts_at <= now:
        raise StartsInPast("starts_at")
    if starts_at > now + AHEAD:
        raise StartsTooFarAhead("starts_at", days=AHEAD.days)
    if ends_at <= starts_at:
        raise EndsBeforeStart("ends_at")
    if ends_at - starts_at > LONGEST:
        raise LastsTooLong("ends_at", hours=LONGEST // timedelta(hours=1))


def check_case(case: KnownCase | None, area_code: str) -> None:
    """Accept an open case of the activity's own community.

    Raises:
        CaseNotKnown, CaseAlreadyClosed
    """
    if case is None or case.area_code != area_code:
        raise CaseNotKnown("case_id")
    if not case.is_open:
        raise CaseAlreadyClosed("case_id", case_number=case.number)


def state_at(stored: StoredState, ends_at: datetime, now: datetime) -> ActivityState:
    """Return the state of an activity; from its end on a published one has ended."""
    return "ended" if stored == "published" and now >= ends_at else stored


def cancelled(state: ActivityState, starts_at: datetime, now: datetime) -> StoredState:
    """Return the state after calling off an activity that hasn't begun.

    Raises:
        ActivityMoveNotAllowed, ActivityBegun
    """
    if "cancel" not in MOVES[state]:
        raise ActivityMoveNotAllowed(state=state, state_zh=_CHINESE[state])
    if now >= starts_at:
        raise ActivityBegun
    return MOVES[state]["cancel"]
