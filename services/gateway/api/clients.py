"""Owns the addresses for administering API clients."""

from uuid import UUID

from services.gateway.schemas import clients as schemas
from services.gateway.usecases import clients
from services.gateway.usecases.clients import ClientChange
from shared.http.app import read, run
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
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

CLIENTS = Routes("clients", __name__, description="接入系统 / API clients")


def _asked(client_id: UUID, seen: IfMatchHeader) -> ClientChange:
    return ClientChange(client_id, str(caller().id), expected_version(seen))


@CLIENTS.post("/clients")
@CLIENTS.arguments(accepts(schemas.CreateClient))
@CLIENTS.response(201, shows(schemas.NewSecret))
def create_client(request: schemas.CreateClient) -> schemas.NewSecret:
    """Let another system in; the secret is shown this once"""
    return run(clients.create_client, request, str(caller().id))


@CLIENTS.get("/clients")
@CLIENTS.arguments(accepts(schemas.ListClients), location="query")
@CLIENTS.response(200, shows(schemas.ClientPage))
def list_clients(wanted: schemas.ListClients) -> schemas.ClientPage:
    """Clients, the newest first"""
    return read(clients.list_clients, wanted)


@CLIENTS.get("/clients/<uuid:client_id>")
@CLIENTS.response(200, shows(schemas.ClientView), headers=ETAG)
def get_client(client_id: UUID) -> Tagged[schemas.ClientView]:
    """A client, and until when its secrets hold"""
    return tagged(read(clients.get_client, client_id))


@CLIENTS.patch("/clients/<uuid:client_id>")
@CLIENTS.arguments(accepts(schemas.ChangeClient))
@CLIENTS.arguments(IfMatchRequired, location="headers")
@CLIENTS.response(200, shows(schemas.ClientView), headers=ETAG)
def change_client(
    request: schemas.ChangeClient, seen: IfMatchHeader, client_id: UUID
) -> Tagged[schemas.ClientView]:
    """Change what a client may do; its tokens until now hold no longer"""
    return tagged(run(clients.change_client, _asked(client_id, seen), request))


@CLIENTS.post("/clients/<uuid:client_id>/secrets")
@CLIENTS.response(201, shows(schemas.NewSecret))
def rotate_client_secret(client_id: UUID) -> schemas.NewSecret:
    """A new secret; the old one holds for one more day"""
    return run(clients.rotate_client_secret, ClientChange(client_id, str(caller().id)))


@CLIENTS.post("/clients/<uuid:client_id>/revoke")
@CLIENTS.arguments(IfMatch, location="headers")
@CLIENTS.response(200, shows(schemas.ClientView), headers=ETAG)
def revoke_client(seen: IfMatchHeader, client_id: UUID) -> Tagged[schemas.ClientView]:
    """Shut a client out for good, its tokens at once"""
    return tagged(run(clients.revoke_client, _asked(client_id, seen)))
