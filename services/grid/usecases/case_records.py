"""Owns what every move of a case does besides: lock it, write its history, say its whole state."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.grid.domain import cases
from services.grid.domain.responsibility import Owner
from services.grid.models.cases import Case, CaseStep
from services.grid.usecases.area_days import day_of
from services.grid.usecases.area_reach import reaches
from services.grid.usecases.case_reading import view_of
from shared.auth.callers import Caller
from shared.contracts.grid import OwnerState
from shared.http.etags import Expected, require_version
from shared.ids import new_id


@dataclass(frozen=True)
class CaseMove:
    """Which case is to move, who asks for it, and which versions of it they may have seen."""

    case_id: UUID
    who: Caller
    expected: Expected = None


def locked(session: Session, asked: CaseMove, now: datetime) -> Case:
    """Return the case, which nobody else changes until the transaction ends.

    Raises:
        CaseUnknown: when there is none of that id in the caller's areas.
        Stale: when it has another version than the caller expects.
    """
    case = session.get(Case, asked.case_id, with_for_update=True)
    if case is None or not reaches(session, asked.who.areas, case.area_code, day_of(now)):
        raise cases.CaseUnknown
    require_version(asked.expected, case.version, lambda: view_of(session, case))
    return case


def record(
    session: Session,
    case: Case,
    step: cases.Step,
    person_id: UUID | None,
    note: str,
    now: datetime,
    *,
    cause_id: UUID | None = None,
) -> None:
    """Add a step to the history of a case."""
    session.flush()  # the case first: the step refers to it, and its version is then the new one
    made = CaseStep(id=new_id(), case_id=case.id, step=step, person_id=person_id, note=note, at=now)
    made.cause_id = cause_id
    session.add(made)


def state_of(case: Case) -> dict[str, Any]:
    """Return what every event about a case carries; the case is flushed, its version the new."""
    return {
        "case_id": case.id,
        "case_number": case.case_number,
        "kind": case.kind,
        "case_class": case.case_class,
        "area_code": case.area_code,
        "title": case.title,
        "severity": case.severity,
        "finding_id": case.finding_id,
        "deadline": case.deadline,
        "filed_at": case.filed_at,
        "version": case.version,
        "territorial": _said(case.territorial),
        "functional": _said(case.functional),
    }


def _said(owner: Owner | None) -> OwnerState | None:
    return None if owner is None else OwnerState(**asdict(owner))
