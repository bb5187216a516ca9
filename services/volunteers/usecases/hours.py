"""Owns the ledger of hours: lines written at check-out, chained, never changed; and reading it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.volunteers.domain.hours import HoursKind, Totals, totals_of
from services.volunteers.domain.one_clock import Interval, uncounted, whole_minutes
from services.volunteers.ledger import chained
from services.volunteers.models import Attendance, HoursEntry, HoursHead
from services.volunteers.schemas.hours import (
    HoursEntryView,
    HoursPage,
    ListHours,
    ListOwnHours,
)
from shared.audit.verification import ONE_SNAPSHOT, START, Link, Mark, Verdict, follow
from shared.auth.callers import Caller, within
from shared.contracts.volunteers import HoursRecordedV1
from shared.http.listing import Listing, newest
from shared.http.paging import Page
from shared.ids import new_id
from shared.messaging import outbox

_LATEST = Listing("hours", {"-position": (newest(HoursEntry.position),)})
_OWN = Listing("own hours", {"-position": (newest(HoursEntry.position),)})
_ROWS_AT_ONCE = 1_000


def record_hours(
    session: Session, attended: Attendance, served: Interval, by: UUID, now: datetime
) -> None:
    """Write measured service into the ledger and say so; time counted before counts no more.

    The volunteer's row is held. From here to the commit nobody else writes into the ledger.
    """
    fresh = uncounted(served, _measured_before(session, attended.sign_up.volunteer_id, served))
    row = _line_of(attended, served, whole_minutes(fresh))
    row.recorded_by, row.recorded_at = by, now
    _chain(session, row)
    outbox.add(session, _recorded(row))


def list_own_hours(session: Session, wanted: ListOwnHours, who: Caller) -> HoursPage:
    """Return a page of the caller's entries, the latest first, and the totals of all.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(HoursEntry).where(HoursEntry.volunteer_id == who.id)
    return _shown(session, found, _OWN.page(session, found, wanted))


def list_hours(session: Session, wanted: ListHours, who: Caller) -> HoursPage:
    """Return a page of the entries of service in the caller's areas, and the totals of all.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(HoursEntry).where(within(HoursEntry.area_code, who.areas))
    if wanted.area is not None:
        found = found.where(within(HoursEntry.area_code, [wanted.area]))
    if wanted.volunteer is not None:
        found = found.where(HoursEntry.volunteer_id == wanted.volunteer)
    return _shown(session, found, _LATEST.page(session, found, wanted))


def verify_hours(session: Session, expected: Mark = START) -> Verdict:
    """Follow the ledger from its first line to its head; stop at the first that doesn't hold.

    It reads by thousands, in one snapshot: call it first in its transaction. `expected` is the
    mark of a former check.
    """
    session.execute(ONE_SNAPSHOT)
    head = session.scalars(select(HoursHead)).one_or_none()
    rows = select(HoursEntry).order_by(HoursEntry.position)
    with session.scalars(rows.execution_options(yield_per=_ROWS_AT_ONCE)) as found:
        links = (Link(chained(row), row.previous, row.hash) for row in found)
        return follow(links, Mark(head.position, head.hash) if head else None, expected)


def _measured_before(session: Session, volunteer_id: UUID, served: Interval) -> list[Interval]:
    near = select(HoursEntry.started_at, HoursEntry.ended_at).where(
        HoursEntry.volunteer_id == volunteer_id,
        HoursEntry.kind == "measured",
        HoursEntry.started_at < served.end,
        HoursEntry.ended_at > served.start,
    )
    return [Interval(start, end) for start, end in session.execute(near)]


def _line_of(attended: Attendance, served: Interval, minutes: int) -> HoursEntry:
    sign_up, activity = attended.sign_up, attended.sign_up.activity
    return HoursEntry(
        id=new_id(),
        volunteer_id=sign_up.volunteer_id,
        activity_id=activity.id,
        attendance_id=attended.id,
        activity_title=activity.title,
        area_code=activity.area_code,
        case_id=activity.case_id,
        kind="measured",
        minutes=minutes,
        started_at=served.start,
        ended_at=served.end,
    )


def _chain(session: Session, row: HoursEntry) -> None:
    session.flush()
    head = session.scalars(
        select(HoursHead).with_for_update().execution_options(populate_existing=True)
    ).one()
    row.position, row.previous = head.position + 1, head.hash
    row.hash = chained(row).hash_after(head.hash)
    session.add(row)
    head.position, head.hash = row.position, row.hash
    session.flush()


def _recorded(row: HoursEntry) -> HoursRecordedV1:
    return HoursRecordedV1(
        entry_id=row.id,
        volunteer_id=row.volunteer_id,
        activity_id=row.activity_id,
        activity_title=row.activity_title,
        area_code=row.area_code,
        case_id=row.case_id,
        minutes=row.minutes,
        started_at=row.started_at,
        ended_at=row.ended_at,
        recorded_at=row.recorded_at,
    )


def _shown(session: Session, found: Select[HoursEntry], page: Page[HoursEntry]) -> HoursPage:
    items = [_view_of(row) for row in page.items]
    return HoursPage(items=items, totals=_totals(session, found), next=page.next)


def _totals(session: Session, found: Select[Any]) -> Totals:
    summed = found.with_only_columns(HoursEntry.kind, func.sum(HoursEntry.minutes))
    minutes: dict[HoursKind, int] = dict(session.execute(summed.group_by(HoursEntry.kind)).all())
    return totals_of(minutes)


def _view_of(row: HoursEntry) -> HoursEntryView:
    return HoursEntryView(
        id=row.id,
        position=row.position,
        volunteer_id=row.volunteer_id,
        activity_id=row.activity_id,
        activity_title=row.activity_title,
        area_code=row.area_code,
        case_id=row.case_id,
        kind=row.kind,
        minutes=row.minutes,
        started_at=row.started_at,
        ended_at=row.ended_at,
        recorded_at=row.recorded_at,
    )
