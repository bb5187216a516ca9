"""Owns who gets a case: by the responsibility matrix at once, by a person, or when a post appears.

A case keeps the owners of the day on which it was dispatched, whatever becomes of their posts. It
keeps its area, too; where that has ended by then, those answer who have what it goes on as.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import cases
from services.grid.domain.responsibility import (
    Branch,
    Matrix,
    Owner,
    Owners,
    Post,
    owner_at,
    require_fitting,
    require_found,
)
from services.grid.models.cases import Case, CasePerson
from services.grid.schemas.cases import CaseView, DispatchCase
from services.grid.usecases.area_days import day_of, go_on_as, goes_on_as
from services.grid.usecases.case_reading import view_of
from services.grid.usecases.case_records import CaseMove, locked, record, state_of
from services.grid.usecases.owning import matrices_on, matrix_for, post_named
from shared import metrics
from shared.contracts.grid import CaseDispatchedV1
from shared.messaging import outbox

BATCH_CASES = 50
_WAITING = Case.state == "filed"


def dispatch_case(
    session: Session, asked: CaseMove, request: DispatchCase, now: datetime
) -> CaseView:
    """Give a case its two owners: the posts that are named, and by the matrix those that aren't.

    Raises:
        CaseUnknown, MoveNotAllowed: when there is no such case here, or not in that state.
        Stale: when the case has another version than the caller expects.
        PostNotKnown, PostInactive, PostOfOtherBranch, PostElsewhere, NoOwnerFound, PostVacant
    """
    case = locked(session, asked, now)
    cases.next_state(case.state, "dispatch")
    day = day_of(now)
    area = goes_on_as(session, case.area_code, day)
    place = _Place(area, case.case_class, matrix_for(session, area, case.case_class, day))
    owners = Owners(
        _chosen(place, "territorial", _named(session, request.territorial, day)),
        _chosen(place, "functional", _named(session, request.functional, day)),
    )
    _dispatch(session, case, owners, asked.who.id, now)
    return view_of(session, case)


def dispatch_if_owned(session: Session, case: Case, now: datetime) -> None:
    """Give a case that was just filed its owners when the matrix has both; else it waits."""
    area = goes_on_as(session, case.area_code, day_of(now))
    matrix = matrix_for(session, area, case.case_class, day_of(now))
    owners = matrix.owners_of(area, case.case_class)
    if owners is not None:
        _dispatch(session, case, owners, None, now)


def dispatch_waiting(session: Session, now: datetime) -> int:
    """Dispatch a batch of the filed cases that the matrix has owners for by now; return how many.

    Cases of one area and class have the same owners, so few look-ups do for many that wait. Several
    workers may do it at once: what another has locked is passed over.
    """
    kinds = session.execute(
        select(Case.area_code, Case.case_class, func.count())
        .where(_WAITING)
        .group_by(Case.area_code, Case.case_class)
    ).all()
    areas = go_on_as(session, {area_code for area_code, _, _ in kinds}, day_of(now))
    matrices = matrices_on(session, set(areas.values()), day_of(now))
    done, without = 0, 0
    for area_code, case_class, count in kinds:
        area = areas[area_code]
        owners = matrices.of(area).owners_of(area, case_class)
        if owners is None:
            without += count
        elif done < BATCH_CASES:
            done += _dispatch_some(session, area_code, case_class, BATCH_CASES - done, owners, now)
    metrics.CASES_WITHOUT_OWNER.set(without)
    return done


def _dispatch_some(
    session: Session,
    area_code: str,
    case_class: str,
    most: int,
    owners: Owners,
    now: datetime,
) -> int:
    waiting = session.scalars(
        select(Case)
        .where(_WAITING, Case.area_code == area_code, Case.case_class == case_class)
        .order_by(Case.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for case in waiting:
        _dispatch(session, case, owners, None, now)
    return len(waiting)


@dataclass(frozen=True)
class _Place:
    """Where a case is worked on today, its class, and the matrix there."""

    area_code: str
    case_class: str
    matrix: Matrix


_Named = tuple[str, Post | None]
"""The code that somebody named, and the post if there is one."""


def _named(session: Session, code: str | None, day: date) -> _Named | None:
    return None if code is None else (code, post_named(session, code, day))


def _chosen(place: _Place, branch: Branch, named: _Named | None) -> Owner:
    if named is None:
        found = place.matrix.post_of(branch, place.area_code, place.case_class)
        return owner_at(require_found(found, branch), branch)
    code, post = named
    return owner_at(require_fitting(post, code, branch, place.area_code), branch)


def _dispatch(session: Session, case: Case, owners: Owners, by: UUID | None, now: datetime) -> None:
    case.state = cases.next_state(case.state, "dispatch")
    case.territorial, case.functional = owners.territorial, owners.functional
    case.dispatched_at = now
    names = f"{owners.territorial.post_name}、{owners.functional.post_name}"
    record(session, case, "dispatched", by, names, now)
    persons = {*owners.territorial.persons, *owners.functional.persons}
    rows = [{"person_id": person, "case_id": case.id} for person in sorted(persons)]
    session.execute(insert(CasePerson).values(rows).on_conflict_do_nothing())
    outbox.add(session, CaseDispatchedV1(**state_of(case), dispatched_at=now, dispatched_by=by))
