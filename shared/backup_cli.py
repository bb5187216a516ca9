"""Owns `linli backup`: one service's backups, in the folder that LINLI_BACKUP_DIR names.

linli backup make SERVICE           write one, delete what is too old; the service goes on working
linli backup list SERVICE           those there are, the newest first
linli backup load SERVICE FROM      fill an empty database; FROM: latest, a name listed, a folder
linli backup leap SERVICE           after a restore: what is said next outranks what was lost
"""

import argparse
from collections.abc import Sequence
from typing import Any

from shared.terminal import fail, lines_of, on_database, person, time_of


def add_backup(commands: Any, services: Sequence[str]) -> None:
    """Add the command to `linli`'s parser."""
    backup = commands.add_parser(
        "backup", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = backup.add_subparsers(dest="action", required=True)
    for name, run in (("make", _make), ("list", _list), ("load", _load), ("leap", _leap)):
        action = actions.add_parser(name)
        action.add_argument("service", choices=services)
        action.set_defaults(run=run)
        if name == "load":
            action.add_argument("backup", metavar="FROM")
        if name == "leap":
            action.add_argument(
                "--restores", type=int, default=1, help="of the service, this one counted"
            )


def _make(arguments: argparse.Namespace) -> None:
    from shared.backup.making import make_backup
    from shared.backup.retention import BackupPeriods
    from shared.backup.shelf import Shelf

    shelf, periods = Shelf.from_environment(), BackupPeriods.from_environment()
    made = _on_files(arguments, lambda db: make_backup(db, arguments.service, shelf, periods))
    manifest = made.data.manifest
    size = sum(one.bytes for one in manifest.files.values()) / 1e6
    seconds = (manifest.finished_at - manifest.started_at).total_seconds()
    print(
        f"{made.data.folder}: {sum(manifest.rows.values())} rows, {size:.1f} MB, {seconds:.1f} s;"
        f" {sum(made.keys.manifest.rows.values())} persons' keys apart, {made.erasures} erasures;"
        f" {len(made.deleted)} old ones deleted"
    )


def _list(arguments: argparse.Namespace) -> None:
    from shared.backup.shelf import Shelf

    shelf = Shelf.from_environment()
    keys = {one.folder.name for one in shelf.backups(arguments.service, "keys")}
    rows: list[tuple[object, ...]] = [("name", "time (+08:00)", "rows", "whole", "own keys")]
    for one in shelf.backups(arguments.service):
        whole = "yes" if one.looks_whole() else "NO"
        count, own = sum(one.manifest.rows.values()), one.folder.name in keys
        at = time_of(one.manifest.started_at)
        rows.append((one.folder.name, at, count, whole, "yes" if own else "-"))
    for line in lines_of(rows):
        print(line)


def _load(arguments: argparse.Namespace) -> None:
    from shared.backup.loading import load_backup
    from shared.backup.shelf import Shelf

    shelf = Shelf.from_environment()

    def load(db: Any) -> None:
        backup = shelf.find(arguments.service, arguments.backup)
        load_backup(db, shelf, backup, person(), lambda line: print(line, flush=True))

    _on_files(arguments, load)


def _leap(arguments: argparse.Namespace) -> None:
    from shared.messaging.leap import leap

    restores = arguments.restores
    rows = on_database(arguments, lambda db: db.run(leap, arguments.service, restores))
    print(f"{arguments.service}: versions leapt in {rows} rows")


def _on_files(arguments: argparse.Namespace, work: Any) -> Any:
    import psycopg

    try:
        return on_database(arguments, work)
    except psycopg.OperationalError as error:
        lines = str(error).strip().splitlines()
        fail(arguments, f"{lines[-1] if lines else 'no answer'}: check that the database runs")
    except OSError as error:
        fail(arguments, f"cannot read or write {error.filename}: {error.strerror}")
