"""Owns what happens to an activity: published, called off; and the code shown on the spot."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.volunteers.domain import activities as rules
from services.volunteers.domain.attendance import CODE_DIGITS
from services.volunteers.models import Activity, KnownCaseRow, SignUp
from services.volunteers.personal import CHECK_IN_CODE
from services.volunteers.schemas.activities import (
    ActivityView,
    CancelActivity,
    CheckInCodeView,
    PublishActivity,
)
from services.volunteers.usecases.activity_reading import view_of
from services.volunteers.usecases.areas import require_community
from shared.auth.callers import Caller
from shared.contracts.volunteers import ActivityCancelledV1, ActivityPublishedV1
from shared.ids import new_id
from shared.messaging import outbox
from shared.privacy import keyring
from shared.privacy.personal_numbers import require_nobody_named


def publish_activity(
    session: Session, request: PublishActivity, who: Caller, now: datetime
) -> ActivityView:
    """Call for volunteers, and say so.

    Raises:
        AreaNotGranted, CommunityUnknown, StartsInPast, StartsTooFarAhead, EndsBeforeStart,
        LastsTooLong, CaseNotKnown, CaseAlreadyClosed, TextNamesSomebody
    """
    require_nobody_named(title=request.title, place=request.place)
    who.require_area("area_code", request.area_code)
    require_community(session, request.area_code, request.starts_at)
    rules.check_times(request.starts_at, request.ends_at, now)
    if request.case_id is not None:
        rules.check_case(_known_case(session, request.case_id), request.area_code)
    activity = _new_activity(session, request, who.id, now)
    session.add(activity)
    session.flush()
    outbox.add(session, ActivityPublishedV1(**_said_of(activity), published_at=now))
    return view_of(activity, now)


def cancel_activity(
    session: Session, activity_id: UUID, request: CancelActivity, who: Caller, now: datetime
) -> ActivityView:
    """Call an activity off before it begins, and say so to those who signed up.

    Raises:
        ActivityUnknown, ActivityMoveNotAllowed, ActivityBegun, TextNamesSomebody
    """
    require_nobody_named(reason=request.reason)
    activity = locked(session, activity_id, who)
    state = rules.state_at(activity.state, activity.ends_at, now)
    activity.state = rules.cancelled(state, activity.starts_at, now)
    activity.cancelled_at, activity.cancelled_by = now, who.id
    activity.reason = request.reason.strip()
    session.flush()
    coming = select(SignUp.volunteer_id).where(
        SignUp.activity_id == activity.id, SignUp.state == "signed_up"
    )
    outbox.add(
        session,
        ActivityCancelledV1(
            **_said_of(activity),
            cancelled_at=now,
            reason=activity.reason,
            volunteer_ids=sorted(session.scalars(coming)),
        ),
    )
    return view_of(activity, now)


def get_check_in_code(session: Session, activity_id: UUID, who: Caller) -> CheckInCodeView:
    """Return the six digits that the organiser shows on the spot.

    Raises:
        ActivityUnknown
    """
    activity = session.get(Activity, activity_id)
    if activity is None or not who.may_act_in(activity.area_code):
        raise rules.ActivityUnknown
    return CheckInCodeView(activity_id=activity.id, code=code_of(session, activity))


def renew_check_in_code(
    session: Session, activity_id: UUID, who: Caller, now: datetime
) -> CheckInCodeView:
    """Give an activity another code: the old one got about, or somebody guessed too often.

    Raises:
        ActivityUnknown
    """
    activity = locked(session, activity_id, who)
    activity.check_in_code = _sealed_code(session, activity.id)
    session.execute(update(SignUp).where(SignUp.activity_id == activity.id).values(wrong_codes=0))
    return CheckInCodeView(activity_id=activity.id, code=code_of(session, activity))


def code_of(session: Session, activity: Activity) -> str:
    """Return the code of an activity."""
    context = CHECK_IN_CODE.context_of(activity.id)
    return keyring.of(session).decrypt(activity.check_in_code, context).decode()


def locked(session: Session, activity_id: UUID, who: Caller) -> Activity:
    """Return an activity of the caller's areas, held until this transaction ends.

    Raises:
        ActivityUnknown
    """
    activity = session.get(Activity, activity_id, with_for_update=True)
    if activity is None or not who.may_act_in(activity.area_code):
        raise rules.ActivityUnknown
    return activity


def _known_case(session: Session, case_id: UUID) -> rules.KnownCase | None:
    # read-locked, so that no close of it commits between the look and the call
    row = session.get(KnownCaseRow, case_id, with_for_update={"read": True})
    if row is None:
        return None
    return rules.KnownCase(row.id, row.case_number, row.area_code, row.is_open)


def _new_activity(
    session: Session, request: PublishActivity, organiser_id: UUID, now: datetime
) -> Activity:
    activity_id = new_id()
    return Activity(
        id=activity_id,
        area_code=request.area_code,
        kind=request.kind,
        title=request.title.strip(),
        place=request.place.strip(),
        starts_at=request.starts_at.astimezone(UTC),
        ends_at=request.ends_at.astimezone(UTC),
        places=request.places,
        taken=0,
        case_id=request.case_id,
        organiser_id=organiser_id,
        state="published",
        published_at=now,
        check_in_code=_sealed_code(session, activity_id),
    )


def _sealed_code(session: Session, activity_id: UUID) -> bytes:
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    return keyring.of(session).encrypt(code.encode(), CHECK_IN_CODE.context_of(activity_id))


def _said_of(activity: Activity) -> dict[str, Any]:
    """Return what every event about a flushed activity carries: `ActivityStateV1`."""
    return {
        "activity_id": activity.id,
        "area_code": activity.area_code,
        "kind": activity.kind,
        "title": activity.title,
        "place": activity.place,
        "starts_at": activity.starts_at,
        "ends_at": activity.ends_at,
        "places": activity.places,
        "case_id": activity.case_id,
        "organiser_id": activity.organiser_id,
        "version": activity.version,
    }
