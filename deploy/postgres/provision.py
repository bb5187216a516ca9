"""Own the databases and logins of the services: one of each per service, made where missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier, Literal


@dataclass(frozen=True)
class ServiceDatabase:
    """What a service must find: `linli_<service>` as database and as the login that owns it."""

    service: str
    password: str
    extensions: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"linli_{self.service}"


def provision(admin_url: str, database: ServiceDatabase) -> bool:
    """Make the login, database and extensions that are missing; tell whether anything was.

    The password is set anew only when the login no longer takes it.

    Raises: psycopg.Error when the server is out of reach or the admin may not do it.
    """
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
        changed = _make_login(admin, database) | _make_database(admin, database)
    own = make_conninfo(admin_url, dbname=database.name)
    with psycopg.connect(own, autocommit=True, connect_timeout=10) as admin:
        for extension in database.extensions:
            changed |= _make_extension(admin, extension)
    if not _accepts(admin_url, database):
        _set_password(admin_url, database)
        changed = True
    return changed


def _make_login(admin: psycopg.Connection, database: ServiceDatabase) -> bool:
    if _exists(admin, "SELECT 1 FROM pg_roles WHERE rolname = %s", database.name):
        return False
    role, password = Identifier(database.name), Literal(database.password)
    admin.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
    return True


def _make_database(admin: psycopg.Connection, database: ServiceDatabase) -> bool:
    if _exists(admin, "SELECT 1 FROM pg_database WHERE datname = %s", database.name):
        return False
    name = Identifier(database.name)
    admin.execute(SQL("CREATE DATABASE {} OWNER {}").format(name, name))
    admin.execute(SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(name))
    return True


def _make_extension(admin: psycopg.Connection, extension: str) -> bool:
    if _exists(admin, "SELECT 1 FROM pg_extension WHERE extname = %s", extension):
        return False
    admin.execute(SQL("CREATE EXTENSION IF NOT EXISTS {}").format(Identifier(extension)))
    return True


def _exists(admin: psycopg.Connection, query: str, name: str) -> bool:
    return admin.execute(query.encode(), [name]).fetchone() is not None


def _accepts(admin_url: str, database: ServiceDatabase) -> bool:
    login = {"user": database.name, "password": database.password, "dbname": database.name}
    try:
        psycopg.connect(make_conninfo(admin_url, **login), connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _set_password(admin_url: str, database: ServiceDatabase) -> None:
    role, password = Identifier(database.name), Literal(database.password)
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
        admin.execute(SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, password))
