"""Owns the addresses for administering accounts."""

from uuid import UUID

from flask import url_for

from services.gateway.account_files import REQUEST_BODY, row_report, uploaded_accounts
from services.gateway.domain.account_rows import AccountsRefused
from services.gateway.schemas import accounts as schemas
from services.gateway.usecases import account_imports, account_reading, accounts, activations
from services.gateway.usecases import grants as granting
from services.gateway.usecases.accounts import AccountChange
from shared.http.app import run
from shared.http.auth import caller
from shared.http.etags import (
    ETAG,
    IfMatch,
    IfMatchHeader,
    IfMatchRequired,
    Tagged,
    expected_version,
    tagged,
)
from shared.http.idempotency import without_idempotency_key
from shared.http.openapi_problems import refuses
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.privacy.export_views import ExportView
from shared.privacy.personal import PersonErased
from shared.privacy.reasons import ReasonNamesSomebody

ACCOUNTS = Routes("accounts", __name__, description="账号与授权 / accounts and their grants")
ACCOUNTS.register_error_handler(AccountsRefused, row_report)


def _asked(account_id: UUID, seen: IfMatchHeader) -> AccountChange:
    return AccountChange(account_id, caller().id, expected_version(seen))


@ACCOUNTS.post("/accounts")
@refuses(PersonErased)
@ACCOUNTS.arguments(accepts(schemas.CreateAccount))
@ACCOUNTS.response(201, shows(schemas.AccountView), headers=ETAG)
def create_account(
    request: schemas.CreateAccount,
) -> tuple[schemas.AccountView, int, dict[str, str]]:
    """Make an account; its person sets the password with an activation code"""
    view, status, headers = tagged(run(accounts.create_account, request, str(caller().id)), 201)
    return view, status, headers | {"Location": url_for("accounts.get_account", account_id=view.id)}


@ACCOUNTS.post("/accounts/imports")
@refuses(PersonErased)
@ACCOUNTS.doc(requestBody=REQUEST_BODY)
@ACCOUNTS.response(201, shows(schemas.AccountImportReport))
def import_accounts() -> schemas.AccountImportReport:
    """Make all accounts of a file, or none and a report by row; the codes are shown this once"""
    return run(account_imports.import_accounts, uploaded_accounts(), str(caller().id))


@ACCOUNTS.get("/accounts")
@ACCOUNTS.arguments(accepts(schemas.ListAccounts), location="query")
@ACCOUNTS.response(200, shows(schemas.AccountPage))
def list_accounts(wanted: schemas.ListAccounts) -> schemas.AccountPage:
    """Accounts by username; names are masked"""
    return run(account_reading.list_accounts, wanted)


@ACCOUNTS.get("/accounts/<uuid:account_id>")
@ACCOUNTS.response(200, shows(schemas.AccountView), headers=ETAG)
def get_account(account_id: UUID) -> Tagged[schemas.AccountView]:
    """An account with all grants it has and had; the name is masked"""
    return tagged(run(account_reading.get_account, account_id))


@ACCOUNTS.patch("/accounts/<uuid:account_id>")
@refuses(PersonErased)
@ACCOUNTS.arguments(accepts(schemas.RenameAccount))
@ACCOUNTS.arguments(IfMatchRequired, location="headers")
@ACCOUNTS.response(200, shows(schemas.AccountView), headers=ETAG)
def rename_account(
    request: schemas.RenameAccount, seen: IfMatchHeader, account_id: UUID
) -> Tagged[schemas.AccountView]:
    """Correct the person's name"""
    return tagged(run(accounts.rename_account, _asked(account_id, seen), request))


@ACCOUNTS.post("/accounts/<uuid:account_id>/grants")
@refuses(PersonErased)
@ACCOUNTS.arguments(accepts(schemas.GrantRole))
@ACCOUNTS.arguments(IfMatch, location="headers")
@ACCOUNTS.response(201, shows(schemas.AccountView), headers=ETAG)
def grant_role(
    request: schemas.GrantRole, seen: IfMatchHeader, account_id: UUID
) -> Tagged[schemas.AccountView]:
    """Let the account act in a role, in areas, from a day to a day"""
    return tagged(run(granting.grant_role, _asked(account_id, seen), request), 201)


