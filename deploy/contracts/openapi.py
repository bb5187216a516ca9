"""Owns docs/openapi/: each service's OpenAPI document, as its own door serves it."""

import importlib
from pathlib import Path

from shared.database import Transactions, build_engine
from shared.http.app import create_app
from shared.messaging.topology import SERVICES
from shared.privacy.keyring import Keyring

_NOWHERE = "postgresql+psycopg://nobody@localhost/nothing"
_KEYS = Keyring({"none": bytes(32)}, bytes(31) + b"\1")
"""Nothing is sealed or stored while a document is written."""


def documents() -> dict[str, str]:
    """Return the text of the document of every service that has an HTTP door, by service."""
    folder = Path(__file__).resolve().parents[2] / "services"
    doors = [name for name in SERVICES if list((folder / name).glob("api*"))]
    return {service: document_text(service) for service in doors}


def document_text(service: str) -> str:
    """Return the document as `/api/v1/<service>/openapi.json` answers it."""
    blueprints = importlib.import_module(f"services.{service}.api").BLUEPRINTS
    access = importlib.import_module(f"services.{service}.access").ACCESS
    app = create_app(service, blueprints, Transactions(build_engine(_NOWHERE), None, _KEYS), access)
    return app.test_client().get(f"/api/v1/{service}/openapi.json").get_data(as_text=True)
