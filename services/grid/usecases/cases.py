"""Owns what happens to a case once it is dispatched: resolved, returned, closed, reopened."""

from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain import cases
from services.grid.models.cases import Case, CaseStep
from services.grid.schemas.cases import CaseView, CloseCase, ResolveCase, ReturnCase
from services.grid.usecases.case_reading import view_of
from services.grid.usecases.case_records import CaseMove, locked, record, state_of
from shared.contracts.grid import CaseClosedV1, CaseReopenedV1, CaseResolvedV1, CaseReturnedV1
from shared.contracts.inspections import ReinspectionFailedV1
from shared.errors import TooEarly
from shared.messaging import outbox
from shared.privacy.personal_numbers import require_nobody_named


def resolve_case(
    session: Session, asked: CaseMove, request: ResolveCase, now: datetime
) -> CaseView:
    """Note that the problem is mended; it waits for the check on the spot.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
    """
    case = locked(session, asked, now)
    case.state = cases.next_state(case.state, "resolve")
    case.resolved_at, case.resolved_by, case.resolution = now, asked.who.id, request.note
    record(session, case, "resolved", asked.who.id, request.note, now)
    outbox.add(
        session,
        CaseResolvedV1(**state_of(case), resolved_at=now, resolved_by=asked.who.id),
    )
    return view_of(session, case)


def return_case(session: Session, asked: CaseMove, request: ReturnCase, now: datetime) -> CaseView:
    """Give a case back: the check on the spot found it not mended.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
        TextNamesSomebody
    """
    require_nobody_named(reason=request.reason)
    case = locked(session, asked, now)
    case.state = cases.back_to_work(case.state, "return", owned=case.territorial is not None)
    case.resolved_at = case.resolved_by = case.resolution = None
    case.times_returned += 1
    record(session, case, "returned", asked.who.id, request.reason, now)
    outbox.add(
        session,
        CaseReturnedV1(
            **state_of(case),
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
    case = locked(session, asked, now)
    case.state = cases.next_state(case.state, "close")
    cases.require_another_checker(case.resolved_by, asked.who.id)
    case.closed_at, case.closed_by, case.reply = now, asked.who.id, request.reply
    record(session, case, "closed", asked.who.id, request.note, now)
    outbox.add(
        session,
        CaseClosedV1(
            **state_of(case),
            resolved_at=cast(datetime, case.resolved_at),
            closed_at=now,
            closed_by=asked.who.id,
            overdue=cases.is_overdue(cast(datetime, case.deadline), now),
        ),
    )
    return view_of(session, case)


def reopen_case(session: Session, failed: ReinspectionFailedV1, now: datetime) -> None:
    """Give a closed case back to its owners: a re-inspection found it not mended.

    Raises:
        TooEarly: when the case is not here, or not closed yet.
    """
    case = session.get(Case, failed.case_id, with_for_update=True)
    followed = select(CaseStep.id).where(CaseStep.cause_id == failed.reinspection_id)
    done_before = session.scalar(followed) is not None
    outcome = cases.reopening(case.state if case else None, done_before=done_before)
    if outcome == "wait" or case is None:
        raise TooEarly(f"case {failed.case_id} is not closed here yet")
    if outcome == "reopen":
        _reopen(session, case, failed, now)


def _reopen(session: Session, case: Case, failed: ReinspectionFailedV1, now: datetime) -> None:
    case.state = cases.back_to_work(case.state, "reopen", owned=case.territorial is not None)
    case.deadline = failed.deadline
    case.times_reopened += 1
    case.resolved_at = case.resolved_by = case.resolution = None
    case.closed_at = case.closed_by = case.reply = None
    by, cause = failed.inspector_id, failed.reinspection_id
    record(session, case, "reopened", by, failed.reason, now, cause_id=cause)
    outbox.add(session, CaseReopenedV1(**state_of(case), reopened_at=now, reason=failed.reason))
