"""Owns residents' reports: sent by anyone, followed by a number, taken up or refused (G17, G18)."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain import cases, public_words
from services.grid.domain.case_classes import street_problem
from services.grid.domain.public_words import Words
from services.grid.domain.tracking import (
    RANDOM_BYTES,
    ReportUnknown,
    grouped,
    read_tracking_number,
    tracking_number,
)
from services.grid.models.cases import Case, CaseStep, Report
from services.grid.schemas.cases import CaseView, RefuseCase
from services.grid.schemas.reports import ReportProblem, ReportStep, ReportView
from services.grid.usecases.area_days import day_of, name_on
from services.grid.usecases.case_reading import view_of
from services.grid.usecases.case_records import CaseMove, locked, record
from shared.clock import real_now
from shared.contracts.grid import CaseRefusedV1, CaseReportedV1
from shared.database import Transactions
from shared.http import rate_limits
from shared.ids import new_id
from shared.messaging import outbox
from shared.privacy import keyring
from shared.privacy.personal_numbers import require_nobody_named

REPORTS_PER_HOUR = 30
"""From one address: a household, but also everybody behind one carrier's address."""


def report_problem(db: Transactions, request: ReportProblem, address: str) -> ReportView:
    """Take in what somebody reports, and give it a number to follow it by.

    Raises:
        TooMany: past thirty reports an hour from one address.
        AreaNotRegistered, AreaNotThatDay: when there is no such community.
    """
    at = real_now()
    db.change(rate_limits.take, address, "report", REPORTS_PER_HOUR, 3600, at)
    return db.run(_take_in, request)


def get_report(session: Session, said: str) -> ReportView:
    """Return what the public may know of a report.

    Raises:
        TrackingNumberMistyped, ReportUnknown
    """
    number = read_tracking_number(said)
    report = session.get(Report, _hash(session, number))
    if report is None:
        raise ReportUnknown
    return _public_view(session, session.get_one(Case, report.case_id), number)


def refuse_case(session: Session, asked: CaseMove, request: RefuseCase, now: datetime) -> CaseView:
    """Don't take a report up; whoever follows it reads the reason.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
        TextNamesSomebody
    """
    require_nobody_named(reason=request.reason)
    case = locked(session, asked, now)
    case.state = cases.next_state(case.state, "refuse")
    case.refused_at, case.refused_by, case.refusal = now, asked.who.id, request.reason
    record(session, case, "refused", asked.who.id, request.reason, now)
    outbox.add(
        session,
        CaseRefusedV1(
            case_id=case.id,
            area_code=case.area_code,
            reason=request.reason,
            refused_at=now,
            refused_by=asked.who.id,
            version=case.version,
        ),
    )
    return view_of(session, case)


def _take_in(session: Session, request: ReportProblem, now: datetime) -> ReportView:
    name_on(session, "area_code", request.area_code, day_of(now))
    case = _case_for(request, now)
    session.add(case)
    record(session, case, "reported", None, request.description, now)
    number = read_tracking_number(tracking_number(secrets.token_bytes(RANDOM_BYTES)))
    session.add(Report(tracking_hash=_hash(session, number), case_id=case.id, reported_at=now))
    outbox.add(
        session,
        CaseReportedV1(
            case_id=case.id,
            kind=case.kind,
            case_class=case.case_class,
            area_code=case.area_code,
            title=case.title,
            reported_at=now,
            version=case.version,
        ),
    )
    return _public_view(session, case, number)


def _case_for(request: ReportProblem, now: datetime) -> Case:
    """Return the case; its title is the class's name, since events carry it and a resident's own
    words may name somebody."""
    case_class = street_problem(request.case_class)
    return Case(
        id=new_id(),
        kind="street_problem",
        case_class=request.case_class,
        area_code=request.area_code,
        place=request.place,
        title=case_class.zh,
        description=request.description,
        severity=case_class.severity,
        state="reported",
        reported_at=now,
        created_at=now,
    )


def _public_view(session: Session, case: Case, number: str) -> ReportView:
    session.flush()
    steps = session.scalars(
        select(CaseStep).where(CaseStep.case_id == case.id).order_by(CaseStep.id)
    )
    case_class = street_problem(case.case_class)
    return ReportView(
        tracking_number=grouped(number),
        case_class=case.case_class,
        class_name=Words(case_class.zh, case_class.en),
        state=case.state,
        state_words=public_words.STATES[case.state],
        reported_at=case.created_at,
        expected_by=case.deadline,
        answer=case.refusal or case.reply,
        steps=[ReportStep(s.step, public_words.STEPS[s.step], s.at) for s in steps],
    )


def _hash(session: Session, number: str) -> bytes:
    """Return what a number is found by: the database alone tells nobody a number."""
    return keyring.of(session).blind_index("tracking number", number)
