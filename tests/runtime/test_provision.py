"""Tests of deploy/postgres/provision.py."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from deploy.local.applications import EXTENSIONS, SERVICES
from deploy.local.layout import CHECKOUT
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


def _by_command(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    (folder / "url").write_text(url)
    told = {"LINLI_POSTGRES_ADMIN_URL_FILE": str(folder / "url"), "LINLI_SECRETS_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "deploy.postgres"],
        env={"PATH": os.environ["PATH"], **told},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def passwords(nodes: PrivateNodes, tmp_path: Path) -> Iterator[Path]:
    """A folder with every service's password; what is made by them is gone afterwards."""
    for service in SERVICES:
        (tmp_path / f"db_{service}").write_text(f"{service}-1\n")
    yield tmp_path
    with psycopg.connect(nodes.postgres_admin_url, autocommit=True) as admin:
        for service in SERVICES:
            admin.execute(f"DROP DATABASE IF EXISTS linli_{service} WITH (FORCE)".encode())
            admin.execute(f"DROP ROLE IF EXISTS linli_{service}".encode())


def test_the_command_makes_every_services_database(nodes: PrivateNodes, passwords: Path) -> None:
    first = _by_command(passwords, nodes.postgres_admin_url)
    assert (first.returncode, first.stdout.count(": made")) == (0, len(SERVICES)), first.stderr
    again = _by_command(passwords, nodes.postgres_admin_url)
    assert again.stdout.count(": there") == len(SERVICES)
    for service in SERVICES:
        made = ServiceDatabase(service, f"{service}-1", EXTENSIONS.get(service, ()))
        _login(nodes, made, made.name).close()


def test_the_command_says_in_one_line_what_is_amiss(tmp_path: Path) -> None:
    done = _by_command(tmp_path, "postgresql://x:y@127.0.0.1:1/postgres")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "db_gateway" in done.stderr
    for service in SERVICES:
        (tmp_path / f"db_{service}").write_text("p")
    done = _by_command(tmp_path, "postgresql://x:y@127.0.0.1:1/postgres")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "Traceback" not in done.stderr
