"""Owns the life of a finding: its states, the moves between them, and which news it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.inspections.domain.checklists import ChecklistItem
from services.inspections.domain.deadlines import rectification_deadline
from services.inspections.domain.scoring import ItemResult
from shared.errors import Conflict

FindingState = Literal["raised", "in_rectification", "awaiting_reinspection", "closed"]
FindingMove = Literal["case_filed", "case_closed", "reinspection_passed", "reinspection_failed"]

MOVES: Mapping[FindingState, Mapping[FindingMove, FindingState]] = {
    "raised": {
        "case_filed": "in_rectification",
        # events are unordered: the close of a case may arrive before its filing
        "case_closed": "awaiting_reinspection",
    },
    "in_rectification": {"case_closed": "awaiting_reinspection"},
    "awaiting_reinspection": {
        # the case was closed once more before anybody looked: the newer close counts
        "case_closed": "awaiting_reinspection",
        "reinspection_passed": "closed",
        "reinspection_failed": "in_rectification",
    },
    # again: grid was restored from a backup and its case is closed a second time; it was looked at
    "closed": {"case_closed": "closed"},
}
"""Every move there is: state → move → next state. Nothing but a passed re-inspection closes."""

_CHINESE = {
    "raised": "已发现",
    "in_rectification": "整改中",
    "awaiting_reinspection": "复查中",
    "closed": "已销号",
    "case_filed": "立案",
    "case_closed": "结案",
    "reinspection_passed": "复查通过",
    "reinspection_failed": "复查未通过",
}


class FindingMoveNotAllowed(Conflict):
    """The finding is in a state that this move doesn't start from."""

    zh = "检查问题处于“{state_zh}”，不能“{move_zh}”"
    en = "The finding is {state}: {move} changes nothing there"


class FindingHasOtherCase(Conflict):
    """The finding already belongs to another case."""

    zh = "检查问题已关联案件 {case_number}"
    en = "The finding already belongs to case {case_number}"


def moved(state: FindingState, move: FindingMove) -> FindingState:
    """Return the state that a move leads to.

    Raises:
        FindingMoveNotAllowed: when it doesn't start from this state.
    """
    if move not in MOVES[state]:
        raise FindingMoveNotAllowed(
            state=state, move=move, state_zh=_CHINESE[state], move_zh=_CHINESE[move]
        )
    return MOVES[state][move]


@dataclass(frozen=True)
class AttachedCase:
    """The rectification case of a finding, as of the highest of its versions applied here."""

    id: UUID
    number: str
    version: int


def is_news(attached: AttachedCase | None, case: AttachedCase) -> bool:
    """Tell whether an event about a case has something new for the finding it is about.

    Raises:
        FindingHasOtherCase: when the finding belongs to a case of another id, whose versions
            can't be compared with these.
    """
    if attached is None:
        return True
    if attached.id != case.id:
        raise FindingHasOtherCase(case_number=attached.number)
    return case.version > attached.version


@dataclass(frozen=True)
class Failure:
    """What an inspector saw fail, and until when it is to be mended."""

    item: ChecklistItem
    note: str
    deadline: datetime


def failures(
    items: Sequence[ChecklistItem], results: Sequence[ItemResult], inspected_at: datetime
) -> list[Failure]:
    """Return the failed items in the order of the checklist, each with its deadline."""
    notes = {result.item_code: result.note.strip() for result in results if not result.passed}
    return [
        Failure(
            item, notes[item.code], rectification_deadline(inspected_at, item.rectify_within_days)
        )
        for item in items
        if item.code in notes
    ]
