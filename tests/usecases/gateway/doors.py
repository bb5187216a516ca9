"""Owns the gateway's door as tests go through it: a key that signs, people with passwords."""

from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.gateway import key_commands
from services.gateway.commands import hashed_password
from services.gateway.models.accounts import Account
from services.gateway.schemas.accounts import AccountView, GrantRole
from shared.database import Transactions
from tests.conftest import http_of
from tests.usecases.gateway.people import account, grant

ROOT = "/api/v1/gateway"
PASSWORD = "三元一村-2026-梧桐树下"
_HASH = hashed_password(PASSWORD, "")


def door(db: Transactions) -> FlaskClient:
    """Return a client without a token, of a gateway that has a key of its own."""
    # the key of the tests is of set 1; the gateway's own first set comes after it
    key_commands.init(db, "operator:test")
    http = http_of("gateway", db)
    http.environ_base.pop("HTTP_AUTHORIZATION")
    return http


def person(
    db: Transactions, *grants: GrantRole, username: str | None = None, password: bool = True
) -> AccountView:
    """Make an account that can sign in with PASSWORD."""
    made = account(db, *grants, username=username)
    if password:
        with Session(db.engine) as session, session.begin():
            session.get_one(Account, made.id).password_hash = _HASH
    return made


def sign_in(http: FlaskClient, username: str, password: str = PASSWORD, **headers: str) -> Any:
    """Ask for a session."""
    body = {"username": username, "password": password}
    return http.post(f"{ROOT}/session", json=body, headers=headers)


def signed_in(http: FlaskClient, username: str) -> dict[str, Any]:
    """Return the pair of tokens of a new session."""
    answer = sign_in(http, username)
    assert answer.status_code == 201, answer.json
    pair: dict[str, Any] = answer.json
    return pair


def bearer_of(pair: dict[str, Any]) -> dict[str, str]:
    """Return the header that carries a pair's access token."""
    return {"Authorization": f"Bearer {pair['access_token']}"}


def column(db: Transactions, query: str, **values: Any) -> list[Any]:
    """Return the first column of a query."""
    with db.engine.connect() as connection:
        return list(connection.execute(text(query), values).scalars())


def actions_of(db: Transactions, account_id: UUID) -> list[str]:
    """Return what the audit says of an account, the oldest first."""
    query = "SELECT action FROM audit_log WHERE subject = :subject ORDER BY position"
    return column(db, query, subject=f"account:{account_id}")


def administrator(db: Transactions, http: FlaskClient) -> dict[str, str]:
    """Return the header of somebody who administers accounts."""
    person(db, grant("administrator", "32"), username="the.admin")
    return bearer_of(signed_in(http, "the.admin"))
