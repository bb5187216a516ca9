"""Owns what every HTTP door has: routes under one prefix, OpenAPI, problems, ids, metrics."""

import re
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, request
from flask_smorest import Api, Blueprint
from werkzeug.exceptions import HTTPException

from shared import metrics
from shared.database import DatabaseUnavailable, LockBusy, Transactions
from shared.errors import Rejected
from shared.health import Check, health_routes
from shared.http import problems
from shared.ids import new_id

Result = TypeVar("Result")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_MAX_BODY_BYTES = 10 * 1024 * 1024


class ProblemApi(Api):
    """flask-smorest, answering errors as problem+json."""

    ERROR_SCHEMA = problems.ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer whatever Flask, Werkzeug or webargs raised."""
        return problems.http_error(error)


def create_app(service: str, blueprints: Iterable[Blueprint], db: Transactions) -> Flask:
    """Return the WSGI application of a service.

    Its routes lie under `/api/v1/<service>`; `/healthz`, `/readyz` and `/metrics` at the root
    are for operators and not routed from outside.
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
    for blueprint in blueprints:
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
    metrics.HTTP_SECONDS.labels(operation).observe(time.perf_counter() - g.started)
    return response
