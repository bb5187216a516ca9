"""Owns time in inspections: when one may have happened, and by when a finding must be mended."""

from datetime import datetime, timedelta

from shared.deadlines import end_of_natural_days
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

    `inspected_at` is when it was found, or found again by a re-inspection: then the same natural
    days are given anew. Source: plan row I05 「在规定时限内整改完毕」.
    """
    return end_of_natural_days(inspected_at, within_days)
