"""Owns reading cases: one with its history, and lists."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain.areas import subtree_of
from services.grid.domain.cases import CaseUnknown, is_overdue
from services.grid.models import Case, CaseStep
from services.grid.schemas import CaseLine, CasePage, CaseStepView, CaseView, ListCases
from shared.auth.callers import Caller, within
from shared.http.listing import Listing, newest

_NEWEST = Listing("cases", {"-filed_at": (newest(Case.id),)})
"""Ids are in the order of filing."""


def get_case(session: Session, case_id: UUID, who: Caller) -> CaseView:
    """Return a case with its history.

    Raises:
        CaseUnknown: when there is none of that id in the caller's areas.
    """
    case = session.get(Case, case_id)
    if case is None or not who.may_act_in(case.area_code):
        raise CaseUnknown
    return view_of(session, case)


def list_cases(session: Session, wanted: ListCases, who: Caller) -> CasePage:
    """Return a page of the cases in the caller's areas, the newest first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(Case).where(within(Case.area_code, who.areas))
    if wanted.area is not None:
        first, past = subtree_of(wanted.area)
        found = found.where(Case.area_code >= first, Case.area_code < past)
    if wanted.state is not None:
        found = found.where(Case.state == wanted.state)
    page = _NEWEST.page(session, found, wanted)
    return CasePage([CaseLine(**_line_of(case)) for case in page.items], page.next)


def view_of(session: Session, case: Case) -> CaseView:
    """Return all that is known of a case."""
    steps = session.scalars(
        select(CaseStep).where(CaseStep.case_id == case.id).order_by(CaseStep.id)
    )
    return CaseView(
        **_line_of(case),
        description=case.description,
        resolved_by=case.resolved_by,
        resolution=case.resolution,
        closed_by=case.closed_by,
        steps=[CaseStepView(s.step, s.person_id, s.note, s.at) for s in steps],
    )


def _line_of(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "case_number": case.case_number,
        "kind": case.kind,
        "area_code": case.area_code,
        "title": case.title,
        "severity": case.severity,
        "finding_id": case.finding_id,
        "deadline": case.deadline,
        "state": case.state,
        "filed_at": case.filed_at,
        "resolved_at": case.resolved_at,
        "closed_at": case.closed_at,
        "overdue": is_overdue(case.deadline, case.closed_at) if case.closed_at else None,
        "times_returned": case.times_returned,
        "version": case.version,
    }
