"""Owns how a case comes to be: opened by a finding, or filed from a report that was verified."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import cases
from services.grid.domain.areas import district_of
from services.grid.domain.case_classes import class_of_item, street_problem
from services.grid.domain.case_identity import case_of_finding
from services.grid.domain.case_number import case_number, day_of
from services.grid.models.areas import Area
from services.grid.models.cases import Case, CaseCounter
from services.grid.schemas.cases import CaseView, FileCase
from services.grid.usecases.case_reading import view_of
from services.grid.usecases.case_records import CaseMove, locked, record, state_of
from services.grid.usecases.dispatching import dispatch_if_owned
from shared.contracts.grid import CaseFiledV1
from shared.contracts.inspections import FindingRaisedV1
from shared.deadlines import end_of_natural_days
from shared.errors import TooEarly
from shared.messaging import outbox


def open_rectification_case(session: Session, finding: FindingRaisedV1, now: datetime) -> None:
    """File a case for a failed item, once per finding, and dispatch it to its owners.

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
    record(session, case, "filed", None, finding.note, now)
    outbox.add(session, CaseFiledV1(**state_of(case)))
    dispatch_if_owned(session, case, now)


def file_case(session: Session, asked: CaseMove, request: FileCase, now: datetime) -> CaseView:
    """Take a report up after a look on the spot: it gets its number, its deadline, its owners.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
    """
    case = locked(session, asked, now)
    after = cases.next_state(case.state, "file")
    number = _next_number(session, case.area_code, now)  # before the row is half changed
    case.state, case.case_number, case.filed_at = after, number, now
    case.deadline = end_of_natural_days(now, street_problem(case.case_class).days)
    case.severity = request.severity or case.severity
    record(session, case, "filed", asked.who.id, request.note, now)
    outbox.add(session, CaseFiledV1(**state_of(case)))
    dispatch_if_owned(session, case, now)
    return view_of(session, case)


def _case_for(finding: FindingRaisedV1, number: str, now: datetime) -> Case:
    return Case(
        id=case_of_finding(finding.finding_id),
        case_number=number,
        kind="rectification",
        case_class=class_of_item(finding.item_code),
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


def _next_number(session: Session, area_code: str, now: datetime) -> str:
    """Take the district's next number of the day; the row lock makes it one taker at a time."""
    district, day = district_of(area_code), day_of(now)
    first = insert(CaseCounter).values(district_code=district, day=day, last_sequence=1)
    counted = first.on_conflict_do_update(
        constraint="pk_case_counters", set_={"last_sequence": CaseCounter.last_sequence + 1}
    ).returning(CaseCounter.last_sequence)
    return case_number(district, day, session.execute(counted).scalar_one())
