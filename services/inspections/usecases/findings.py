"""Owns findings after they were raised: how the news of their cases change them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.inspections.domain.findings import AttachedCase, FindingMove, is_news, moved
from services.inspections.models import Finding, FindingStep, Reinspection
from services.inspections.schemas import (
    FindingHistoryView,
    FindingPage,
    FindingStepView,
    FindingView,
    ListFindings,
)
from services.inspections.usecases.views import view_of
from shared.auth.callers import Caller, within
from shared.contracts.grid import CaseFiledV1, CaseStateV1
from shared.errors import NotFound, TooEarly
from shared.http.listing import Key, Listing, newest
from shared.ids import new_id

_FINDINGS = Listing(
    "findings",
    {
        "-raised_at": (newest(Finding.id),),
        "deadline": (Key(Finding.deadline), Key(Finding.id)),
    },
)
"""Ids are in the order in which findings were raised."""


class FindingNotFound(NotFound):
    """No finding has that id."""

    zh = "未找到该检查问题"
    en = "There is no such finding"


def link_case(session: Session, event: CaseFiledV1, now: datetime) -> None:
    """Give the finding its case and number; it is in rectification from then on.

    Raises:
        TooEarly: when the finding is not here yet.
        FindingHasOtherCase, FindingMoveNotAllowed
    """
    finding = finding_with_news(session, event)
    if finding is not None:
        attach_case(finding, event)
        move_finding(session, finding, "case_filed", now)


def get_finding(session: Session, finding_id: UUID, who: Caller) -> FindingHistoryView:
    """Return a finding with its history.

    Raises:
        FindingNotFound
    """
    finding = session.get(Finding, finding_id)
    if finding is None or not who.may_act_in(finding.area_code):
        raise FindingNotFound
    steps = [view_of(FindingStepView, step) for step in finding.steps]
    return view_of(FindingHistoryView, finding, steps=steps)


def list_findings(session: Session, request: ListFindings, who: Caller) -> FindingPage:
    """Return a page of the findings under an area that the caller may see.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    rows = select(Finding).where(
        within(Finding.area_code, [request.area]), within(Finding.area_code, who.areas)
    )
    if request.state is not None:
        rows = rows.where(Finding.state == request.state)
    page = _FINDINGS.page(session, rows, request)
    return FindingPage(items=[view_of(FindingView, row) for row in page.items], next=page.next)


def said_of(finding: Finding) -> dict[str, Any]:
    """Return what every event about a flushed finding carries: `FindingStateV1`."""
    return {
        "finding_id": finding.id,
        "inspection_id": finding.inspection_id,
        "area_code": finding.area_code,
        "checklist_code": finding.checklist_code,
        "item_code": finding.item_code,
        "title": finding.title,
        "severity": finding.severity,
        "deadline": finding.deadline,
        "raised_at": finding.raised_at,
        "version": finding.version,
    }


def finding_with_news(session: Session, event: CaseStateV1) -> Finding | None:
    """Return the event's finding, locked, or None when the event has no news for one.

    Raises:
        TooEarly: when the finding is not here yet.
        FindingHasOtherCase
    """
    if event.finding_id is None:
        return None
    finding = session.get(Finding, event.finding_id, with_for_update=True)
    if finding is None:
        raise TooEarly(f"finding {event.finding_id} is not here yet")
    case = AttachedCase(event.case_id, event.case_number, event.version)
    return finding if is_news(_attached(finding), case) else None


def attach_case(finding: Finding, event: CaseStateV1) -> None:
    """Keep which case a finding has, as of which of its versions."""
    finding.case_id, finding.case_number = event.case_id, event.case_number
    finding.case_version = event.version


def move_finding(
    session: Session,
    finding: Finding,
    move: FindingMove,
    now: datetime,
    reinspection: Reinspection | None = None,
) -> None:
    """Move a finding and add the step to its history; its row is locked, no change of it flushed.

    Raises:
        FindingMoveNotAllowed
    """
    finding.state = moved(finding.state, move)
    session.add(
        FindingStep(
            id=new_id(),
            finding_id=finding.id,
            state=finding.state,
            # the one that SQLAlchemy gives the row when it writes the move
            finding_version=finding.version + 1,
            case_version=finding.case_version,
            reinspection=reinspection,
            taken_at=now,
        )
    )


def _attached(finding: Finding) -> AttachedCase | None:
    if finding.case_id is None or finding.case_number is None or finding.case_version is None:
        return None
    return AttachedCase(finding.case_id, finding.case_number, finding.case_version)
