"""Tests of deploy/postgres/databases.py: a new database takes the place of the old one."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from deploy.local.nodes import PrivateNodes
from deploy.postgres.databases import exists, make_empty, swap_in
from deploy.postgres.provision import ServiceDatabase, provision
from shared.ids import new_id


@pytest.fixture
def service(nodes: PrivateNodes) -> Iterator[ServiceDatabase]:
    made = ServiceDatabase(f"t{new_id().hex[-8:]}", "first")
    provision(nodes.postgres_admin_url, made)
    yield made
    with psycopg.connect(nodes.postgres_admin_url, autocommit=True) as admin:
        for name in (made.name, f"{made.name}_new", f"{made.name}_old"):
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        admin.execute(f"DROP ROLE {made.name}".encode())


def _as_service(nodes: PrivateNodes, service: ServiceDatabase, name: str) -> psycopg.Connection:
    login = {"user": service.name, "password": service.password, "dbname": name}
    return psycopg.connect(make_conninfo(nodes.postgres_admin_url, **login), autocommit=True)


def _fill(nodes: PrivateNodes, service: ServiceDatabase, name: str) -> None:
    with _as_service(nodes, service, name) as own:
        own.execute("CREATE TABLE marked AS SELECT current_database()::text AS place")


def _mark(nodes: PrivateNodes, service: ServiceDatabase, name: str) -> tuple[str, ...] | None:
    with _as_service(nodes, service, name) as own:
        return own.execute("SELECT place FROM marked").fetchone()


def test_the_old_database_is_kept_aside_whoever_is_in_it(
    nodes: PrivateNodes, service: ServiceDatabase
) -> None:
    name, new, old = service.name, f"{service.name}_new", f"{service.name}_old"
    make_empty(nodes.postgres_admin_url, new, name, ["postgis"])
    for each in (name, new):
        _fill(nodes, service, each)
    with _as_service(nodes, service, name) as inside:
        inside.execute("SELECT 1")
        assert swap_in(nodes.postgres_admin_url, new, name, old)
    assert _mark(nodes, service, name) == (new,)
    assert _mark(nodes, service, old) == (name,)
    assert not exists(nodes.postgres_admin_url, new)


def test_where_no_old_one_is_left_the_new_one_just_gets_the_name(
    nodes: PrivateNodes, service: ServiceDatabase
) -> None:
    name, new = service.name, f"{service.name}_new"
    with psycopg.connect(nodes.postgres_admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    make_empty(nodes.postgres_admin_url, new, name, [])
    assert not swap_in(nodes.postgres_admin_url, new, name, f"{name}_old")
    assert exists(nodes.postgres_admin_url, name)


def test_what_a_restore_that_failed_left_is_made_anew(
    nodes: PrivateNodes, service: ServiceDatabase
) -> None:
    new = f"{service.name}_new"
    make_empty(nodes.postgres_admin_url, new, service.name, [])
    _fill(nodes, service, new)
    make_empty(nodes.postgres_admin_url, new, service.name, [])
    with pytest.raises(psycopg.errors.UndefinedTable):
        _mark(nodes, service, new)
