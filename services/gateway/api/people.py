"""Owns the addresses for people's names and for one's own account."""

from services.gateway.schemas.accounts import OwnAccountView
from services.gateway.schemas.people import ListNames, NamePage
from services.gateway.usecases import account_reading, people
from shared.http.app import run
from shared.http.auth import caller
from shared.http.idempotency import without_idempotency_key
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.privacy.export_views import ExportView

PEOPLE = Routes("people", __name__, description="人员姓名 / people's names")
OWN = Routes("own", __name__, description="本人账号 / one's own account")


@PEOPLE.post("/people/names")
@without_idempotency_key
@PEOPLE.arguments(accepts(ListNames))
@PEOPLE.response(200, shows(NamePage))
def list_names(request: ListNames) -> NamePage:
    """The names of people whose areas the caller's work has to do with; each call is audited"""
    return run(people.list_names, request, caller())


@OWN.get("/me")
@OWN.response(200, shows(OwnAccountView))
def get_own_account() -> OwnAccountView:
    """One's own account, with the roles that hold today"""
    return run(account_reading.get_own_account, caller().id)


@OWN.get("/me/export")
@OWN.response(200, shows(ExportView))
def export_own_account() -> ExportView:
    """Everything personal that is held on oneself here"""
    return run(account_reading.export_account, caller().id, caller().id)
