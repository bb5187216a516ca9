"""Owns the addresses of activities."""

from uuid import UUID

from flask import url_for

from services.volunteers.schemas import activities as schemas
from services.volunteers.usecases import activities, activity_reading
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.etags import ETAG, Tagged, fingerprinted
from shared.http.idempotency import without_idempotency_key
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

ACTIVITIES = Routes("activities", __name__, description="志愿活动 / activities")


@ACTIVITIES.get("/activity-kinds")
@ACTIVITIES.response(200, shows(schemas.ActivityKindList))
def list_activity_kinds() -> schemas.ActivityKindList:
    """Every kind of activity, in both languages"""
    return read(activity_reading.list_activity_kinds)


@ACTIVITIES.post("/activities")
@ACTIVITIES.arguments(accepts(schemas.PublishActivity))
@ACTIVITIES.response(201, shows(schemas.ActivityView))
def publish_activity(
    request: schemas.PublishActivity,
) -> tuple[schemas.ActivityView, int, dict[str, str]]:
    """Call for volunteers, perhaps for a case of the community"""
    made = run(activities.publish_activity, request, caller())
    return made, 201, {"Location": url_for("activities.get_activity", activity_id=made.id)}


@ACTIVITIES.get("/activities")
@ACTIVITIES.arguments(accepts(schemas.ListActivities), location="query")
@ACTIVITIES.response(200, shows(schemas.ActivityPage))
def list_activities(wanted: schemas.ListActivities) -> schemas.ActivityPage:
    """Activities of an area and all under it"""
    return run(activity_reading.list_activities, wanted)


@ACTIVITIES.get("/activities/<uuid:activity_id>")
@ACTIVITIES.response(200, shows(schemas.ActivityView), headers=ETAG)
def get_activity(activity_id: UUID) -> Tagged[schemas.ActivityView]:
    """An activity, and how many places are left"""
    return fingerprinted(run(activity_reading.get_activity, activity_id))


@ACTIVITIES.post("/activities/<uuid:activity_id>/cancel")
@ACTIVITIES.arguments(accepts(schemas.CancelActivity))
@ACTIVITIES.response(200, shows(schemas.ActivityView))
def cancel_activity(request: schemas.CancelActivity, activity_id: UUID) -> schemas.ActivityView:
    """Call an activity off before it begins; those who signed up are told"""
    return run(activities.cancel_activity, activity_id, request, caller())


@ACTIVITIES.get("/activities/<uuid:activity_id>/check-in-code")
@ACTIVITIES.response(200, shows(schemas.CheckInCodeView))
def get_check_in_code(activity_id: UUID) -> schemas.CheckInCodeView:
    """The six digits to show on the spot"""
    return read(activities.get_check_in_code, activity_id, caller())


@ACTIVITIES.post("/activities/<uuid:activity_id>/check-in-code")
@without_idempotency_key
@ACTIVITIES.response(200, shows(schemas.CheckInCodeView))
def renew_check_in_code(activity_id: UUID) -> schemas.CheckInCodeView:
    """Another six digits; the old ones hold no longer, and everyone may try anew"""
    return run(activities.renew_check_in_code, activity_id, caller())
