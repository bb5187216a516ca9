"""Owns the servers and databases that tests use: real, private to the run, gone afterwards."""

import importlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import make_url

from deploy.local.nodes import PrivateNodes
from shared.database import Transactions, build_engine
from shared.http.app import create_app
from shared.ids import new_id
from shared.migrations import migrate
from shared.privacy.keyring import Keyring
from tests.keys import KEYS
from tests.tokens import know_key, token

KEYRING = Keyring.from_environment(KEYS)


def http_of(service: str, db: Transactions, said: str | None = None) -> FlaskClient:
    """Return a client of a service's HTTP door; its token is that of somebody with every role."""
    blueprints = importlib.import_module(f"services.{service}.api").BLUEPRINTS
    access = importlib.import_module(f"services.{service}.access").ACCESS
    client = create_app(service, blueprints, db, access).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {said or token()}"
    return client


class SetClock:
    """A business clock that stands where a test set it; real time until then."""

    def __init__(self) -> None:
        self._now: datetime | None = None

    def set(self, now: datetime) -> None:
        """Stop the clock at an aware time."""
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """Return business time."""
        return self._now or datetime.now(UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def nodes() -> Iterator[PrivateNodes]:
    with PrivateNodes() as running:
        yield running


class DatabaseServer:
    """Makes databases by copying a migrated template of each service."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._templates: dict[str, str] = {}

    def create(self, service: str) -> str:
        """Return the URL of a fresh database of a service."""
        template = self._templates.get(service) or self._make_template(service)
        name = f"{service}_{new_id().hex}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def create_empty(self) -> str:
        """Return the URL of a database without any table."""
        name = f"empty_{new_id().hex}"
        self._execute("CREATE DATABASE {}", name)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", make_url(url).database or "")

    def url(self, database: str) -> str:
        """Return the URL of a database of this server."""
        url = make_url(self._admin_url).set(drivername="postgresql+psycopg", database=database)
        return url.render_as_string(hide_password=False)

    def _make_template(self, service: str) -> str:
        name = f"{service}_template"
        self._execute("CREATE DATABASE {}", name)
        migrate(service, self.url(name))
        self._templates[service] = name
        return name

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def database_server(nodes: PrivateNodes) -> DatabaseServer:
    return DatabaseServer(nodes.postgres_admin_url)


@pytest.fixture
def database_of(
    database_server: DatabaseServer, clock: SetClock
) -> Iterator[Callable[[str], Transactions]]:
    """Return a function that makes a fresh database of a service."""
    made: list[tuple[str, Transactions]] = []

    def make(service: str) -> Transactions:
        url = database_server.create(service)
        db = Transactions(build_engine(url), clock, KEYRING)
        know_key(db)
        made.append((url, db))
        return db

    yield make
    for url, db in made:
        db.engine.dispose()
        database_server.drop(url)


@pytest.fixture
def grid_db(database_of: Callable[[str], Transactions]) -> Transactions:
    return database_of("grid")


@pytest.fixture
def inspections_db(database_of: Callable[[str], Transactions]) -> Transactions:
    return database_of("inspections")


@pytest.fixture
def gateway_db(database_of: Callable[[str], Transactions]) -> Transactions:
    return database_of("gateway")


@pytest.fixture
def gateway_http(gateway_db: Transactions) -> FlaskClient:
    return http_of("gateway", gateway_db)


@pytest.fixture
def grid_http(grid_db: Transactions) -> FlaskClient:
    return http_of("grid", grid_db)


@pytest.fixture
def inspections_http(inspections_db: Transactions) -> FlaskClient:
    return http_of("inspections", inspections_db)


@pytest.fixture
def volunteers_db(database_of: Callable[[str], Transactions]) -> Transactions:
    return database_of("volunteers")


@pytest.fixture
def notifications_db(database_of: Callable[[str], Transactions]) -> Transactions:
    return database_of("notifications")


@pytest.fixture
def volunteers_http(volunteers_db: Transactions) -> FlaskClient:
    return http_of("volunteers", volunteers_db)


@pytest.fixture
def notifications_http(notifications_db: Transactions) -> FlaskClient:
    return http_of("notifications", notifications_db)
