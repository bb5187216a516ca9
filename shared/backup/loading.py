"""Owns the way back: an empty database becomes what a backup holds, ready to be opened."""

from collections.abc import Callable

from shared.backup.making import (
    DATABASE_FILE,
    KEYS_FILE,
    KEYS_TABLE,
    migration_of,
    rows_of,
)
from shared.backup.manifest import Backup, BackupBroken
from shared.backup.postgres_tools import PostgresTools
from shared.backup.shelf import LATEST, NoBackup, Shelf
from shared.database import Transactions
from shared.errors import Conflict
from shared.migrations import migrate
from shared.privacy.erasure_file import read
from shared.privacy.erasure_replay import replay_in_batches

Say = Callable[[str], None]


class DatabaseNotEmpty(Conflict):
    """A backup is loaded into an empty database alone, never over what is there."""

    zh = "数据库 {name} 不是空的（{tables} 张表）；备份只恢复到空数据库"
    en = "the database {name} isn't empty ({tables} tables): a backup goes into an empty one alone"


def load_backup(db: Transactions, shelf: Shelf, backup: Backup, who: str, say: Say) -> None:
    """Fill an empty database with a backup; say each step done.

    Compared with its manifest, brought to the newest version, persons' keys from the newest
    backup of keys (who was erased since is not in it), erasures replayed. Before it is opened its
    record of delivery is kept, and then its versions leap.

    Raises:
        BackupBroken, DatabaseNotEmpty, PostgresToolMissing, PostgresToolFailed
        ErasureFileBroken: the database must not be opened then.
    """
    service, manifest = backup.manifest.service, backup.manifest
    backup.check()
    say(f"the backup of {manifest.started_at:%Y-%m-%d %H:%M:%S} UTC is as it was written")
    url = db.engine.url.render_as_string(hide_password=False)
    tools = PostgresTools(url)
    _require_empty(tools, db.engine.url.database or "")
    tools.restore(backup.folder / DATABASE_FILE)
    _compare(tools, backup)
    say(f"loaded: {len(manifest.rows)} tables, {sum(manifest.rows.values())} rows, as counted then")
    before, after = migrate(service, url)
    say(f"tables: {'already at' if before == after else f'{before} ->'} {after}")
    _load_keys(tools, shelf, service, say)
    _replay(db, shelf, service, who, say)
    with tools.connect() as connection:
        connection.execute("ANALYZE")


def _require_empty(tools: PostgresTools, name: str) -> None:
    with tools.connect() as connection:
        if tables := rows_of(connection):
            raise DatabaseNotEmpty(name=name, tables=len(tables))


def _compare(tools: PostgresTools, backup: Backup) -> None:
    with tools.connect() as connection:
        version = migration_of(connection)
    _compare_rows(tools, backup)
    if version != backup.manifest.migration:
        why = f"its tables are of version {version}, not {backup.manifest.migration}"
        raise BackupBroken(folder=backup.folder, why=why)


def _compare_rows(tools: PostgresTools, backup: Backup) -> None:
    with tools.connect() as connection:
        found = rows_of(connection)
    rows = backup.manifest.rows
    if differing := sorted(table for table, count in rows.items() if found.get(table) != count):
        why = f"the database differs from the manifest in {', '.join(differing)}"
        raise BackupBroken(folder=backup.folder, why=why)


def _load_keys(tools: PostgresTools, shelf: Shelf, service: str, say: Say) -> None:
    """Load the newest backup of persons' keys: who was erased before it isn't in it."""
    try:
        keys = shelf.find(service, LATEST, "keys")
    except NoBackup:
        say("NO BACKUP OF PERSONS' KEYS is left: nothing sealed of persons can be read any more")
        return
    keys.check()
    tools.restore(keys.folder / KEYS_FILE, "--data-only")
    _compare_rows(tools, keys)
    at = f"{keys.manifest.started_at:%Y-%m-%d %H:%M:%S} UTC"
    say(f"persons' keys of {at}: {keys.manifest.rows[KEYS_TABLE]}")


def _replay(db: Transactions, shelf: Shelf, service: str, who: str, say: Say) -> None:
    file = shelf.erasures(service)
    rows = read(service, file.read_bytes()) if file.exists() else []
    done = replay_in_batches(db, service, rows, who)
    say(
        f"erasures replayed: {len(rows)}, {sum(one.new for one in done)} the backup lacked,"
        f" {sum(one.keys for one in done)} keys destroyed again"
    )