@ACCOUNTS.post("/accounts/<uuid:account_id>/grants/<uuid:grant_id>/end")
@refuses(PersonErased)
@ACCOUNTS.arguments(IfMatch, location="headers")
@ACCOUNTS.response(200, shows(schemas.AccountView), headers=ETAG)
def end_grant(seen: IfMatchHeader, account_id: UUID, grant_id: UUID) -> Tagged[schemas.AccountView]:
    """End a grant at once; it stays in the history"""
    return tagged(run(granting.end_grant, _asked(account_id, seen), grant_id))


@ACCOUNTS.post("/accounts/<uuid:account_id>/block")
@refuses(PersonErased)
@ACCOUNTS.arguments(IfMatch, location="headers")
@ACCOUNTS.response(200, shows(schemas.AccountView), headers=ETAG)
def block_account(seen: IfMatchHeader, account_id: UUID) -> Tagged[schemas.AccountView]:
    """Keep the person out until somebody unblocks the account"""
    return tagged(run(accounts.move_account, _asked(account_id, seen), "block"))


@ACCOUNTS.post("/accounts/<uuid:account_id>/unblock")
@refuses(PersonErased)
@ACCOUNTS.arguments(IfMatch, location="headers")
@ACCOUNTS.response(200, shows(schemas.AccountView), headers=ETAG)
def unblock_account(seen: IfMatchHeader, account_id: UUID) -> Tagged[schemas.AccountView]:
    """Let the person in again"""
    return tagged(run(accounts.move_account, _asked(account_id, seen), "unblock"))


@ACCOUNTS.post("/accounts/<uuid:account_id>/close")
@refuses(PersonErased)
@ACCOUNTS.arguments(IfMatch, location="headers")
@ACCOUNTS.response(200, shows(schemas.AccountView), headers=ETAG)
def close_account(seen: IfMatchHeader, account_id: UUID) -> Tagged[schemas.AccountView]:
    """Close the account for good"""
    return tagged(run(accounts.move_account, _asked(account_id, seen), "close"))


@ACCOUNTS.post("/accounts/<uuid:account_id>/activation")
@refuses(PersonErased)
@ACCOUNTS.response(201, shows(schemas.ActivationView))
def give_activation_code(account_id: UUID) -> schemas.ActivationView:
    """A one-time code with which the person sets a password; any code before it is void"""
    return run(activations.give_activation_code, AccountChange(account_id, caller().id))


@ACCOUNTS.post("/accounts/<uuid:account_id>/unmask")
@refuses(PersonErased, ReasonNamesSomebody)
@without_idempotency_key
@ACCOUNTS.arguments(accepts(schemas.WithReason))
@ACCOUNTS.response(200, shows(schemas.NameView))
def unmask_name(request: schemas.WithReason, account_id: UUID) -> schemas.NameView:
    """The person's whole name, for a reason that the audit keeps"""
    return run(account_reading.unmask_name, account_id, request.reason, caller().id)


@ACCOUNTS.get("/accounts/<uuid:account_id>/export")
@ACCOUNTS.response(200, shows(ExportView))
def export_account(account_id: UUID) -> ExportView:
    """Everything personal that is held on the person here; the audit keeps who asked"""
    return run(account_reading.export_account, account_id, caller().id)


@ACCOUNTS.post("/accounts/<uuid:account_id>/erase")
@refuses(ReasonNamesSomebody)
@ACCOUNTS.arguments(accepts(schemas.WithReason))
@ACCOUNTS.response(200, shows(schemas.AccountView))
def erase_account(request: schemas.WithReason, account_id: UUID) -> schemas.AccountView:
    """Close the account and make what is held on its person unreadable for ever"""
    return run(accounts.erase_account, AccountChange(account_id, caller().id), request.reason)
