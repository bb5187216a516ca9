"""Owns attendance: checking in and out on the spot, by the code that the organiser shows there.

A wrong code changes something: it is counted. So these use cases return a refusal of the code
instead of raising it, and `settled` raises it after the count has been committed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from services.volunteers.domain import attendance as rules
from services.volunteers.domain.activities import ActivityUnknown
from services.volunteers.domain.one_clock import Interval
from services.volunteers.models import Activity, Attendance, SignUp, Volunteer
from services.volunteers.schemas.attendance import SignUpView, WithCode
from services.volunteers.usecases.activities import code_of
from services.volunteers.usecases.hours import record_hours
from services.volunteers.usecases.sign_ups import locked_volunteer, view_of
from shared.auth.callers import Caller
from shared.errors import Rejected
from shared.ids import new_id

Outcome = SignUpView | Rejected


@dataclass(frozen=True)
class _Presence:
    """A volunteer at an activity for which they signed up; their row is held."""

    volunteer: Volunteer
    activity: Activity
    sign_up: SignUp


def check_in(
    session: Session, activity_id: UUID, request: WithCode, who: Caller, now: datetime
) -> Outcome:
    """Note that the caller came; the second time changes nothing.

    Raises:
        NotAVolunteer, ActivityUnknown, NotSignedUp, ActivityCancelledAlready, CheckInNotOpen,
        CheckInClosed, StillElsewhere
    """
    here = _present(session, activity_id, who)
    if here.sign_up.attendance is not None:
        return view_of(here.sign_up, now)
    rules.check_in_window(here.activity.starts_at, here.activity.ends_at, now)
    _require_nowhere_else(session, here, now)
    if (refusal := _code_refused(session, here, request.code)) is not None:
        return refusal
    here.sign_up.attendance = Attendance(id=new_id(), checked_in_at=now)
    session.flush()
    return view_of(here.sign_up, now)


def check_out(
    session: Session, activity_id: UUID, request: WithCode, who: Caller, now: datetime
) -> Outcome:
    """Note that the caller left, and write their hours into the ledger; once, however often asked.

    Raises:
        NotAVolunteer, ActivityUnknown, NotSignedUp, ActivityCancelledAlready, NotCheckedIn,
        CheckOutClosed
    """
    here = _present(session, activity_id, who)
    attended = here.sign_up.attendance
    if attended is None:
        raise rules.NotCheckedIn
    if attended.checked_out_at is not None:
        return view_of(here.sign_up, now)
    rules.check_out_window(here.activity.ends_at, now)
    if (refusal := _code_refused(session, here, request.code)) is not None:
        return refusal
    attended.checked_out_at = now
    period = Interval(here.activity.starts_at, here.activity.ends_at)
    served = rules.measured(Interval(attended.checked_in_at, now), period)
    record_hours(session, attended, served, who.id, now)
    return view_of(here.sign_up, now)


def settled(outcome: Outcome) -> SignUpView:
    """Return what was done.

    Raises:
        CodeWrong, CodeTriesUsedUp: when the code was refused, which is counted by now.
    """
    if isinstance(outcome, Rejected):
        raise outcome
    return outcome


def _present(session: Session, activity_id: UUID, who: Caller) -> _Presence:
    volunteer = locked_volunteer(session, who.id)
    # read-locked: nobody calls it off meanwhile, and others check in at the same time
    activity = session.get(Activity, activity_id, with_for_update={"read": True})
    if activity is None:
        raise ActivityUnknown
    found = (
        select(SignUp)
        .where(SignUp.activity_id == activity.id, SignUp.volunteer_id == volunteer.id)
        .options(joinedload(SignUp.attendance))
    )
    sign_up = session.scalars(found).one_or_none()
    if sign_up is None or sign_up.state != "signed_up":
        raise rules.NotSignedUp
    if activity.state == "cancelled":
        raise rules.ActivityCancelledAlready
    return _Presence(volunteer, activity, sign_up)


def _require_nowhere_else(session: Session, here: _Presence, now: datetime) -> None:
    """Refuse while the volunteer is checked in at another activity that goes on.

    Raises:
        StillElsewhere
    """
    elsewhere = (
        select(Activity.title)
        .join(SignUp, SignUp.activity_id == Activity.id)
        .join(SignUp.attendance)
        .where(
            SignUp.volunteer_id == here.volunteer.id,
            Attendance.checked_out_at.is_(None),
            Activity.state == "published",
            Activity.ends_at > now,
        )
    )
    if (title := session.scalar(elsewhere.limit(1))) is not None:
        raise rules.StillElsewhere(title=title)


def _code_refused(session: Session, here: _Presence, said: str) -> Rejected | None:
    """Count a wrong code; the right one forgets those before it."""
    code = code_of(session, here.activity)
    refusal = rules.code_refusal(said, code, here.sign_up.wrong_codes)
    if isinstance(refusal, rules.CodeWrong):
        here.sign_up.wrong_codes += 1
    if refusal is None:
        here.sign_up.wrong_codes = 0
    return refusal
