"""Owns the servers and databases that tests use: real, private to the run, gone afterwards."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from flask import Flask
from flask.testing import FlaskClient

from deploy.local.nodes import PrivateNodes
from shared.database import Transactions
from shared.http.app import create_app
from tests.databases import DatabaseServer, Lender, SetClock
from tests.tokens import know_key, token

_apps: WeakKeyDictionary[Transactions, tuple[Flask, dict[str, Any]]] = WeakKeyDictionary()


def app_of(service: str, db: Transactions) -> Flask:
    """Return a new application of a service, as one process has it."""
    blueprints = importlib.import_module(f"services.{service}.api").BLUEPRINTS
    access = importlib.import_module(f"services.{service}.access").ACCESS
    return create_app(service, blueprints, db, access)


def http_of(service: str, db: Transactions, said: str | None = None) -> FlaskClient:
    """Return a client of a service's HTTP door; its token is that of somebody with every role.

    Building an application costs more than most tests: there is one for each database.
    """
    if db not in _apps:
        made = app_of(service, db)
        _apps[db] = made, dict(made.config)
    app, config = _apps[db]
    app.config.clear()
    app.config.update(config)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {said or token()}"
    return client


@pytest.fixture(scope="session")
def nodes() -> Iterator[PrivateNodes]:
    with PrivateNodes() as running:
        yield running


@pytest.fixture(scope="session")
def database_server(nodes: PrivateNodes) -> DatabaseServer:
    return DatabaseServer(nodes.postgres_admin_url)


@pytest.fixture(scope="session")
def clock_of_all() -> SetClock:
    return SetClock()


@pytest.fixture
def clock(clock_of_all: SetClock) -> Iterator[SetClock]:
    yield clock_of_all
    clock_of_all.go()


@pytest.fixture(scope="session")
def lender(database_server: DatabaseServer, clock_of_all: SetClock) -> Iterator[Lender]:
    lender = Lender(database_server, clock_of_all)
    yield lender
    lender.close()


@pytest.fixture
def database_of(lender: Lender, clock: SetClock) -> Iterator[Callable[[str], Transactions]]:
    """Return a function that gives a database of a service that is like a fresh one."""
    lent: list[tuple[str, Transactions]] = []

    def lend(service: str) -> Transactions:
        db = lender.lend(service)
        lent.append((service, db))
        know_key(db)
        return db

    yield lend
    for service, db in lent:
        lender.take_back(service, db)


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
