"""Owns the making of a backup: one snapshot of one service's database, in two files apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from shared.backup.manifest import Backup, Kind, Manifest, stored
from shared.backup.postgres_tools import PostgresTools
from shared.backup.retention import BackupPeriods
from shared.backup.shelf import Shelf, private_folder
from shared.clock import real_now
from shared.database import Transactions
from shared.ids import made_at
from shared.messaging.topology import queues
from shared.privacy.erasure_keeping import keep_erasures

DATABASE_FILE, KEYS_FILE = "database.dump", "keys.dump"
KEYS_TABLE = "person_keys"


@dataclass(frozen=True)
class Made:
    """A new backup, and what left to make room."""

    data: Backup
    keys: Backup
    erasures: int
    deleted: Sequence[Path]


def make_backup(db: Transactions, service: str, shelf: Shelf, periods: BackupPeriods) -> Made:
    """Write a backup of data, one of persons' keys and the erasures; then delete what is too old.

    The service goes on working: both dumps and all counts are of one snapshot.

    Raises:
        BackupUnderWay, PostgresToolMissing, PostgresToolFailed, ErasureFileBroken
        psycopg.OperationalError: when the database can't be reached.
        OSError: when it can't be written; what was begun is not taken for a backup.
    """
    tools = PostgresTools(db.engine.url.render_as_string(hide_password=False))
    with shelf.alone(service):
        shelf.clear(service)
        with tools.connect() as connection:
            started_at = real_now()
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            (snapshot,) = _row(connection, "SELECT pg_export_snapshot()")
            seen = _seen(connection, service, started_at)
            keys = _store(shelf, tools, snapshot, replace(seen, kind="keys"))
            data = _store(shelf, tools, snapshot, seen)
        file = shelf.erasures(service)
        private_folder(file.parent)
        erasures = keep_erasures(db, service, file)
        deleted = [
            *shelf.delete_before(service, "data", started_at - periods.data),
            *shelf.delete_before(service, "keys", started_at - periods.keys),
        ]
    return Made(data, keys, erasures, deleted)


def rows_of(connection: psycopg.Connection) -> dict[str, int]:
    """Return how many rows each table of the login has."""
    names = connection.execute("""
        SELECT relname FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
            AND relowner = current_user::regrole
            AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        ORDER BY relname
    """).fetchall()
    counted = {}
    for (name,) in names:
        statement = SQL("SELECT count(*) FROM {}").format(Identifier("public", name))
        (counted[name],) = connection.execute(statement).fetchone() or (0,)
    return counted


def migration_of(connection: psycopg.Connection) -> str | None:
    """Return the version of the tables."""
    (exists,) = _row(connection, "SELECT to_regclass('public.alembic_version') IS NOT NULL")
    if not exists:
        return None
    return str(_row(connection, "SELECT version_num FROM alembic_version")[0])


def _seen(connection: psycopg.Connection, service: str, started_at: datetime) -> Manifest:
    """Return what the manifest says of the snapshot, as one of data and without files."""
    position, newest = _row(
        connection, "SELECT coalesce(max(position), 0), max(created_at) FROM outbox"
    )
    return Manifest(
        service=service,
        kind="data",
        migration=migration_of(connection),
        started_at=started_at,
        finished_at=started_at,
        outbox_position=position,
        newest_event_at=newest,
        heard=_heard(connection, service),
        rows=rows_of(connection),
        files={},
    )


def _heard(connection: psycopg.Connection, service: str) -> dict[str, datetime]:
    """Return for each queue of the service when the newest event was made that it claimed."""
    newest = "SELECT event_id FROM inbox WHERE consumer = %s ORDER BY event_id DESC LIMIT 1"
    found = {}
    for queue in queues():
        if queue.name.startswith(f"{service}."):
            row = connection.execute(newest, [queue.name]).fetchone()
            if row is not None:
                found[queue.name] = made_at(row[0])
    return found


def _store(shelf: Shelf, tools: PostgresTools, snapshot: str, seen: Manifest) -> Backup:
    part = shelf.begin(seen.service, seen.kind, seen.started_at)
    name, arguments = _PARTS[seen.kind]
    tools.dump(part / name, snapshot, *arguments)
    manifest = replace(
        seen,
        finished_at=real_now(),
        rows=_rows_in(seen.kind, seen.rows),
        files={name: stored(part / name)},
    )
    return shelf.finish(part, manifest)


def _rows_in(kind: Kind, rows: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of the tables whose rows one kind of backup holds."""
    return {table: n for table, n in rows.items() if (table == KEYS_TABLE) == (kind == "keys")}


_PARTS: Mapping[Kind, tuple[str, tuple[str, ...]]] = {
    "data": (DATABASE_FILE, (f"--exclude-table-data=public.{KEYS_TABLE}",)),
    "keys": (KEYS_FILE, ("--data-only", f"--table=public.{KEYS_TABLE}")),
}


def _row(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query.encode()).fetchone()
    assert row is not None  # nosec B101: an aggregate always has a row
    return row
