"""Owns what operators do with API clients from the command line."""

from collections.abc import Iterator
from uuid import UUID

from services.gateway.schemas.clients import ClientLine, CreateClient, ListClients, NewSecret
from services.gateway.usecases.clients import (
    ClientChange,
    create_client,
    list_clients,
    revoke_client,
    rotate_client_secret,
)
from shared.database import Transactions


def add(db: Transactions, request: CreateClient, by: str) -> NewSecret:
    """Let another system in."""
    return db.run(create_client, request, by)


def rotate(db: Transactions, client_id: UUID, by: str) -> NewSecret:
    """Give a client a new secret."""
    return db.run(rotate_client_secret, ClientChange(client_id, by))


def revoke(db: Transactions, client_id: UUID, by: str) -> None:
    """Shut a client out for good."""
    db.run(revoke_client, ClientChange(client_id, by))


def every(db: Transactions) -> Iterator[ClientLine]:
    """Yield all clients, the newest first."""
    after: str | None = None
    while True:
        page = db.read(list_clients, ListClients(limit=200, after=after))
        yield from page.items
        if (after := page.next) is None:
            return


__all__ = ["CreateClient", "add", "every", "revoke", "rotate"]
