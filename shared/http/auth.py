"""Owns the check before every route: whose token it is, and whether the access table allows it."""

from typing import cast

from flask import Flask, Response, current_app, g, request

from shared.auth.access import Access, caller_of
from shared.auth.callers import Caller
from shared.auth.claims import Claims
from shared.auth.known import authenticate
from shared.auth.tokens import NotSignedIn, TokenInvalid, TokenMissing
from shared.clock import real_now
from shared.database import Transactions
from shared.http import problems

_LONGEST_TOKEN = 8_000


class AccessIncomplete(Exception):
    """A route has no row in the service's access table, or a row has no route."""


def require_complete(app: Flask, access: Access, open_blueprints: frozenset[str]) -> None:
    """Refuse to start with a route that nobody decided on, or with a rule for nothing.

    Raises:
        AccessIncomplete: naming them.
    """
    routes = {
        rule.endpoint.rpartition(".")[2]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] not in open_blueprints
    }
    if differing := sorted(routes ^ access.keys()):
        raise AccessIncomplete(f"{app.name}: {', '.join(differing)}")


def guard(app: Flask, access: Access, open_blueprints: frozenset[str]) -> None:
    """Let a request reach its route only when the access table allows it."""
    app.extensions["linli_access"] = access

    def require_access() -> None:
        if request.endpoint is None or request.blueprint in open_blueprints:
            return
        rule = access[request.endpoint.rpartition(".")[2]]
        if not rule.public:
            g.claims = _claims(app.name)
            g.caller = caller_of(g.claims, rule)

    app.before_request(require_access)
    app.register_error_handler(NotSignedIn, not_signed_in)


def caller() -> Caller:
    """Return who asks, with the areas where they may do what this request asks for."""
    return cast(Caller, g.caller)


def caller_for(action: str) -> Caller:
    """Return who asks, as the access table has it for another action that the request comes to.

    Raises:
        RoleNotAllowed, ScopeMissing, ForPersonsOnly
    """
    access: Access = current_app.extensions["linli_access"]
    return caller_of(g.claims, access[action])


def not_signed_in(error: NotSignedIn) -> Response:
    """Answer 401, saying in `WWW-Authenticate` what RFC 6750 wants said."""
    answer = problems.rejected(error)
    why = f', error="{error.oauth_error}"' if error.oauth_error else ""
    answer.headers["WWW-Authenticate"] = f'Bearer realm="linli"{why}'
    return answer


def _claims(service: str) -> Claims:
    db = cast(Transactions, current_app.extensions["linli_transactions"])
    return db.read(authenticate, _bearer_token(), service, real_now())


def _bearer_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing
    if len(token) > _LONGEST_TOKEN:
        raise TokenInvalid
    return token.strip()
