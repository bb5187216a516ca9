"""Owns `/healthz`, `/readyz` and `/metrics`, the same on every process."""

import threading
from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.serving import make_server

from shared.config import Address
from shared.metrics import READY

Check = Callable[[], bool]


def health_routes(checks: Mapping[str, Check], *, metrics: bool = True) -> Blueprint:
    """Return the routes: alive, ready (every check holds, or 503 naming those that don't)."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        results = {name: check() for name, check in checks.items()}
        ready = all(results.values())
        return jsonify(status="ready" if ready else "not ready", checks=results), (
            200 if ready else 503
        )

    if metrics:

        @blueprint.get("/metrics")
        def metrics_page() -> Response:
            for name, check in checks.items():
                READY.labels(name).set(check())
            return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def health_app(checks: Mapping[str, Check]) -> Flask:
    """Return an application with the three routes and nothing else."""
    app = Flask("health", static_folder=None)
    app.register_blueprint(health_routes(checks))
    return app


def serve_health(address: Address, checks: Mapping[str, Check]) -> None:
    """Serve the routes from a thread of their own for as long as the process lives.

    In a worker the thread is a green one (eventlet has patched `threading`): when a handler
    blocks the process, its health stops answering too, as it should.
    """
    server = make_server(address.host, address.port, health_app(checks), threaded=True)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
