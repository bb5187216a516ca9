"""Owns the databases of tests: copies of a migrated template, cleaned and lent again.

Making and dropping one for each of thousands of tests took most of their time. A database that
comes back is emptied; one whose tables are no longer those of its template is dropped.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from deploy.local.applications import EXTENSIONS
from deploy.postgres.databases import make_empty
from shared.database import Transactions, build_engine
from shared.ids import new_id
from shared.migrations import migrate
from shared.privacy.keyring import Keyring
from tests.keys import KEYS

KEYRING = Keyring.from_environment(KEYS)

# what a migration makes, and what a planner knows from ANALYZE
_SHAPE = """
    WITH ours AS (
        SELECT oid, relname, relkind, relnatts FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
    ), lines (line) AS (
        SELECT concat_ws(' ', 'relation', oid, relname, relkind, relnatts) FROM ours
        UNION ALL SELECT concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull)
            FROM pg_attribute JOIN ours ON ours.oid = attrelid
        UNION ALL SELECT concat_ws(' ', 'constraint', oid, convalidated) FROM pg_constraint
        UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgenabled) FROM pg_trigger
        UNION ALL SELECT concat_ws(' ', 'index', indexrelid, indisvalid) FROM pg_index
        UNION ALL SELECT concat_ws(' ', 'function', oid, md5(prosrc)) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', 'statistics', starelid, staattnum)
            FROM pg_statistic JOIN ours ON ours.oid = starelid
    )
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM lines
"""
_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# up to here the planner takes a table that was never analysed for an empty one
_TABLE_BYTES = 10 * 8192
_INDEX_BYTES = 2 * 8192
# deleting few rows is cheaper than new files for the table and each index; big tables, or those
# that many tests have passed through, get new files. Triggers and foreign keys are off meanwhile
_EMPTY = f"""
    SET session_replication_role = replica;
    DO $$ DECLARE name text; BEGIN
        FOR name IN {_TABLES} LOOP
            IF EXISTS (
                SELECT FROM pg_class LEFT JOIN pg_index ON indrelid = pg_class.oid
                WHERE pg_class.oid = name::regclass AND (
                    reltuples >= 0 OR pg_relation_size(pg_class.oid) > {_TABLE_BYTES}
                    OR pg_relation_size(indexrelid) > {_INDEX_BYTES}
                )
            ) THEN
                EXECUTE format('TRUNCATE %I CASCADE', name);
            ELSE
                EXECUTE format('DELETE FROM %I', name);
            END IF;
        END LOOP;
        PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence
            WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
    END $$
"""


class SetClock:
    """A business clock that stands where a test set it; real time until then."""

    def __init__(self) -> None:
        self._now: datetime | None = None

    def set(self, now: datetime) -> None:
        """Stop the clock at an aware time."""
        self._now = now.astimezone(UTC)

    def go(self) -> None:
        """Let the clock tell real time again."""
        self._now = None

    def now(self) -> datetime:
        """Return business time."""
        return self._now or datetime.now(UTC)


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

    def create_empty(self, service: str = "grid") -> str:
        """Return the URL of a database without any table of ours, as an installation makes it."""
        name = f"empty_{new_id().hex}"
        self._make(name, service)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", make_url(url).database or "")

    def url(self, database: str) -> str:
        """Return the URL of a database of this server."""
        url = make_url(self._admin_url).set(drivername="postgresql+psycopg", database=database)
        return url.render_as_string(hide_password=False)

    def _make_template(self, service: str) -> str:
        name = f"{service}_template"
        self._make(name, service)
        migrate(service, self.url(name))
        self._templates[service] = name
        return name

    def _make(self, name: str, service: str) -> None:
        login = make_url(self._admin_url).username or ""
        make_empty(self._admin_url, name, login, EXTENSIONS.get(service, ()))

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@dataclass(frozen=True)
class _Origin:
    """What a fresh database of a service is like."""

    shape: str
    rows: dict[str, bytes]
    """Tables that a migration filled, with their rows as COPY writes them."""


class Lender:
    """Lends databases, each with one engine and one business clock for all who get it."""

    def __init__(self, server: DatabaseServer, clock: SetClock) -> None:
        self._server = server
        self._clock = clock
        self._origins: dict[str, _Origin] = {}
        self._free: dict[str, list[Transactions]] = {}
        self._made: list[Transactions] = []

    def lend(self, service: str) -> Transactions:
        """Return a database of a service that is like a fresh one."""
        if free := self._free.setdefault(service, []):
            return free.pop()
        url = self._server.create(service)
        if service not in self._origins:
            self._origins[service] = _origin(url)
        db = Transactions(build_engine(url), self._clock, KEYRING)
        self._made.append(db)
        return db

    def take_back(self, service: str, db: Transactions) -> None:
        """Empty a database for whoever comes next, or drop it when its tables were changed."""
        db.engine.dispose()
        url = _url_of(db)
        try:
            like_fresh = _emptied(url, self._origins[service])
        except psycopg.Error:  # the test dropped it, or keeps others from it
            like_fresh = False
        if like_fresh:
            self._free[service].append(db)
        else:
            self._made.remove(db)
            self._server.drop(url)

    def close(self) -> None:
        """Drop what is left, lent or not."""
        for db in self._made:
            db.engine.dispose()
            self._server.drop(_url_of(db))


def _url_of(db: Transactions) -> str:
    return db.engine.url.render_as_string(hide_password=False)


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(
        url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True, connect_timeout=10
    )


def _origin(url: str) -> _Origin:
    rows: dict[str, bytes] = {}
    with _connect(url) as connection:
        for (table,) in connection.execute(_TABLES).fetchall():
            name = sql.Identifier(table)
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(name)) as copy:
                rows[table] = b"".join(copy)
        return _Origin(_shape(connection), {table: text for table, text in rows.items() if text})


def _shape(connection: psycopg.Connection) -> str:
    row = connection.execute(_SHAPE).fetchone()
    assert row is not None
    return str(row[0])


def _emptied(url: str, origin: _Origin) -> bool:
    """Make a database like fresh; tell whether that was possible."""
    with _connect(url) as connection:
        connection.execute(_END_OTHERS)
        if _shape(connection) != origin.shape:
            return False
        connection.execute(_EMPTY)
        for table, text in origin.rows.items():
            into = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
            with connection.cursor().copy(into) as copy:
                copy.write(text)
    return True
