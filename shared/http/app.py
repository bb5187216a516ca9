"""Owns what every HTTP door has: routes under one prefix, OpenAPI, problems, ids, metrics."""

import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, request
from flask_smorest import Api, Blueprint
from opentelemetry import trace
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from shared import metrics, tracing
from shared.auth.access import Access
from shared.config import BadConfiguration
from shared.database import DatabaseUnavailable, LockBusy, Transactions
from shared.errors import Rejected
from shared.health import Check, health_routes
from shared.http import idempotency, limits, openapi, problems
from shared.http.auth import guard, require_complete
from shared.http.docs_page import docs_routes
from shared.http.idempotency import RequestTransactions
from shared.http.parked import PARKED_ACCESS, parked_routes
from shared.ids import new_id
from shared.privacy.personal_numbers import holds_personal_numbers

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_MAX_BODY_BYTES = 10 * 1024 * 1024
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Traced:
    """A WSGI application whose every request is a span: of the caller's trace, or of a new one."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer the request within its span."""
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in _METHODS else "other"
        with tracing.request_span(method, environ.get("HTTP_TRACEPARENT", "")):
            return self._app(environ, start_response)


class ProblemApi(Api):
    """flask-smorest, answering errors as problem+json."""

    ERROR_SCHEMA = problems.ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer whatever Flask, Werkzeug or webargs raised."""
        return problems.http_error(error)

    def _openapi_json(self) -> Response:
        answer = Response(
            openapi.document_text(current_app, self.spec), mimetype="application/json"
        )
        answer.headers["Cache-Control"] = "no-cache"
        answer.add_etag()
        return answer


def create_app(
    service: str, blueprints: Iterable[Blueprint], db: Transactions, access: Access
) -> Flask:
    """Return the WSGI application of a service.

    Its routes lie under `/api/v1/<service>`, those for parked events among them; `/healthz`,
    `/readyz` and `/metrics` at the root are for operators and not routed from outside.

    Raises:
        AccessIncomplete: when a route has no row in the access table, or a row no route.
        BadConfiguration: when answers can't be kept because the service has no data keys.
    """
    db = RequestTransactions(db)
    limits.limit_statements(db.engine)
    prefix = f"/api/v1/{service}"
    app = _bare_app(service, prefix)
    app.extensions["linli_transactions"] = db
    api = ProblemApi(app)
    for blueprint in (*blueprints, parked_routes(db)):
        api.register_blueprint(blueprint, url_prefix=prefix)
    app.register_blueprint(docs_routes(service), url_prefix=prefix)
    _register_health(app, prefix, db)
    open_blueprints = frozenset(("api-docs", "docs-page", "health", f"{service}_health"))
    access = {**access, **PARKED_ACCESS}
    app.before_request(_begin)
    guard(app, access, open_blueprints)
    app.after_request(_finish)
    require_complete(app, access, open_blueprints)
    _honour_keys(app, access, db)
    app.wsgi_app = Traced(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _bare_app(service: str, prefix: str) -> Flask:
    """Return an application without routes; it answers every refusal as a problem."""
    app = Flask(service, static_folder=None)
    app.config |= {
        "API_TITLE": f"Linli {service}",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": prefix,
        "OPENAPI_JSON_PATH": "openapi.json",
        "MAX_CONTENT_LENGTH": _MAX_BODY_BYTES,
    }
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_error_handler(Rejected, problems.rejected)
    for error in (DatabaseUnavailable, LockBusy):
        app.register_error_handler(error, lambda _: problems.unavailable())
    app.register_error_handler(OperationalError, _took_too_long)
    return app


def _register_health(app: Flask, prefix: str, db: Transactions) -> None:
    checks: dict[str, Check] = {"database": db.reachable}
    app.register_blueprint(health_routes(checks))
    # a name of its own: a service may have a blueprint that is called as the service is
    public = health_routes(checks, metrics=False)
    app.register_blueprint(public, url_prefix=prefix, name=f"{app.name}_health")


def _honour_keys(app: Flask, access: Access, db: RequestTransactions) -> None:
    """Let a POST answer a repeated request as it answered the first; a public one if it says so."""
    for rule in list(app.url_map.iter_rules()):
        operation = rule.endpoint.rpartition(".")[2]
        view = app.view_functions[rule.endpoint]
        if "POST" not in (rule.methods or ()) or operation not in access:
            continue
        public = access[operation].public
        if not idempotency.takes_key(view, public):
            continue
        if db.keyring is None:
            raise BadConfiguration(
                "LINLI_DATA_KEYS (or LINLI_DATA_KEYS_FILE) is not set; deploy/example.env"
                " explains it"
            )
        app.view_functions[rule.endpoint] = idempotency.once_per_key(
            view, operation, db, public=public
        )


def run(usecase: Callable[..., Result], *request: Any) -> Result:
    """Run a use case of this service in its own transaction."""
    return transactions().run(usecase, *request)


def read(query: Callable[..., Result], *request: Any) -> Result:
    """Run a query of this service."""
    return transactions().read(query, *request)


def _took_too_long(error: OperationalError) -> Response:
    """Answer 503 when PostgreSQL cancelled a statement; another error stays one."""
    if getattr(error.orig, "sqlstate", None) != limits.QUERY_CANCELED:
        raise error
    log.warning("a statement took too long")
    return problems.unavailable("took-too-long")


def transactions() -> Transactions:
    """Return the transactions of this service, for what takes several (a password is compared
    between two)."""
    return cast(Transactions, current_app.extensions["linli_transactions"])


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    # it is logged, and shown again: one that leads to a person is not taken over
    usable = _REQUEST_ID.fullmatch(given) and not holds_personal_numbers(given)
    g.request_id = given if usable else str(new_id())
    g.started = time.perf_counter()
    if "\x00" in request.path:  # PostgreSQL can't even compare with it
        abort(404)


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    _spare_what_is_known(response)
    operation = request.endpoint or "none"
    # a caller may send any word as its method; labels come from closed sets
    method = request.method if request.method in _METHODS else "other"
    metrics.HTTP_REQUESTS.labels(operation, method, str(response.status_code)).inc()
    seconds = time.perf_counter() - g.started
    metrics.HTTP_SECONDS.labels(operation).observe(seconds)
    _tell(response, operation, method, seconds)
    return response


def _spare_what_is_known(response: Response) -> None:
    """Answer 304 without a body when the caller has this very content (RFC 9110, 13.1.2)."""
    tag, _ = response.get_etag()
    if tag is None or response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return
    if request.if_none_match.contains_weak(tag):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"], response.headers["Content-Length"]


def _tell(response: Response, operation: str, method: str, seconds: float) -> None:
    """Name the trace to the caller, and the request in the log; a health check isn't one."""
    span = trace.get_current_span()
    span.update_name(f"{method} {operation}")
    span.set_attribute("http.response.status_code", response.status_code)
    response.headers["traceresponse"] = tracing.traceparent() or ""
    if request.blueprint and request.blueprint.endswith("health"):
        return
    facts = {"operation": operation, "method": method, "status": response.status_code}
    facts |= {"ms": round(seconds * 1000, 1), "request": g.request_id}
    log.info("request", extra=facts)
