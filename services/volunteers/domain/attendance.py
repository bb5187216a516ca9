"""Owns attendance: when one may check in and out, how often one may guess, what is measured."""

import hmac
from datetime import datetime, timedelta

from services.volunteers.domain.one_clock import Interval
from shared.clock import SHANGHAI
from shared.errors import Conflict, Rejected

OPENS_BEFORE = timedelta(minutes=30)
CLOSES_AFTER = timedelta(hours=2)
"""For so long after the end of an activity those who forgot may still check out."""
MOST_TRIES = 5
"""Wrong codes of one person at one activity. Of 1,000,000 codes: one guess in 200,000."""
CODE_DIGITS = 6


class NotSignedUp(Conflict):
    """Only who signed up checks in."""

    zh = "请先报名，再签到"
    en = "Sign up before you check in"


class NotCheckedIn(Conflict):
    """Only who checked in checks out."""

    zh = "您尚未签到"
    en = "You have not checked in"


class ActivityCancelledAlready(Conflict):
    """The activity was called off."""

    zh = "活动已取消"
    en = "The activity was cancelled"


class CheckInNotOpen(Conflict):
    """It is too early to check in."""

    zh = "签到于 {opens} 开始"
    en = "Check-in opens at {opens}"


class CheckInClosed(Conflict):
    """The activity is over."""

    zh = "活动已结束，不能再签到"
    en = "The activity has ended; nobody checks in any more"


class CheckOutClosed(Conflict):
    """The time for checking out is over; hours can't be measured any more."""

    zh = "签退已于 {closed} 截止，时长不能再自动计入"
    en = "Check-out ended at {closed}; hours can't be measured any more"


class StillElsewhere(Conflict):
    """The volunteer is checked in at another activity that goes on: one person, one clock."""

    zh = "您仍在活动“{title}”签到中，请先签退"
    en = "You are still checked in at {title}; check out there first"


class CodeWrong(Rejected):
    """It is not the code that the organiser shows on the spot."""

    zh = "签到码不正确，还可尝试 {left} 次"
    en = "The code is wrong; tries left: {left}"


class CodeTriesUsedUp(Conflict):
    """The person guessed too often; the organiser may give the activity a new code."""

    zh = "签到码错误次数已达上限（{most} 次），请现场组织者更换签到码"
    en = "The code was wrong {most} times; ask the organiser on the spot for a new code"


def check_out_ends_at(ends_at: datetime) -> datetime:
    """Return the moment from which nobody checks out any more."""
    return ends_at + CLOSES_AFTER


def check_in_window(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Accept a check-in from half an hour before the start until the end.

    Raises:
        CheckInNotOpen, CheckInClosed
    """
    if now < starts_at - OPENS_BEFORE:
        raise CheckInNotOpen(opens=_spoken(starts_at - OPENS_BEFORE))
    if now >= ends_at:
        raise CheckInClosed


def check_out_window(ends_at: datetime, now: datetime) -> None:
    """Accept a check-out until two hours after the end.

    Raises:
        CheckOutClosed
    """
    if now >= check_out_ends_at(ends_at):
        raise CheckOutClosed(closed=_spoken(check_out_ends_at(ends_at)))


def code_refusal(said: str, code: str, wrong_before: int) -> CodeWrong | CodeTriesUsedUp | None:
    """Return why a code is refused, None when it is right.

    Returned, not raised: the try must be counted in the transaction that refuses it.
    """
    if wrong_before >= MOST_TRIES:
        return CodeTriesUsedUp(most=MOST_TRIES)
    if hmac.compare_digest(said.encode(), code.encode()):
        return None
    return CodeWrong("code", left=MOST_TRIES - wrong_before - 1)


def measured(attended: Interval, activity: Interval) -> Interval:
    """Return the part of an attendance that lies within its activity; travel is no service.

    Empty, at the nearer end of the activity, when none does.
    """
    return Interval(
        min(max(attended.start, activity.start), activity.end),
        min(max(attended.end, activity.start), activity.end),
    )


def _spoken(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
