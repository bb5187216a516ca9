"""Owns that nothing new begins in a community which is no more on that day."""

from datetime import date, datetime

from shared.clock import SHANGHAI
from shared.errors import Rejected


class CommunityEnded(Rejected):
    """The community has ended by then: it was merged, split, moved or abolished."""

    zh = "社区 {code} 自 {day} 起已撤并，请使用新的区划代码"
    en = "The community {code} is no more from {day}; use the code that it goes on under"


def require_there(code: str, until: date | None, at: datetime) -> None:
    """Refuse a community that has ended before a moment, naming the field `area_code`.

    Raises:
        CommunityEnded
    """
    if until is not None and until <= at.astimezone(SHANGHAI).date():
        raise CommunityEnded("area_code", code=code, day=until)
