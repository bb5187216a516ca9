"""Owns the databases and doors of all services, with what their specimens need."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient

from shared.database import Transactions, build_engine
from shared.ids import new_id
from shared.messaging.topology import SERVICES
from tests.conftest import http_of
from tests.databases import KEYRING, DatabaseServer, SetClock
from tests.tokens import know_key
from tests.usecases.access.specimens import World

Worlds = dict[str, tuple[World, FlaskClient]]


@contextmanager
def every_world(database_server: DatabaseServer) -> Iterator[Worlds]:
    """Give each service's world and a client of its door that says nobody's name."""
    made: Worlds = {}
    urls = {service: database_server.create(service) for service in SERVICES}
    for service, url in urls.items():
        db = Transactions(build_engine(url), SetClock(), KEYRING)
        know_key(db)
        world = World(db, new_id())
        importlib.import_module(f"tests.usecases.access.of_{service}").prepare(world)
        http = http_of(service, db)
        http.environ_base.pop("HTTP_AUTHORIZATION")
        made[service] = world, http
    yield made
    for service, url in urls.items():
        made[service][0].db.engine.dispose()
        database_server.drop(url)
