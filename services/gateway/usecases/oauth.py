"""Owns tokens for other systems: OAuth 2.0 client credentials (RFC 6749, 4.4)."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.domain.clients import (
    MOST_PER_MINUTE,
    Secret,
    Standing,
    granted_scopes,
    holds,
    may_have_tokens,
)
from services.gateway.domain.lockout import MISTAKES_PER_MINUTE
from services.gateway.domain.scopes import services_of
from services.gateway.models.clients import ApiClient, ClientSecret
from services.gateway.opaque import fingerprint
from services.gateway.schemas.oauth import ClientToken
from services.gateway.usecases.signing_keys import signing_key
from services.gateway.usecases.tokens import SECONDS
from shared.audit import trail
from shared.auth.claims import Claims
from shared.auth.tokens import sign
from shared.clock import real_now
from shared.database import Transactions
from shared.http import rate_limits

_ADDRESS = "client address"


class OAuthRefused(Exception):
    """A refusal in the form of RFC 6749, 5.2: every OAuth library reads it, so it is no problem."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        """Take one of the standard's words, and a sentence in English as it demands (ASCII)."""
        self.error = error
        self.description = description
        self.status = status
        super().__init__(error)


@dataclass(frozen=True)
class TokenRequest:
    """What a client sends to the token endpoint."""

    grant_type: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None


def issue_client_token(db: Transactions, request: TokenRequest, address: str) -> ClientToken:
    """Return a token of ten minutes.

    Raises:
        OAuthRefused: when the client is not known by that secret, or may not have that scope.
        TooMany: past sixty tokens a minute, or thirty wrong secrets of an address.
    """
    if request.grant_type != "client_credentials":
        raise OAuthRefused("unsupported_grant_type", "only client_credentials is supported here")
    at = real_now()
    db.change(rate_limits.require_left, address, _ADDRESS, MISTAKES_PER_MINUTE, at)
    client_id = db.read(_known_client, request, at)
    if client_id is None:
        db.run(_note_failure, request.client_id, address)
        raise OAuthRefused("invalid_client", "unknown client, or wrong secret", 401)
    db.change(rate_limits.take, str(client_id), "client token", MOST_PER_MINUTE, 60, at)
    return db.run(_issue, client_id, request.scope)


def _known_client(session: Session, request: TokenRequest, at: datetime) -> UUID | None:
    """Return the client whose secret this is, if it may have tokens."""
    given = fingerprint(request.client_secret)
    client_id = _uuid(request.client_id)
    rows = session.scalars(select(ClientSecret).where(ClientSecret.client_id == client_id))
    right = [
        row
        for row in rows
        if hmac.compare_digest(row.hash, given) and holds(Secret(row.hash, row.expires_at), at)
    ]
    client = session.get(ApiClient, client_id) if right else None
    if client is None or not may_have_tokens(Standing(client.valid_until, client.revoked_at), at):
        return None
    return client.id


def _issue(session: Session, client_id: UUID, asked: str | None, now: datetime) -> ClientToken:
    at = real_now()
    client = session.get_one(ApiClient, client_id)
    scopes = granted_scopes(tuple(client.scopes), asked)
    if scopes is None:
        raise OAuthRefused("invalid_scope", "the client may not have one of these scopes")
    claims = Claims(
        subject=client.id,
        kind="client",
        version=client.version,
        audience=services_of(scopes),
        scopes=scopes,
        areas=tuple(client.areas),
    )
    token = sign(claims, signing_key(session, at), at)
    return ClientToken(token, "Bearer", SECONDS, " ".join(scopes))


def _note_failure(session: Session, client_id: str, address: str, now: datetime) -> None:
    rate_limits.count(session, address, _ADDRESS, 60, real_now())
    trail.record(
        session,
        who="anonymous",
        action="client_refused",
        subject=f"client:{_uuid(client_id)}",
        facts={},
        now=now,
    )


def _uuid(text: str) -> UUID:
    """Return the id that a text spells, or one that no client has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
