"""Owns the addresses of the ledger of hours."""

from services.volunteers.schemas import hours as schemas
from services.volunteers.usecases import hours
from shared.http.app import read
from shared.http.auth import caller
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

HOURS = Routes("hours", __name__, description="时长台账 / the ledger of hours")


@HOURS.get("/me/hours")
@HOURS.arguments(accepts(schemas.ListOwnHours), location="query")
@HOURS.response(200, shows(schemas.HoursPage))
def list_own_hours(wanted: schemas.ListOwnHours) -> schemas.HoursPage:
    """One's own hours, the latest first, with totals in minutes"""
    return read(hours.list_own_hours, wanted, caller())


@HOURS.get("/hours")
@HOURS.arguments(accepts(schemas.ListHours), location="query")
@HOURS.response(200, shows(schemas.HoursPage))
def list_hours(wanted: schemas.ListHours) -> schemas.HoursPage:
    """Hours served in an area and all under it, the latest first, with totals in minutes"""
    return read(hours.list_hours, wanted, caller())
