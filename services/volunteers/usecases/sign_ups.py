"""Owns sign-ups: who comes to what. One volunteer's are decided one after the other.

Locks are taken in one order everywhere: the volunteer, then the activity.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload
from sqlalchemy.sql.base import ExecutableOption

from services.volunteers.domain import sign_ups as rules
from services.volunteers.domain.activities import ActivityUnknown, state_at
from services.volunteers.domain.one_clock import Interval
from services.volunteers.models import Activity, SignUp, SignUpStep, Volunteer
from services.volunteers.schemas.attendance import ListSignUps, SignUpPage, SignUpView
from shared.auth.callers import Caller
from shared.http.listing import Listing, newest
from shared.ids import new_id

_LATEST = Listing("sign-ups", {"-signed_up_at": (newest(SignUp.id),)})
_OWN = Listing("own sign-ups", {"-signed_up_at": (newest(SignUp.id),)})


def sign_up(session: Session, activity_id: UUID, who: Caller, now: datetime) -> SignUpView:
    """Take a place in an activity for the caller; the second time changes nothing.

    Raises:
        NotAVolunteer, ActivityUnknown, SignUpClosed, OverlapsOtherActivity, ActivityFull
    """
    volunteer = locked_volunteer(session, who.id)
    activity = _locked_activity(session, activity_id)
    held = _held(session, activity.id, volunteer.id)
    if held is not None and held.state == "signed_up":
        return view_of(held, now)
    rules.require_open(state_at(activity.state, activity.ends_at, now))
    rules.require_no_overlap(_period(activity), _engagements(session, volunteer.id, now))
    rules.require_place(activity.taken, activity.places)
    activity.taken += 1
    taken = held or SignUp(
        id=new_id(), activity=activity, volunteer_id=volunteer.id, wrong_codes=0, attendance=None
    )
    taken.state, taken.signed_up_at, taken.withdrawn_at = "signed_up", now, None
    _record(session, taken, who.id, now)
    return view_of(taken, now)


def withdraw_sign_up(session: Session, activity_id: UUID, who: Caller, now: datetime) -> SignUpView:
    """Give the caller's place back; the second time changes nothing.

    Raises:
        NotAVolunteer, ActivityUnknown, SignUpUnknown, SignUpClosed, AlreadyCheckedIn
    """
    volunteer = locked_volunteer(session, who.id)
    activity = _locked_activity(session, activity_id)
    held = _held(session, activity.id, volunteer.id)
    if held is None:
        raise rules.SignUpUnknown
    if held.state == "signed_up":
        rules.require_open(state_at(activity.state, activity.ends_at, now))
        rules.require_not_checked_in(attended_of(held))
        _withdraw(session, held, who.id, now)
    return view_of(held, now)


def release_places(session: Session, volunteer_id: UUID, by: UUID, now: datetime) -> None:
    """Give back every place that a locked volunteer holds where they have not come yet."""
    for held in _upcoming(session, volunteer_id, now):
        # locked in the order of ids; each is read again under its lock
        session.refresh(held.activity, with_for_update=True)
        if held.activity.state == "published" and held.attendance is None:
            _withdraw(session, held, by, now)


def list_sign_ups(
    session: Session, activity_id: UUID, wanted: ListSignUps, who: Caller, now: datetime
) -> SignUpPage:
    """Return a page of an activity's sign-ups, the latest first: ids and states, no names.

    Raises:
        ActivityUnknown, BadCursor
    """
    activity = session.get(Activity, activity_id)
    if activity is None or not who.may_act_in(activity.area_code):
        raise ActivityUnknown
    found = select(SignUp).where(SignUp.activity_id == activity.id).options(*_whole())
    page = _LATEST.page(session, found, wanted, of=activity.id)
    return SignUpPage(items=[view_of(one, now) for one in page.items], next=page.next)


def list_own_sign_ups(
    session: Session, wanted: ListSignUps, who: Caller, now: datetime
) -> SignUpPage:
    """Return a page of the caller's sign-ups, the latest first.

    Raises:
        BadCursor
    """
    found = select(SignUp).where(SignUp.volunteer_id == who.id).options(*_whole())
    page = _OWN.page(session, found, wanted)
    return SignUpPage(items=[view_of(one, now) for one in page.items], next=page.next)


def locked_volunteer(session: Session, person_id: UUID) -> Volunteer:
    """Return the volunteer who asks, held until this transaction ends: one person, one clock.

    Raises:
        NotAVolunteer
    """
    volunteer = session.get(Volunteer, person_id, with_for_update=True)
    if volunteer is None or volunteer.state != "active":
        raise rules.NotAVolunteer
    return volunteer


def attended_of(held: SignUp) -> rules.Attended:
    """Return when the volunteer came and went."""
    if held.attendance is None:
        return rules.Attended()
    return rules.Attended(held.attendance.checked_in_at, held.attendance.checked_out_at)


def view_of(held: SignUp, now: datetime) -> SignUpView:
    """Return what the volunteer and the organisers see of a sign-up."""
    activity, attended = held.activity, attended_of(held)
    state = state_at(activity.state, activity.ends_at, now)
    return SignUpView(
        id=held.id,
        activity_id=activity.id,
        volunteer_id=held.volunteer_id,
        state=rules.shown_state(held.state, state, attended, activity.ends_at, now),
        signed_up_at=held.signed_up_at,
        withdrawn_at=held.withdrawn_at,
        checked_in_at=attended.checked_in_at,
        checked_out_at=attended.checked_out_at,
        version=held.version,
    )


def _locked_activity(session: Session, activity_id: UUID) -> Activity:
    activity = session.get(Activity, activity_id, with_for_update=True)
    if activity is None:
        raise ActivityUnknown
    return activity


def _held(session: Session, activity_id: UUID, volunteer_id: UUID) -> SignUp | None:
    found = select(SignUp).where(
        SignUp.activity_id == activity_id, SignUp.volunteer_id == volunteer_id
    )
    return session.scalars(found).one_or_none()


def _upcoming(session: Session, volunteer_id: UUID, now: datetime) -> list[SignUp]:
    """Return the sign-ups of a volunteer for activities that are neither called off nor over."""
    found = (
        select(SignUp)
        .join(SignUp.activity)
        .options(contains_eager(SignUp.activity), joinedload(SignUp.attendance))
        .where(
            SignUp.volunteer_id == volunteer_id,
            SignUp.state == "signed_up",
            Activity.state == "published",
            Activity.ends_at > now,
        )
        .order_by(Activity.id)
    )
    return list(session.scalars(found))


def _engagements(session: Session, volunteer_id: UUID, now: datetime) -> list[rules.Engagement]:
    held = _upcoming(session, volunteer_id, now)
    return [rules.Engagement(one.activity.title, _period(one.activity)) for one in held]


def _period(activity: Activity) -> Interval:
    return Interval(activity.starts_at, activity.ends_at)


def _withdraw(session: Session, held: SignUp, by: UUID, now: datetime) -> None:
    held.activity.taken -= 1
    held.state, held.withdrawn_at = "withdrawn", now
    _record(session, held, by, now)


def _record(session: Session, held: SignUp, by: UUID, now: datetime) -> None:
    session.add(held)
    session.flush()  # the sign-up first: the step refers to it
    step = SignUpStep(id=new_id(), sign_up_id=held.id, state=held.state, person_id=by, at=now)
    session.add(step)


def _whole() -> tuple[ExecutableOption, ...]:
    return joinedload(SignUp.activity), joinedload(SignUp.attendance)
