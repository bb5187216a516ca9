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

FindingState = Literal["raised", "in_rectification", "closed"]

MOVES: Mapping[FindingState, frozenset[FindingState]] = {
    # raised → closed: events are unordered, the close of a case may arrive before its filing
    "raised": frozenset({"in_rectification", "closed"}),
    "in_rectification": frozenset({"closed"}),
    "closed": frozenset(),
}


class FindingMoveNotAllowed(Conflict):
    """The finding is in a state from which it can't reach the one asked for."""

    zh = "检查问题不能由“{old}”变为“{new}”"
    en = "A finding can't go from {old} to {new}"


class FindingHasOtherCase(Conflict):
    """The finding already belongs to another case."""

    zh = "检查问题已关联案件 {case_number}"
    en = "The finding already belongs to case {case_number}"


def moved(old: FindingState, new: FindingState) -> FindingState:
    """Return the new state.

    Raises:
        FindingMoveNotAllowed: when `MOVES` doesn't have the move.
    """
    if new not in MOVES[old]:
        raise FindingMoveNotAllowed(old=old, new=new)
    return new


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
