"""Owns `linli erasures`: who was erased, kept elsewhere, so that no restored backup undoes it.

linli erasures export SERVICE [--to FILE]    write down who was erased, added to what FILE holds
linli erasures replay SERVICE FILE           after a restore, before opening: erase them again
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.terminal import fail, on_database, person


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
    export.add_argument(
        "--to", type=Path, metavar="FILE", help="a file that only grows, instead of standard output"
    )
    replay.add_argument("file", type=Path)


def _export(arguments: argparse.Namespace) -> None:
    from shared.privacy.erasure_file import written
    from shared.privacy.erasure_keeping import erasures_of, keep_erasures

    service, to = arguments.service, arguments.to
    if to is None:
        rows = on_database(arguments, lambda db: list(erasures_of(db)))
        sys.stdout.writelines(written(service, rows))
        return
    try:
        count = on_database(arguments, lambda db: keep_erasures(db, service, to))
    except OSError as error:
        fail(arguments, f"cannot write {to}: {error.strerror}")
    print(f"{to}: {count} erasures of {service}")


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
    from shared.privacy.erasure_file import read
    from shared.privacy.erasure_replay import replay_in_batches

    return replay_in_batches(db, service, read(service, content), person())
