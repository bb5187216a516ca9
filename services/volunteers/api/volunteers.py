"""Owns the addresses of volunteers and of oneself as one."""

from uuid import UUID

from services.volunteers.schemas import volunteers as schemas
from services.volunteers.usecases import volunteer_reading, volunteers
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.etags import ETAG, Tagged, tagged
from shared.http.idempotency import without_idempotency_key
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.privacy.export_views import ExportView

VOLUNTEERS = Routes("volunteers", __name__, description="志愿者 / volunteers")
OWN = Routes("own", __name__, description="本人 / oneself as a volunteer")


@VOLUNTEERS.post("/volunteers")
@VOLUNTEERS.arguments(accepts(schemas.RegisterVolunteer))
@VOLUNTEERS.response(201, shows(schemas.OwnVolunteerView), headers=ETAG)
def register_volunteer(request: schemas.RegisterVolunteer) -> Tagged[schemas.OwnVolunteerView]:
    """Register oneself as a volunteer of a community"""
    return tagged(run(volunteers.register_volunteer, request, caller()), 201)


@VOLUNTEERS.get("/volunteers")
@VOLUNTEERS.arguments(accepts(schemas.ListVolunteers), location="query")
@VOLUNTEERS.response(200, shows(schemas.VolunteerPage))
def list_volunteers(wanted: schemas.ListVolunteers) -> schemas.VolunteerPage:
    """Volunteers of an area and all under it, masked, the latest registered first"""
    return read(volunteer_reading.list_volunteers, wanted, caller())


@VOLUNTEERS.get("/volunteers/<uuid:volunteer_id>")
@VOLUNTEERS.response(200, shows(schemas.VolunteerView), headers=ETAG)
def get_volunteer(volunteer_id: UUID) -> Tagged[schemas.VolunteerView]:
    """A volunteer, masked"""
    return tagged(read(volunteer_reading.get_volunteer, volunteer_id, caller()))


@VOLUNTEERS.post("/volunteers/<uuid:volunteer_id>/unmask")
@without_idempotency_key
@VOLUNTEERS.arguments(accepts(schemas.UnmaskVolunteer))
@VOLUNTEERS.response(200, shows(schemas.UnmaskedView))
def unmask_volunteer(request: schemas.UnmaskVolunteer, volunteer_id: UUID) -> schemas.UnmaskedView:
    """The volunteer's whole name or number, for a reason that the audit keeps"""
    return run(volunteers.unmask_volunteer, volunteer_id, request, caller())


@VOLUNTEERS.post("/volunteers/<uuid:volunteer_id>/erase")
@VOLUNTEERS.arguments(accepts(schemas.EraseVolunteer))
@VOLUNTEERS.response(200, shows(schemas.VolunteerView), headers=ETAG)
def erase_volunteer(
    request: schemas.EraseVolunteer, volunteer_id: UUID
) -> Tagged[schemas.VolunteerView]:
    """Make what is held on the volunteer unreadable for ever; the hours stay"""
    return tagged(run(volunteers.erase_volunteer, volunteer_id, request, caller().id))


@OWN.get("/me")
@OWN.response(200, shows(schemas.OwnVolunteerView), headers=ETAG)
def get_own_volunteer() -> Tagged[schemas.OwnVolunteerView]:
    """Oneself as a volunteer; the name is whole"""
    return tagged(read(volunteer_reading.get_own_volunteer, caller().id))


@OWN.get("/me/export")
@OWN.response(200, shows(ExportView))
def export_own_volunteer() -> ExportView:
    """Everything personal that is held on oneself here"""
    return run(volunteer_reading.export_own_volunteer, caller().id)
