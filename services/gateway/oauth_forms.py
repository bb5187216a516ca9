"""Owns how OAuth requests come in and refusals go out: forms, and not our JSON (RFC 6749)."""

import base64
from typing import Any
from urllib.parse import unquote_plus

from flask import Response, json, request

from services.gateway.usecases.oauth import OAuthRefused, TokenRequest
from shared.errors import TooMany

FORM = "application/x-www-form-urlencoded"
_LONGEST = 2_000
_KNOWN = ("grant_type", "scope", "client_id", "client_secret", "token", "token_type_hint")

TOKEN_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "scope": {"type": "string", "description": "separated by blanks"},
                    "client_id": {"type": "string"},
                    "client_secret": {"type": "string"},
                },
            }
        }
    },
}
"""The OpenAPI description of the token endpoint's body; id and secret may come as Basic."""

REVOKE_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["token"],
                "properties": {"token": {"type": "string"}, "token_type_hint": {"type": "string"}},
            }
        }
    },
}

INVALID_SCOPE = {
    "error": "invalid_scope",
    "error_description": "the client may not have one of these scopes",
}
INVALID_CLIENT = {
    "error": "invalid_client",
    "error_description": "unknown client, or wrong secret",
}
NOT_REVOCABLE = {
    "error": "unsupported_token_type",
    "error_description": "only refresh tokens can be revoked",
}
TRY_LATER = {
    "error": "temporarily_unavailable",
    "error_description": "Too many requests; try again in 7 s",
}
"""Examples of refusals, for the OpenAPI document."""


def token_request() -> TokenRequest:
    """Return what the current request asks of the token endpoint.

    Raises:
        OAuthRefused: `invalid_request` when it isn't such a request, `invalid_client` when the
            client doesn't say who it is.
    """
    form = _form()
    basic = _basic()
    if basic is not None and (
        "client_secret" in form or form.get("client_id", basic[0]) != basic[0]
    ):
        raise OAuthRefused("invalid_request", "one way of authentication, not two")
    client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if not client_id or not secret:
        raise OAuthRefused("invalid_client", "send client_id and client_secret", 401)
    if "grant_type" not in form:
        raise OAuthRefused("invalid_request", "grant_type is missing")
    return TokenRequest(form["grant_type"], client_id, secret, form.get("scope") or None)


def token_to_revoke() -> str:
    """Return the token of a revocation request.

    Raises:
        OAuthRefused: `invalid_request` when there is none, `unsupported_token_type` when it is an
            access token (RFC 7009, 2.2.1).
    """
    form = _form()
    if "token" not in form:
        raise OAuthRefused("invalid_request", "token is missing")
    if form["token"].count(".") == 2:  # a signed token can't be taken back; it ends by itself
        raise OAuthRefused("unsupported_token_type", "only refresh tokens can be revoked")
    return form["token"]


def refused(error: OAuthRefused) -> Response:
    """Answer as RFC 6749, 5.2 demands."""
    told = {"error": error.error, "error_description": error.description}
    answer = Response(json.dumps(told), error.status, mimetype="application/json")
    answer.headers["Pragma"] = "no-cache"
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="linli"'
    return answer


def too_many(error: TooMany) -> Response:
    """Answer 429 with an `error` too: a library without one would take the body for a token."""
    told = {"error": "temporarily_unavailable", "error_description": error.text("en")}
    answer = Response(json.dumps(told), error.status, mimetype="application/json")
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _form() -> dict[str, str]:
    if request.mimetype != FORM:
        raise OAuthRefused("invalid_request", f"the body must be {FORM}")
    form: dict[str, str] = {}
    for name, values in request.form.lists():
        if name not in _KNOWN:  # RFC 6749, 3.2: what one doesn't know, one ignores
            continue
        if len(values) != 1:
            raise OAuthRefused("invalid_request", "a parameter came twice")
        if len(values[0]) > _LONGEST or "\x00" in values[0]:
            raise OAuthRefused("invalid_request", "a parameter is too long or not text")
        form[name] = values[0]
    return form


def _basic() -> tuple[str, str] | None:
    """Return id and secret of a Basic header, decoded twice as RFC 6749, 2.3.1 says."""
    scheme, _, packed = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(packed, validate=True).decode("utf-8")
    except ValueError as error:
        raise OAuthRefused("invalid_client", "the Basic header is malformed", 401) from error
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise OAuthRefused("invalid_client", "the Basic header is malformed", 401)
    return unquote_plus(client_id), unquote_plus(secret)
