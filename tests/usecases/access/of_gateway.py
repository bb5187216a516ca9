"""Owns the specimens of `gateway`."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from services.gateway import key_commands
from services.gateway.commands import hashed_password
from services.gateway.models.accounts import Account
from services.gateway.personal import DISPLAY_NAME
from services.gateway.schemas.accounts import AccountView
from services.gateway.schemas.clients import CreateClient
from services.gateway.usecases.accounts import AccountChange, move_account
from services.gateway.usecases.activations import give_activation_code
from services.gateway.usecases.clients import create_client
from shared.privacy import keyring
from shared.privacy.personal import seal
from tests.tokens import know_key
from tests.usecases.access.specimens import HOME, Call, Specimen, World
from tests.usecases.gateway.people import ADMIN, account, grant
from tests.usecases.shared.parking import execute

ROOT = "/api/v1/gateway"
PASSWORD = "三元一村-2026-梧桐树下"
_HASH = hashed_password(PASSWORD, "")


def prepare(world: World) -> None:
    """Make the caller's own account, and a key that signs beside that of the tests."""
    key_commands.init(world.db, "operator:test")
    execute(world.db, "DELETE FROM signing_keys")
    know_key(world.db)

    def make(session: Session, now: datetime) -> None:
        name = seal(session, keyring.of(session), world.caller, DISPLAY_NAME.field, "周敏")
        session.add(
            Account(
                id=world.caller,
                username="the.caller",
                display_name=name,
                state="active",
                password_hash=_HASH,
                token_version=1,
                created_by="operator:test",
                created_at=now,
            )
        )

    world.db.run(make)
    account(world.db, grant("administrator", "32"))


def _made(world: World, *, password: bool = False) -> AccountView:
    view = account(world.db, grant("grid_officer", HOME))
    if password:
        execute(
            world.db,
            "UPDATE accounts SET password_hash = :hash WHERE id = :id",
            hash=_HASH,
            id=view.id,
        )
    return view


def _free(method: str, path: str, **options: Any) -> Call:
    return Call("free", method, ROOT + path, options)


def _of_account(world: World, method: str, path: str, **options: Any) -> Call:
    return _free(method, f"/accounts/{_made(world).id}{path}", **options)


def _own(world: World, method: str, path: str, **options: Any) -> Call:
    """Forget what an earlier call changed of the caller's account."""
    execute(world.db, "DELETE FROM known_accounts")
    execute(world.db, "DELETE FROM rate_limits")
    execute(
        world.db,
        "UPDATE accounts SET password_hash = :hash WHERE id = :id",
        hash=_HASH,
        id=world.caller,
    )
    return _free(method, path, **options)


def _create(world: World) -> Call:
    body = {"username": f"user-{uuid4().int % 10**8}", "display_name": "李娜"}
    return _free("POST", "/accounts", json=body)


def _import(world: World) -> Call:
    header = "username,display_name,role,areas,valid_from,valid_until"
    body = f"{header}\nuser-{uuid4().int % 10**8},李娜,grid_officer,{HOME},,\n"
    return _free("POST", "/accounts/imports", data=body.encode(), content_type="text/csv")


def _end_grant(world: World) -> Call:
    view = _made(world)
    return _free("POST", f"/accounts/{view.id}/grants/{view.grants[0].id}/end")


def _unblock(world: World) -> Call:
    view = _made(world)
    world.db.run(move_account, AccountChange(view.id, ADMIN), "block")
    return _free("POST", f"/accounts/{view.id}/unblock")


def _names(world: World) -> Call:
    _own(world, "GET", "")
    ids = {"ids": [str(_made(world).id)]}
    return Call("list", "POST", f"{ROOT}/people/names", {"json": ids}, also=("below",))


def _client(world: World) -> UUID:
    request = CreateClient(name="12345", scopes=["grid.cases:read"], areas=["320508"])
    return world.db.run(create_client, request, str(ADMIN)).client_id


def _of_client(world: World, method: str, path: str = "", **options: Any) -> Call:
    return _free(method, f"/clients/{_client(world)}{path}", **options)


def _token(world: World) -> Call:
    request = CreateClient(name="12345", scopes=["grid.cases:read"], areas=["320508"])
    made = world.db.run(create_client, request, str(ADMIN))
    form = {
        "grant_type": "client_credentials",
        "client_id": str(made.client_id),
        "client_secret": made.client_secret,
    }
    return _free("POST", "/oauth/token", data=form)


