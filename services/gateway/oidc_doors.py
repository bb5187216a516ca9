"""Owns what the browser carries on its way to the outside issuer and back."""

from flask import Response, redirect, request

from services.gateway.domain.oidc import LOGIN_LIFE, OidcSignInFailed
from services.gateway.usecases.oidc import WayBack, WayThere

COOKIE = "linli_oidc"
_PATH = "/api/v1/gateway/session/oidc"
_LONGEST = 2_000


def sent_away(way: WayThere) -> Response:
    """Send the browser to the issuer; its cookie comes back with it and with nobody else."""
    answer = redirect(way.address, 303)
    answer.set_cookie(
        COOKIE,
        way.cookie,
        max_age=LOGIN_LIFE,
        path=_PATH,
        secure=way.secure,
        httponly=True,
        samesite="Lax",
    )
    return answer  # type: ignore[return-value]


def way_back() -> WayBack:
    """Return what the browser brought back.

    Raises:
        OidcSignInFailed: when something is missing, or comes twice (RFC 6749, 3.1); the issuer
            says `error` when a person gave up.
    """
    if any(len(values) > 1 for _, values in request.args.lists()):
        raise OidcSignInFailed
    code, state = request.args.get("code", ""), request.args.get("state", "")
    cookie = request.cookies.get(COOKIE, "")
    if not (code and state and cookie) or max(map(len, (code, state, cookie))) > _LONGEST:
        raise OidcSignInFailed
    return WayBack(code, state, cookie, request.args.get("iss"))
