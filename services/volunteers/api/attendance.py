"""Owns the addresses of sign-ups and of attendance.

Checking in and out takes no Idempotency-Key: the second time changes nothing anyway, and a wrong
code must be counted although it is refused.
"""

from uuid import UUID

from services.volunteers.schemas import attendance as schemas
from services.volunteers.usecases import attendance, sign_ups
from shared.http.app import run
from shared.http.auth import caller
from shared.http.idempotency import without_idempotency_key
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

ATTENDANCE = Routes("attendance", __name__, description="报名与签到 / sign-ups and attendance")
OWN_SIGN_UPS = Routes("own_sign_ups", __name__, description="本人报名 / one's own sign-ups")


@ATTENDANCE.post("/activities/<uuid:activity_id>/sign-ups")
@ATTENDANCE.response(200, shows(schemas.SignUpView))
def sign_up(activity_id: UUID) -> schemas.SignUpView:
    """Take a place in an activity; the second time changes nothing"""
    return run(sign_ups.sign_up, activity_id, caller())


@ATTENDANCE.post("/activities/<uuid:activity_id>/withdraw")
@ATTENDANCE.response(200, shows(schemas.SignUpView))
def withdraw_sign_up(activity_id: UUID) -> schemas.SignUpView:
    """Give one's place back, as long as one hasn't come"""
    return run(sign_ups.withdraw_sign_up, activity_id, caller())


@ATTENDANCE.get("/activities/<uuid:activity_id>/sign-ups")
@ATTENDANCE.arguments(accepts(schemas.ListSignUps), location="query")
@ATTENDANCE.response(200, shows(schemas.SignUpPage))
def list_sign_ups(wanted: schemas.ListSignUps, activity_id: UUID) -> schemas.SignUpPage:
    """Who signed up for an activity, by id, the latest first"""
    return run(sign_ups.list_sign_ups, activity_id, wanted, caller())


@ATTENDANCE.post("/activities/<uuid:activity_id>/check-in")
@without_idempotency_key
@ATTENDANCE.arguments(accepts(schemas.WithCode))
@ATTENDANCE.response(200, shows(schemas.SignUpView))
def check_in(request: schemas.WithCode, activity_id: UUID) -> schemas.SignUpView:
    """Check in on the spot, from half an hour before the start until the end"""
    return attendance.settled(run(attendance.check_in, activity_id, request, caller()))


@ATTENDANCE.post("/activities/<uuid:activity_id>/check-out")
@without_idempotency_key
@ATTENDANCE.arguments(accepts(schemas.WithCode))
@ATTENDANCE.response(200, shows(schemas.SignUpView))
def check_out(request: schemas.WithCode, activity_id: UUID) -> schemas.SignUpView:
    """Check out, up to two hours after the end; the hours go into the ledger"""
    return attendance.settled(run(attendance.check_out, activity_id, request, caller()))


@OWN_SIGN_UPS.get("/me/sign-ups")
@OWN_SIGN_UPS.arguments(accepts(schemas.ListSignUps), location="query")
@OWN_SIGN_UPS.response(200, shows(schemas.SignUpPage))
def list_own_sign_ups(wanted: schemas.ListSignUps) -> schemas.SignUpPage:
    """One's own sign-ups, the latest first"""
    return run(sign_ups.list_own_sign_ups, wanted, caller())
