"""Owns `linli erasures`: who was erased, kept elsewhere, so that no restored backup undoes it.

linli erasures export SERVICE [--to FILE]    write down who was erased; keep it off the machine
linli erasures replay SERVICE FILE           after a restore, before opening: erase them again
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shared.terminal import fail, on_database, person

_AT_ONCE = 500


def add_erasures(commands: Any, services: Sequence[str]) -> None:
    """Add the command to `linli`'s parser."""
    erasures = commands.add_parser(
        "erasures", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = erasures.add_subparsers(dest="action", required=True)
    export, replay = actions.add_parser("export"), actions.add_parser("replay")
    for action, run in ((export, _export), (replay, _replay)):
        action.add_argument("service", choices=services)
        action.set_defaults(run=run)
    export.add_argument("--to", type=Path, metavar="FILE", help="instead of standard output")
    replay.add_argument("file", type=Path)


def _export(arguments: argparse.Namespace) -> None:
    from shared.privacy.erasure_file import written

    rows = on_database(arguments, lambda db: list(_rows(db)))
    lines = written(arguments.service, rows)
    if arguments.to is None:
        sys.stdout.writelines(lines)
        return
    try:
        _replace(arguments.to, "".join(lines))
    except OSError as error:
        fail(arguments, f"cannot write {arguments.to}: {error.strerror}")
    print(f"{arguments.to}: {len(rows)} erasures of {arguments.service}")


def _rows(db: Any) -> Iterator[Any]:
    from shared.privacy.erasure import erasures

    after = None
    while page := db.read(erasures, after, _AT_ONCE):
        yield from page
        after = page[-1].person_id


def _replace(path: Path, content: str) -> None:
    """Write a file that is whole or not there, and nobody else's to read."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content.encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _replay(arguments: argparse.Namespace) -> None:
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        fail(arguments, f"cannot read {arguments.file}: {error.strerror}")
    done = on_database(arguments, lambda db: _replay_all(db, arguments.service, content))
    print(
        f"{arguments.service}: {sum(one.rows for one in done)} erasures, "
        f"{sum(one.new for one in done)} the log lacked, "
        f"{sum(one.keys for one in done)} keys destroyed again"
    )


def _replay_all(db: Any, service: str, content: bytes) -> list[Any]:
    from shared.privacy.erasure import replay_erasures
    from shared.privacy.erasure_file import read
    from shared.privacy.fields import declared_by

    rows, fields, who = read(service, content), declared_by(service).fields, person()
    return [
        db.run(
            lambda session, some, now: replay_erasures(session, fields, some, who=who, now=now),
            rows[start : start + _AT_ONCE],
        )
        for start in range(0, len(rows), _AT_ONCE)
    ]
