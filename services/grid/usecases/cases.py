"""Owns what happens to a case: opened by a finding, resolved, returned, closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import cases
from services.grid.domain.areas import district_of
from services.grid.domain.case_number import case_number, day_of
from services.grid.models import Area, Case, CaseCounter, CaseStep
from services.grid.schemas import CaseView, CloseCase, ResolveCase, ReturnCase
from services.grid.usecases.case_reading import view_of
from shared.auth.callers import Caller
from shared.contracts.grid import CaseClosedV1, CaseFiledV1, CaseResolvedV1, CaseReturnedV1
from shared.contracts.inspections import FindingRaisedV1
from shared.errors import TooEarly
from shared.http.etags import Expected, require_version
from shared.ids import new_id
from shared.messaging import outbox


@dataclass(frozen=True)
class CaseMove:
    """Which case is to move, who asks for it, and which versions of it they may have seen."""

    case_id: UUID
    who: Caller
    expected: Expected = None


def open_rectification_case(session: Session, finding: FindingRaisedV1, now: datetime) -> None:
    """File a case for a failed item, once per finding.

    Raises:
        TooEarly: while the register doesn't have the area; it may be imported later.
    """
    # the lock makes those wait who bring a finding of the same community; imports of other
    # areas and readers go on
    area = session.get(Area, finding.area_code, with_for_update={"key_share": True})
    if area is None:
        raise TooEarly(f"area {finding.area_code} is not in the register yet")
    if session.scalar(select(Case.id).where(Case.finding_id == finding.finding_id)):
        return
    case = _case_for(finding, _next_number(session, area.code, now), now)
    session.add(case)
    _record(session, case, "filed", None, finding.note, now)
    outbox.add(session, CaseFiledV1(**_state_of(case)))


def resolve_case(
    session: Session, asked: CaseMove, request: ResolveCase, now: datetime
) -> CaseView:
    """Note that the problem is mended; it waits for the check on the spot.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
    """
    case = _locked(session, asked)
    case.state = cases.next_state(case.state, "resolve")
    case.resolved_at, case.resolved_by, case.resolution = now, asked.who.id, request.note
    _record(session, case, "resolved", asked.who.id, request.note, now)
    outbox.add(
        session,
        CaseResolvedV1(**_state_of(case), resolved_at=now, resolved_by=asked.who.id),
    )
    return view_of(session, case)


def return_case(session: Session, asked: CaseMove, request: ReturnCase, now: datetime) -> CaseView:
    """Give a case back: the check on the spot found it not mended.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
    """
    case = _locked(session, asked)
    case.state = cases.next_state(case.state, "return")
    case.resolved_at = case.resolved_by = case.resolution = None
    case.times_returned += 1
    _record(session, case, "returned", asked.who.id, request.reason, now)
    outbox.add(
        session,
        CaseReturnedV1(
            **_state_of(case),
            returned_at=now,
            returned_by=asked.who.id,
            reason=request.reason,
        ),
    )
    return view_of(session, case)


def close_case(session: Session, asked: CaseMove, request: CloseCase, now: datetime) -> CaseView:
    """Close a case after another person than its resolver checked it on the spot.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
        CheckedByOwnResolver: when the resolver closes.
    """
    case = _locked(session, asked)
    case.state = cases.next_state(case.state, "close")
    cases.require_another_checker(case.resolved_by, asked.who.id)
    case.closed_at, case.closed_by = now, asked.who.id
    _record(session, case, "closed", asked.who.id, request.note, now)
    outbox.add(
        session,
        CaseClosedV1(
            **_state_of(case),
            resolved_at=cast(datetime, case.resolved_at),
            closed_at=now,
            closed_by=asked.who.id,
            overdue=cases.is_overdue(case.deadline, now),
        ),
    )
    return view_of(session, case)


def _case_for(finding: FindingRaisedV1, number: str, now: datetime) -> Case:
    return Case(
        id=new_id(),
        case_number=number,
        kind="rectification",
        area_code=finding.area_code,
        title=finding.title,
        description=finding.note,
        severity=finding.severity,
        finding_id=finding.finding_id,
        deadline=finding.deadline,
        state="filed",
        filed_at=now,
        created_at=now,
    )


def _locked(session: Session, asked: CaseMove) -> Case:
    case = session.get(Case, asked.case_id, with_for_update=True)
    if case is None or not asked.who.may_act_in(case.area_code):
        raise cases.CaseUnknown
    require_version(asked.expected, case.version, lambda: view_of(session, case))
    return case


def _next_number(session: Session, area_code: str, now: datetime) -> str:
    """Take the district's next number of the day; the row lock makes it one taker at a time."""
    district, day = district_of(area_code), day_of(now)
    first = insert(CaseCounter).values(district_code=district, day=day, last_sequence=1)
    counted = first.on_conflict_do_update(
        constraint="pk_case_counters", set_={"last_sequence": CaseCounter.last_sequence + 1}
    ).returning(CaseCounter.last_sequence)
    return case_number(district, day, session.execute(counted).scalar_one())


def _record(
    session: Session, case: Case, step: str, person_id: UUID | None, note: str, now: datetime
) -> None:
    session.flush()  # the case first: the step refers to it, and its version is then the new one
    session.add(
        CaseStep(id=new_id(), case_id=case.id, step=step, person_id=person_id, note=note, at=now)
    )


def _state_of(case: Case) -> dict[str, Any]:
    """Return what every event about a case carries; the case is flushed, its version the new."""
    return {
        "case_id": case.id,
        "case_number": case.case_number,
        "kind": case.kind,
        "area_code": case.area_code,
        "title": case.title,
        "finding_id": case.finding_id,
        "deadline": case.deadline,
        "filed_at": case.filed_at,
        "version": case.version,
    }
