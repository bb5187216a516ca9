"""Owns schema migrations: one-shot, before start, one at a time, expand and contract only."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, text

_LOCK = 7_236_001
"""Advisory lock that all migrations of one database take; the number means nothing."""

_LOCK_TIMEOUT = "5s"
"""A migration that waits longer for a table gives up before it makes the service wait too."""

ROOT = Path(__file__).resolve().parent.parent


def migrate(service: str, url: str) -> tuple[str | None, str | None]:
    """Bring a service's database to the newest version; return (before, after).

    Raises:
        sqlalchemy.exc.OperationalError: when the database can't be reached or a lock isn't had
            in time; nothing was changed, and running it again is safe.
    """
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services" / service / "migrations"))
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.commit()
        try:
            before = _version(connection)
            # alembic commits only what it began itself
            connection.commit()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return before, _version(connection)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()


def run_in_env() -> None:
    """Run from a service's `migrations/env.py`, on the connection that `migrate` opened."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def _version(connection: Connection) -> str | None:
    exists = connection.execute(text("SELECT to_regclass('alembic_version')")).scalar()
    if exists is None:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
