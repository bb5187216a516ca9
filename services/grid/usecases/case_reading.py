"""Owns reading cases: one with its history, and lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from services.grid.domain.cases import OPEN, CaseUnknown, State, is_overdue
from services.grid.domain.responsibility import Owner
from services.grid.models.cases import Case, CasePerson, CaseStep
from services.grid.schemas.cases import (
    CaseLine,
    CasePage,
    CaseStepView,
    CaseView,
    ListCases,
    OwnerView,
)
from services.grid.usecases.area_days import day_of
from services.grid.usecases.area_reach import reaches, with_former
from shared.auth.callers import Caller, within
from shared.http.listing import Key, Listing, newest

_CASES = Listing(
    "cases",
    {
        "-id": (newest(Case.id),),
        "-filed_at": (newest(Case.filed_at), newest(Case.id)),
        "deadline": (Key(Case.deadline), Key(Case.id)),
    },
)
"""Ids are in the order in which cases came in; what isn't taken up was never filed."""

# in the statement and not beside it: the index of open cases is for these words alone
_OPEN: BindParameter[Sequence[State]] = bindparam(
    "open", OPEN, expanding=True, literal_execute=True
)


def get_case(session: Session, case_id: UUID, who: Caller, now: datetime) -> CaseView:
    """Return a case with its history.

    Raises:
        CaseUnknown: when there is none of that id in the caller's areas.
    """
    case = session.get(Case, case_id)
    if case is None or not reaches(session, who.areas, case.area_code, day_of(now)):
        raise CaseUnknown
    return view_of(session, case)


def list_cases(session: Session, wanted: ListCases, who: Caller, now: datetime) -> CasePage:
    """Return a page of the cases in the caller's areas, and in those that go on in them.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    today = day_of(now)
    found = select(Case).where(within(Case.area_code, with_former(session, who.areas, today)))
    if wanted.area is not None:
        areas = with_former(session, [wanted.area], today)
        found = found.where(within(Case.area_code, areas))
    found = _filtered(found, wanted, now)
    page = _CASES.page(session, found, wanted)
    return CasePage([CaseLine(**_line_of(case)) for case in page.items], page.next)


def _filtered(found: Select[Case], wanted: ListCases, now: datetime) -> Select[Case]:
    if wanted.state is not None:
        found = found.where(Case.state == wanted.state)
    if wanted.case_class is not None:
        found = found.where(Case.case_class == wanted.case_class)
    if wanted.owner is not None:
        owned = CasePerson.case_id == Case.id
        found = found.join(CasePerson, owned).where(CasePerson.person_id == wanted.owner)
    if wanted.overdue is not None:
        found = found.where(Case.state.in_(_OPEN), Case.deadline < now)
    return found


def view_of(session: Session, case: Case) -> CaseView:
    """Return all that is known of a case."""
    steps = session.scalars(
        select(CaseStep).where(CaseStep.case_id == case.id).order_by(CaseStep.id)
    )
    return CaseView(
        **_line_of(case),
        place=case.place,
        description=case.description,
        refused_at=case.refused_at,
        refused_by=case.refused_by,
        refusal=case.refusal,
        resolved_by=case.resolved_by,
        resolution=case.resolution,
        closed_by=case.closed_by,
        reply=case.reply,
        steps=[CaseStepView(s.step, s.person_id, s.note, s.at) for s in steps],
    )


def _line_of(case: Case) -> dict[str, Any]:
    closed_late = case.closed_at and case.deadline and is_overdue(case.deadline, case.closed_at)
    return {
        "id": case.id,
        "case_number": case.case_number,
        "kind": case.kind,
        "case_class": case.case_class,
        "area_code": case.area_code,
        "title": case.title,
        "severity": case.severity,
        "finding_id": case.finding_id,
        "deadline": case.deadline,
        "state": case.state,
        "territorial": _shown(case.territorial),
        "functional": _shown(case.functional),
        "reported_at": case.reported_at,
        "filed_at": case.filed_at,
        "dispatched_at": case.dispatched_at,
        "resolved_at": case.resolved_at,
        "closed_at": case.closed_at,
        "overdue": closed_late,
        "times_returned": case.times_returned,
        "times_reopened": case.times_reopened,
        "version": case.version,
    }


def _shown(owner: Owner | None) -> OwnerView | None:
    return None if owner is None else OwnerView(**vars(owner))
