"""Owns API clients: other systems, what they may do, their secrets, their end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from services.gateway.domain import clients as rules
from services.gateway.domain.clients import ClientUnknown, Secret
from services.gateway.domain.grants import require_codes
from services.gateway.models.clients import ApiClient, ClientSecret
from services.gateway.opaque import CLIENT, fingerprint, new_opaque
from services.gateway.schemas.clients import (
    ChangeClient,
    ClientLine,
    ClientPage,
    ClientView,
    CreateClient,
    ListClients,
    NewSecret,
    SecretLine,
)
from shared.audit import trail
from shared.auth.callers import least
from shared.auth.known import learn_account
from shared.clock import real_now
from shared.contracts.gateway import AccountChangedV1
from shared.http.etags import Expected, require_version
from shared.http.listing import Listing, newest
from shared.ids import new_id
from shared.messaging import outbox

_NEWEST = Listing("clients", {"-id": (newest(ApiClient.id),)})


@dataclass(frozen=True)
class ClientChange:
    """Which client, who asks, and which versions of it they may have seen."""

    client_id: UUID
    by: str
    expected: Expected = None


def create_client(session: Session, request: CreateClient, by: str, now: datetime) -> NewSecret:
    """Let another system in, with a secret that is shown this once.

    Raises:
        ScopeUnknown, AreaMalformed, ClientAlreadyOver
    """
    _require_possible(request.scopes, request.areas, request.valid_until)
    client = ApiClient(
        id=new_id(),
        name=request.name,
        scopes=sorted(set(request.scopes)),
        areas=list(least(request.areas)),
        valid_until=request.valid_until,
        created_by=by,
        created_at=real_now(),
    )
    session.add(client)
    session.flush()
    secret = _add_secret(session, client)
    _record(session, "create_client", client, by, now)
    return NewSecret(client_id=client.id, client_secret=secret)


def change_client(
    session: Session, asked: ClientChange, request: ChangeClient, now: datetime
) -> ClientView:
    """Change what a client may do; its tokens until now hold no longer.

    Raises:
        ClientUnknown, ClientRevoked, Stale, ScopeUnknown, AreaMalformed, ClientAlreadyOver
    """
    client = _locked(session, asked)
    _require_possible(request.scopes or (), request.areas or (), request.valid_until)
    client.name = request.name or client.name
    client.scopes = sorted(set(request.scopes)) if request.scopes else client.scopes
    client.areas = list(least(request.areas)) if request.areas else client.areas
    client.valid_until = request.valid_until or client.valid_until
    _say_changed(session, client, now)
    _record(session, "change_client", client, asked.by, now)
    return _view_of(session, client)


def rotate_client_secret(session: Session, asked: ClientChange, now: datetime) -> NewSecret:
    """Give a client a new secret; the old ones hold for one more day.

    Raises:
        ClientUnknown, ClientRevoked
    """
    client, at = _locked(session, asked), real_now()
    ends = None
    for row in _secrets(session, client):
        row.expires_at = rules.retired(Secret(row.hash, row.expires_at), at).expires_at
        ends = max(ends or at, row.expires_at or at)
    flag_modified(client, "name")  # what is shown of it changes
    session.flush()  # the newest alone has no end
    secret = _add_secret(session, client)
    _record(session, "rotate_client_secret", client, asked.by, now)
    return NewSecret(client_id=client.id, client_secret=secret, old_secrets_expire_at=ends)


def revoke_client(session: Session, asked: ClientChange, now: datetime) -> ClientView:
    """Shut a client out for good, its tokens too.

    Raises:
        ClientUnknown, ClientRevoked, Stale
    """
    client = _locked(session, asked)
    client.revoked_at = real_now()
    _say_changed(session, client, now)
    _record(session, "revoke_client", client, asked.by, now)
    return _view_of(session, client)


def get_client(session: Session, client_id: UUID) -> ClientView:
    """Return a client with its secrets that hold, not the secrets themselves.

    Raises:
        ClientUnknown
    """
    client = session.get(ApiClient, client_id)
    if client is None:
        raise ClientUnknown
    return _view_of(session, client)


def list_clients(session: Session, wanted: ListClients) -> ClientPage:
    """Return a page of clients, the newest first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    rows = select(ApiClient)
    if wanted.revoked is not None:
        revoked = ApiClient.revoked_at.is_not(None)
        rows = rows.where(revoked if wanted.revoked else ~revoked)
    page = _NEWEST.page(session, rows, wanted)
    return ClientPage([ClientLine(**_line_of(client)) for client in page.items], page.next)


def _require_possible(
    scopes: list[str] | tuple[()], areas: list[str] | tuple[()], until: datetime | None
) -> None:
    rules.require_scopes(scopes)
    require_codes(areas)
    rules.require_future(until, real_now())


def _locked(session: Session, asked: ClientChange) -> ApiClient:
    client = session.get(ApiClient, asked.client_id, with_for_update=True)
    if client is None:
        raise ClientUnknown
    require_version(asked.expected, client.version, lambda: _view_of(session, client))
    if client.revoked_at is not None:
        raise rules.ClientRevoked
    return client


def _say_changed(session: Session, client: ApiClient, now: datetime) -> None:
    session.flush()
    said = AccountChangedV1(
        account_id=client.id, active=client.revoked_at is None, version=client.version
    )
    learn_account(session, said, now)
    outbox.add(session, said)


def _secrets(session: Session, client: ApiClient) -> list[ClientSecret]:
    at = real_now()
    rows = session.scalars(select(ClientSecret).where(ClientSecret.client_id == client.id))
    live = [row for row in rows if rules.holds(Secret(row.hash, row.expires_at), at)]
    return sorted(live, key=lambda row: row.created_at)


def _add_secret(session: Session, client: ApiClient) -> str:
    secret = new_opaque(CLIENT)
    row = ClientSecret(
        id=new_id(), client_id=client.id, hash=fingerprint(secret), created_at=real_now()
    )
    session.add(row)
    session.flush()
    return secret


def _line_of(client: ApiClient) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "name": client.name,
        "scopes": list(client.scopes),
        "areas": list(client.areas),
        "valid_until": client.valid_until,
        "revoked_at": client.revoked_at,
        "created_at": client.created_at,
        "version": client.version,
    }


def _view_of(session: Session, client: ApiClient) -> ClientView:
    session.flush()
    secrets = [
        SecretLine(id=row.id, created_at=row.created_at, expires_at=row.expires_at)
        for row in _secrets(session, client)
    ]
    return ClientView(**_line_of(client), created_by=client.created_by, secrets=secrets)


def _record(session: Session, action: str, client: ApiClient, by: str, now: datetime) -> None:
    facts = {
        "scopes": list(client.scopes),
        "areas": list(client.areas),
        "version": client.version,
    }
    subject = f"client:{client.id}"
    trail.record(session, who=by, action=action, subject=subject, facts=facts, now=now)