def _sign_in(world: World) -> Call:
    body = {"username": _made(world, password=True).username, "password": PASSWORD}
    return _free("POST", "/session", json=body)


def _activate(world: World) -> Call:
    view = _made(world)
    code = world.db.run(give_activation_code, AccountChange(view.id, ADMIN)).code
    body = {"username": view.username, "code": code, "new_password": PASSWORD}
    return _free("POST", "/password/activation", json=body)


def _change_password(world: World) -> Call:
    body = {"current": PASSWORD, "new": f"枫桥夜泊-寒山寺-{datetime.now(UTC):%M%S%f}"}
    return _own(world, "PUT", "/me/password", json=body)


_WHY = {"json": {"reason": "核对身份"}}
_ANY_VERSION = {"headers": {"If-Match": "*"}}

SPECIMENS: dict[str, Specimen] = {
    "create_account": _create,
    "import_accounts": _import,
    "list_accounts": lambda world: _free("GET", "/accounts"),
    "get_account": lambda world: _of_account(world, "GET", ""),
    "rename_account": lambda world: _of_account(
        world, "PATCH", "", json={"display_name": "李四"}, **_ANY_VERSION
    ),
    "grant_role": lambda world: _of_account(
        world, "POST", "/grants", json={"role": "inspector", "areas": [HOME]}
    ),
    "end_grant": _end_grant,
    "block_account": lambda world: _of_account(world, "POST", "/block"),
    "unblock_account": _unblock,
    "close_account": lambda world: _of_account(world, "POST", "/close"),
    "give_activation_code": lambda world: _of_account(world, "POST", "/activation"),
    "unmask_name": lambda world: _of_account(world, "POST", "/unmask", **_WHY),
    "export_account": lambda world: _of_account(world, "GET", "/export"),
    "erase_account": lambda world: _of_account(world, "POST", "/erase", **_WHY),
    "get_own_account": lambda world: _own(world, "GET", "/me"),
    "export_own_account": lambda world: _own(world, "GET", "/me/export"),
    "list_names": _names,
    "list_audit": lambda world: _free("GET", "/audit"),
    "sign_in": _sign_in,
    "refresh_session": lambda world: _free(
        "POST", "/session/refresh", json={"refresh_token": "lr_unknown"}
    ),
    "activate_password": _activate,
    "start_oidc_sign_in": lambda world: _free("GET", "/session/oidc/start"),
    "finish_oidc_sign_in": lambda world: _free("GET", "/session/oidc/callback"),
    "issue_client_token": _token,
    "revoke_refresh_token": lambda world: _free("POST", "/oauth/revoke", data={"token": "x"}),
    "list_signing_keys": lambda world: _free("GET", "/.well-known/jwks.json"),
    "list_scopes": lambda world: _free("GET", "/scopes"),
    "sign_out": lambda world: _own(world, "DELETE", "/session"),
    "sign_out_everywhere": lambda world: _own(world, "DELETE", "/sessions"),
    "list_sessions": lambda world: _own(world, "GET", "/sessions"),
    "change_password": _change_password,
    "create_client": lambda world: _free(
        "POST",
        "/clients",
        json={"name": "12345", "scopes": ["grid.cases:read"], "areas": ["320508"]},
    ),
    "list_clients": lambda world: _free("GET", "/clients"),
    "get_client": lambda world: _of_client(world, "GET"),
    "change_client": lambda world: _of_client(
        world, "PATCH", json={"name": "12345 平台"}, **_ANY_VERSION
    ),
    "rotate_client_secret": lambda world: _of_client(world, "POST", "/secrets"),
    "revoke_client": lambda world: _of_client(world, "POST", "/revoke"),
    "link_identity": lambda world: _of_account(
        world, "POST", "/identities", json={"subject": uuid4().hex}
    ),
    "list_identities": lambda world: _of_account(world, "GET", "/identities"),
    "unlink_identity": lambda world: _unlink(world),
}


def _unlink(world: World) -> Call:
    account_id, identity = _made(world).id, uuid4()
    execute(
        world.db,
        "INSERT INTO oidc_identities VALUES (:id, :account, 'https://sso.example', :index,"
        " :by, now())",
        id=identity,
        account=account_id,
        index=identity.bytes,
        by=ADMIN,
    )
    return _free("DELETE", f"/accounts/{account_id}/identities/{identity}")
