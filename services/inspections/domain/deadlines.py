"""Owns time in inspections: when one may have happened, and by when a finding must be mended."""

from datetime import UTC, datetime, time, timedelta

from shared.clock import SHANGHAI
from shared.errors import Rejected

ENTERED_WITHIN = timedelta(days=366)
"""How long after it an inspection can still be entered: all the deadlines it sets lie within."""


class InspectedInFuture(Rejected):
    """The inspection is said to have happened at a time that has not come."""

    zh = "检查时间不能晚于当前时间"
    en = "The inspection can't have happened in the future"


class InspectedTooLongAgo(Rejected):
    """The inspection is older than what may still be entered."""

    zh = "检查时间距今已超过 {days} 天，不能再录入"
    en = "The inspection is more than {days} days old and can't be entered any more"


def check_inspected_at(inspected_at: datetime, now: datetime) -> None:
    """Accept a time that has come and is not older than `ENTERED_WITHIN`.

    Raises:
        InspectedInFuture, InspectedTooLongAgo
    """
    if inspected_at > now:
        raise InspectedInFuture("inspected_at")
    if inspected_at < now - ENTERED_WITHIN:
        raise InspectedTooLongAgo("inspected_at", days=ENTERED_WITHIN.days)


def rectification_deadline(inspected_at: datetime, within_days: int) -> datetime:
    """Return the first moment, in UTC, at which a finding is overdue.

    The day of the inspection in Shanghai doesn't count; the last of the natural days ends at
    24:00 Shanghai. Source: plan row I05 「在规定时限内整改完毕」; the counting follows 民法典
    第二百零一条 (the first day is not counted) and 第二百零三条 (the last day ends at 24:00).
    """
    day = inspected_at.astimezone(SHANGHAI).date() + timedelta(days=within_days + 1)
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)
