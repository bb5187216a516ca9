"""Tests of deploy/postgres/provision.py."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from deploy.local.nodes import PrivateNodes
from deploy.postgres.provision import ServiceDatabase, provision
from shared.ids import new_id


@pytest.fixture
def database(nodes: PrivateNodes) -> Iterator[ServiceDatabase]:
    made = ServiceDatabase(f"t{new_id().hex}", "first", ["postgis"])
    yield made
    with psycopg.connect(nodes.postgres_admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)".encode())
        admin.execute(f"DROP ROLE IF EXISTS {made.name}".encode())


def _login(nodes: PrivateNodes, database: ServiceDatabase, dbname: str) -> psycopg.Connection:
    login = {"user": database.name, "password": database.password, "dbname": dbname}
    return psycopg.connect(make_conninfo(nodes.postgres_admin_url, **login))


def test_the_second_time_changes_nothing(nodes: PrivateNodes, database: ServiceDatabase) -> None:
    assert provision(nodes.postgres_admin_url, database)
    assert not provision(nodes.postgres_admin_url, database)


def test_the_service_owns_its_database(nodes: PrivateNodes, database: ServiceDatabase) -> None:
    provision(nodes.postgres_admin_url, database)
    with _login(nodes, database, database.name) as connection:
        connection.execute("CREATE TABLE areas (shape geometry)")


def test_another_service_may_not_connect(nodes: PrivateNodes, database: ServiceDatabase) -> None:
    other = ServiceDatabase(f"o{new_id().hex}", "x")
    provision(nodes.postgres_admin_url, database)
    provision(nodes.postgres_admin_url, other)
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        _login(nodes, other, database.name)


def test_a_changed_secret_is_set(nodes: PrivateNodes, database: ServiceDatabase) -> None:
    provision(nodes.postgres_admin_url, database)
    changed = replace(database, password="second")
    assert provision(nodes.postgres_admin_url, changed)
    with _login(nodes, changed, changed.name) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (changed.name,)
