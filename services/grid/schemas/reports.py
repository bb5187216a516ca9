"""Owns the shape of what residents send and see: no person, neither theirs nor ours."""

from dataclasses import dataclass, field
from datetime import datetime

from marshmallow import validate

from services.grid.domain.case_classes import STREET_PROBLEMS
from services.grid.domain.public_words import Words
from services.grid.schemas.limits import WORDS

_COMMUNITY = {"validate": validate.Regexp(r"[0-9]{12}\Z")}
_CLASS = {"validate": validate.OneOf(list(STREET_PROBLEMS))}
_PLACE = {"validate": validate.Length(min=1, max=200)}


@dataclass(frozen=True)
class ReportProblem:
    """What is wrong and where; nothing of who says so."""

    area_code: str = field(metadata=_COMMUNITY)
    case_class: str = field(metadata=_CLASS)
    place: str = field(metadata=_PLACE)
    description: str = field(metadata=WORDS)


@dataclass(frozen=True)
class ReportStep:
    """One step, in public words."""

    step: str
    words: Words
    at: datetime


@dataclass(frozen=True)
class ReportView:
    """A report as anyone sees it who has its number.

    `answer` is the reason where it was not taken up, or what was said at its close.
    """

    tracking_number: str
    case_class: str
    class_name: Words
    state: str
    state_words: Words
    reported_at: datetime
    expected_by: datetime | None
    answer: str | None
    steps: list[ReportStep]
