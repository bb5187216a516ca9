"""Own the databases of a restore: an empty one to fill, and the swap that gives it its place."""

from collections.abc import Sequence

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier


def make_empty(admin_url: str, name: str, owner: str, extensions: Sequence[str]) -> None:
    """Make a database that its owner alone may enter; one of the name that is left over goes.

    Raises: psycopg.Error when the server is out of reach or the admin may not do it.
    """
    new = Identifier(name)
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
        admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(new))
        admin.execute(SQL("CREATE DATABASE {} OWNER {}").format(new, Identifier(owner)))
        admin.execute(SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(new))
    own = make_conninfo(admin_url, dbname=name)
    with psycopg.connect(own, autocommit=True, connect_timeout=10) as admin:
        for extension in extensions:
            admin.execute(SQL("CREATE EXTENSION {}").format(Identifier(extension)))


def exists(admin_url: str, name: str) -> bool:
    """Tell whether there is a database of that name."""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    with psycopg.connect(admin_url, connect_timeout=10) as admin:
        return admin.execute(query, [name]).fetchone() is not None


def swap_in(admin_url: str, fresh: str, name: str, aside: str) -> bool:
    """Give a database its name; the one that had it, if any, is kept as `aside`; tell whether so.

    Raises: psycopg.Error; the names are then as they were.
    """
    kept = exists(admin_url, name)
    with psycopg.connect(admin_url, connect_timeout=10) as admin:
        for left in (name, fresh):
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [left]
            )
        if kept:
            _rename(admin, name, aside)
        _rename(admin, fresh, name)
    return kept


def _rename(admin: psycopg.Connection, old: str, new: str) -> None:
    statement = SQL("ALTER DATABASE {} RENAME TO {}")
    admin.execute(statement.format(Identifier(old), Identifier(new)))
