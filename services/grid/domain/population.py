"""Owns what a population figure may be, who approves one, and which of several holds."""

from datetime import date
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, NotFound, Rejected

FigureState = Literal["awaiting", "approved", "refused"]
SourceKind = Literal[
    "census", "police", "community_survey", "property_company", "statistics", "other"
]
MOST = 1_000_000
"""The largest number that a community can have of anything: ten times the largest there is."""
FIRST_DAY = date(1949, 10, 1)


class FigureUnknown(NotFound):
    """There is no population figure of that id."""

    zh = "没有此人口数据"
    en = "There is no such population figure"


class FigureDecided(Conflict):
    """Somebody has approved or refused the figure already; a correction is a new figure."""

    zh = "该人口数据已经审定；如需更正，请另报同一日期的新数据"
    en = "This figure has been decided on; to correct it, record a new one of the same day"


class ApprovedByOwnRecorder(Rejected):
    """A figure is decided on by another person than the one who recorded it."""

    zh = "人口数据须由填报人以外的人员审定"
    en = "A figure must be decided on by a person other than the one who recorded it"


class FigureDayImpossible(Rejected):
    """A figure holds from a day that has come, and that somebody can have counted on."""

    zh = "日期须在 {first} 至今天（{today}）之间"
    en = "The day must lie between {first} and today ({today})"


class CompoundElsewhere(Rejected):
    """The figure of a compound names the community that the compound lies in on its day."""

    zh = "社区 {community} 没有代码为 {compound} 的小区"
    en = "The community {community} has no compound {compound}"


def require_day(day: date, today: date) -> None:
    """Refuse a day from which no figure can hold.

    Raises:
        FigureDayImpossible
    """
    if not FIRST_DAY <= day <= today:
        raise FigureDayImpossible("day", first=FIRST_DAY, today=today)


def require_undecided(state: FigureState) -> None:
    """Refuse a second decision.

    Raises:
        FigureDecided
    """
    if state != "awaiting":
        raise FigureDecided


def require_another_person(recorded_by: UUID, decided_by: UUID) -> None:
    """Refuse a decision by the one who recorded the figure.

    Raises:
        ApprovedByOwnRecorder
    """
    if recorded_by == decided_by:
        raise ApprovedByOwnRecorder
