"""Owns the addresses that OAuth libraries talk to."""

from services.gateway.oauth_forms import (
    INVALID_CLIENT,
    INVALID_SCOPE,
    NOT_REVOCABLE,
    REVOKE_BODY,
    TOKEN_BODY,
    TRY_LATER,
    refused,
    token_request,
    token_to_revoke,
    too_many,
)
from services.gateway.requests_here import origin
from services.gateway.schemas import oauth as schemas
from services.gateway.usecases import oauth, scopes, sessions, signing_keys
from services.gateway.usecases.oauth import OAuthRefused
from shared.auth.tokens import PublicKey
from shared.clock import real_now
from shared.errors import TooMany
from shared.http.app import read, run, transactions
from shared.http.routes import Routes
from shared.http.schemas import shows

_KEPT = {"Cache-Control": "public, max-age=300"}
"""A new key is published an hour before it signs, so whoever asks every five minutes has it."""
_PROBLEM = shows(schemas.OAuthProblem)

TOKENS = Routes("tokens", __name__, description="接入系统的令牌 / tokens for other systems")
TOKENS.register_error_handler(OAuthRefused, refused)
TOKENS.register_error_handler(TooMany, too_many)


@TOKENS.post("/oauth/token")
@TOKENS.doc(requestBody=TOKEN_BODY)
@TOKENS.response(200, shows(schemas.ClientToken))
@TOKENS.alt_response(400, schema=_PROBLEM, example=INVALID_SCOPE)
@TOKENS.alt_response(401, schema=_PROBLEM, example=INVALID_CLIENT)
@TOKENS.alt_response(429, schema=_PROBLEM, example=TRY_LATER)
def issue_client_token() -> schemas.ClientToken:
    """Get an access token with client id and secret (client credentials)"""
    return oauth.issue_client_token(transactions(), token_request(), origin().address)


@TOKENS.post("/oauth/revoke")
@TOKENS.doc(requestBody=REVOKE_BODY)
@TOKENS.response(200)
@TOKENS.alt_response(400, schema=_PROBLEM, example=NOT_REVOCABLE)
def revoke_refresh_token() -> None:
    """End the session of a refresh token (RFC 7009); of an unknown one nothing is said"""
    run(sessions.give_up_refresh_token, token_to_revoke())


@TOKENS.get("/.well-known/jwks.json")
@TOKENS.response(200, shows(schemas.JsonWebKeySet))
def list_signing_keys() -> tuple[schemas.JsonWebKeySet, int, dict[str, str]]:
    """The public keys that access tokens are signed with"""
    return jwks(read(signing_keys.public_keys, real_now())), 200, _KEPT


@TOKENS.get("/scopes")
@TOKENS.response(200, shows(schemas.ScopeList))
def list_scopes() -> schemas.ScopeList:
    """Every scope that a client can have, in both languages"""
    return read(scopes.list_scopes)


def jwks(keys: list[PublicKey]) -> schemas.JsonWebKeySet:
    """Return keys in the form of RFC 7517."""
    return schemas.JsonWebKeySet([schemas.JsonWebKey(**key.as_jwk()) for key in keys])
