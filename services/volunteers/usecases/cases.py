"""Owns the copy of cases: what activities can be called for, as `grid` says it."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.volunteers.models import KnownCaseRow
from shared.contracts.grid import CaseClosedV1, CaseStateV1


def learn_case(session: Session, event: CaseStateV1, now: datetime) -> None:
    """Keep the highest version of a case: open when dispatched or reopened, shut when closed."""
    known = {
        "case_number": event.case_number,
        "area_code": event.area_code,
        "title": event.title,
        "is_open": not isinstance(event, CaseClosedV1),
        "version": event.version,
    }
    session.execute(
        insert(KnownCaseRow)
        .values(id=event.case_id, **known)
        .on_conflict_do_update(
            constraint="pk_cases", set_=known, where=KnownCaseRow.version < event.version
        )
    )
