"""Owns re-inspections: opened by the close of a case, decided by an inspector who had no part."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from services.inspections.domain import reinspections as rules
from services.inspections.domain.deadlines import rectification_deadline
from services.inspections.domain.reinspections import Outcome, Parties
from services.inspections.domain.secrecy import told_excluded
from services.inspections.models import ChecklistItemRow, Finding, Inspection, Reinspection
from services.inspections.schemas import FailReinspection, PassReinspection, ReinspectionView
from services.inspections.usecases.findings import (
    attach_case,
    finding_with_news,
    move_finding,
    said_of,
)
from services.inspections.usecases.reinspection_reading import (
    ReinspectionNotFound,
    parties_of,
    shown,
)
from shared.auth.callers import Caller
from shared.contracts.grid import CaseClosedV1
from shared.contracts.inspections import (
    FindingClosedV1,
    ReinspectionFailedV1,
    ReinspectionOpenedV1,
    ReinspectionPassedV1,
)
from shared.http.etags import Expected, require_version
from shared.ids import new_id
from shared.messaging import outbox
from shared.privacy.personal_numbers import require_nobody_named


@dataclass(frozen=True)
class ReinspectionMove:
    """Which re-inspection is decided, by whom, and which versions of it they may have seen."""

    reinspection_id: UUID
    who: Caller
    expected: Expected = None


def open_reinspection(session: Session, event: CaseClosedV1, now: datetime) -> None:
    """Let another inspector look at what a closed case has mended, and say so.

    A close newer than the one that an open re-inspection is about takes its place: whoever had a
    part in either may not decide it.

    Raises:
        TooEarly: when the finding is not here yet.
        FindingHasOtherCase, FindingMoveNotAllowed
    """
    finding = finding_with_news(session, event)
    if finding is None:
        return
    if finding.state == "closed":
        # grid was restored from a backup and had to close it again; another inspector has looked
        attach_case(finding, event)
        move_finding(session, finding, "case_closed", now)
        return
    reinspection = _opened(session, finding, event, now)
    attach_case(finding, event)
    move_finding(session, finding, "case_closed", now, reinspection)
    session.flush()
    told = told_excluded(finding.inspection.mode, parties_of(reinspection))
    outbox.add(session, ReinspectionOpenedV1(**_said_of(reinspection), excluded_ids=told))


def pass_reinspection(
    session: Session, asked: ReinspectionMove, request: PassReinspection, now: datetime
) -> ReinspectionView:
    """Note that the finding is mended, and close it.

    Raises:
        ReinspectionNotFound, ReinspectionDecided
        Stale: when it has another version than the caller expects.
        NotIndependent: when the caller had a part in it.
    """
    finding, reinspection = _locked(session, asked)
    _decide(reinspection, "passed", asked.who.id, request.note, now)
    finding.closed_at, finding.overdue = now, reinspection.overdue
    move_finding(session, finding, "reinspection_passed", now, reinspection)
    session.flush()
    passed = ReinspectionPassedV1(
        **_said_of(reinspection), inspector_id=asked.who.id, decided_at=now
    )
    outbox.add_all(session, [passed, _closed(finding, reinspection)])
    return shown(reinspection, asked.who)


def fail_reinspection(
    session: Session, asked: ReinspectionMove, request: FailReinspection, now: datetime
) -> ReinspectionView:
    """Note that the finding is not mended; it is in rectification again, with a new deadline.

    Raises:
        ReinspectionNotFound, ReinspectionDecided
        Stale: when it has another version than the caller expects.
        NotIndependent: when the caller had a part in it.
        TextNamesSomebody
    """
    require_nobody_named(reason=request.reason)
    finding, reinspection = _locked(session, asked)
    deadline = rectification_deadline(now, _days_to_rectify(session, finding))
    _decide(reinspection, "failed", asked.who.id, request.reason, now)
    finding.deadline = reinspection.deadline = deadline
    move_finding(session, finding, "reinspection_failed", now, reinspection)
    session.flush()
    outbox.add(
        session,
        ReinspectionFailedV1(
            **_said_of(reinspection),
            inspector_id=asked.who.id,
            decided_at=now,
            reason=request.reason,
            deadline=deadline,
        ),
    )
    return shown(reinspection, asked.who)


def _opened(session: Session, finding: Finding, event: CaseClosedV1, now: datetime) -> Reinspection:
    """Return the open re-inspection of the finding, as of this close, or a new one."""
    last = _last(session, finding)
    parties = _parties_in(event, finding.inspection)
    if last is not None:
        parties = parties_of(last).joined(parties)
    reinspection = last
    if reinspection is None or reinspection.state != "open":
        reinspection = _new(finding, parties.first_inspector, now)
        session.add(reinspection)
    reinspection.case_id, reinspection.case_version = event.case_id, event.version
    reinspection.overdue = event.overdue
    reinspection.rectifier_ids = sorted(parties.rectifiers)
    reinspection.checker_ids = sorted(parties.checkers)
    reinspection.responsible_ids = sorted(parties.responsible)
    return reinspection


def _new(finding: Finding, first_inspector: UUID, now: datetime) -> Reinspection:
    return Reinspection(
        id=new_id(),
        finding=finding,
        area_code=finding.area_code,
        title=finding.title,
        state="open",
        opened_at=now,
        first_inspector_id=first_inspector,
    )


def _last(session: Session, finding: Finding) -> Reinspection | None:
    return session.scalars(
        select(Reinspection)
        .where(Reinspection.finding_id == finding.id)
        .order_by(Reinspection.case_version.desc())
        .limit(1)
    ).one_or_none()


def _parties_in(event: CaseClosedV1, inspection: Inspection) -> Parties:
    owners = [owner for owner in (event.territorial, event.functional) if owner is not None]
    firsts = {owner.first_responsible_id for owner in owners}
    return Parties(
        first_inspector=inspection.inspector_id,
        rectifiers=frozenset() if event.resolved_by is None else frozenset({event.resolved_by}),
        checkers=frozenset({event.closed_by}),
        responsible=frozenset(firsts | {owner.directly_responsible_id for owner in owners}),
    )


def _locked(session: Session, asked: ReinspectionMove) -> tuple[Finding, Reinspection]:
    """Lock the finding and then its re-inspection, as the news of its case does."""
    finding = session.scalars(
        select(Finding)
        .join(Reinspection, Reinspection.finding_id == Finding.id)
        .where(Reinspection.id == asked.reinspection_id)
        .options(joinedload(Finding.inspection))
        .with_for_update(of=Finding)
    ).one_or_none()
    if finding is None or not asked.who.may_act_in(finding.area_code):
        raise ReinspectionNotFound
    reinspection = session.get_one(Reinspection, asked.reinspection_id, with_for_update=True)
    require_version(asked.expected, reinspection.version, lambda: shown(reinspection, asked.who))
    return finding, reinspection


def _decide(
    reinspection: Reinspection, outcome: Outcome, person: UUID, note: str, now: datetime
) -> None:
    reinspection.state = rules.decided(reinspection.state, outcome)
    rules.require_independent(person, parties_of(reinspection))
    reinspection.inspector_id, reinspection.decided_at, reinspection.note = person, now, note


def _days_to_rectify(session: Session, finding: Finding) -> int:
    return session.scalars(
        select(ChecklistItemRow.rectify_within_days).where(
            ChecklistItemRow.checklist_version_id == finding.inspection.checklist_version_id,
            ChecklistItemRow.code == finding.item_code,
        )
    ).one()


def _closed(finding: Finding, reinspection: Reinspection) -> FindingClosedV1:
    return FindingClosedV1(
        **said_of(finding),
        case_id=reinspection.case_id,
        closed_at=cast(datetime, finding.closed_at),
        overdue=reinspection.overdue,
        reinspected_by=reinspection.inspector_id,
    )


def _said_of(reinspection: Reinspection) -> dict[str, Any]:
    """Return what every event about a flushed re-inspection carries: `ReinspectionStateV1`."""
    return {
        "reinspection_id": reinspection.id,
        "finding_id": reinspection.finding_id,
        "case_id": reinspection.case_id,
        "area_code": reinspection.area_code,
        "title": reinspection.title,
        "opened_at": reinspection.opened_at,
        "version": reinspection.version,
    }
