"""Owns what every HTTP door has: routes under one prefix, OpenAPI, problems, ids, metrics."""

import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, request
from flask_smorest import Api, Blueprint
from opentelemetry import trace
from werkzeug.exceptions import HTTPException

from shared import metrics, tracing
from shared.database import DatabaseUnavailable, LockBusy, Transactions
from shared.errors import Rejected
from shared.health import Check, health_routes
from shared.http import problems
from shared.http.parked import parked_routes
from shared.ids import new_id

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_MAX_BODY_BYTES = 10 * 1024 * 1024


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


def create_app(service: str, blueprints: Iterable[Blueprint], db: Transactions) -> Flask:
    """Return the WSGI application of a service.

    Its routes lie under `/api/v1/<service>`, those for parked events among them; `/healthz`,
    `/readyz` and `/metrics` at the root are for operators and not routed from outside.
    """
    prefix = f"/api/v1/{service}"
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
    app.extensions["linli_transactions"] = db
    api = ProblemApi(app)
    for blueprint in (*blueprints, parked_routes(db)):
        api.register_blueprint(blueprint, url_prefix=prefix)
    app.register_error_handler(Rejected, problems.rejected)
    for error in (DatabaseUnavailable, LockBusy):
        app.register_error_handler(error, lambda _: problems.unavailable())
    app.before_request(_begin)
    app.after_request(_finish)
    checks: dict[str, Check] = {"database": db.reachable}
    app.register_blueprint(health_routes(checks))
    # a name of its own: a service may have a blueprint that is called as the service is
    public = health_routes(checks, metrics=False)
    app.register_blueprint(public, url_prefix=prefix, name=f"{service}_health")
    app.wsgi_app = Traced(app.wsgi_app)  # type: ignore[method-assign]
    return app


def run(usecase: Callable[..., Result], *request: Any) -> Result:
    """Run a use case of this service in its own transaction."""
    return _db().run(usecase, *request)


def read(query: Callable[..., Result], *request: Any) -> Result:
    """Run a query of this service."""
    return _db().read(query, *request)


def _db() -> Transactions:
    return cast(Transactions, current_app.extensions["linli_transactions"])


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
    g.started = time.perf_counter()
    if "\x00" in request.path:  # PostgreSQL can't even compare with it
        abort(404)


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    operation = request.endpoint or "none"
    # a caller may send any word as its method; labels come from closed sets
    method = request.method if request.method in _METHODS else "other"
    metrics.HTTP_REQUESTS.labels(operation, method, str(response.status_code)).inc()
    seconds = time.perf_counter() - g.started
    metrics.HTTP_SECONDS.labels(operation).observe(seconds)
    _tell(response, operation, method, seconds)
    return response


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
