"""Owns `linli keys`: the keys that seal what a service stores of persons, and its secrets.

linli keys new                print a fresh key, as a line for LINLI_DATA_KEYS
linli keys status SERVICE     how many values each key sealed: with none left, a key may go
linli keys rotate SERVICE     seal with the newest key (the first line) what older ones sealed

To change keys: put a new line first and keep the others; restart every process of the service;
rotate; once status shows nothing on an old key, take its line away and restart again.
"""

import argparse
import base64
import sys
from collections.abc import Sequence
from typing import Any

from shared.erasures_cli import add_erasures
from shared.terminal import fail, lines_of, on_database

_NAMED = 10


def add_keys(commands: Any, services: Sequence[str]) -> None:
    """Add the command, and `linli erasures`, to `linli`'s parser."""
    keys = commands.add_parser(
        "keys", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = keys.add_subparsers(dest="action", required=True)
    actions.add_parser("new").set_defaults(run=_new)
    for name, run in (("status", _status), ("rotate", _rotate)):
        action = actions.add_parser(name)
        action.add_argument("service", choices=services)
        action.set_defaults(run=run)
    add_erasures(commands, services)


def _new(_: argparse.Namespace) -> None:
    import secrets

    from shared.clock import SHANGHAI, real_now
    from shared.privacy.sealing import new_key

    day = real_now().astimezone(SHANGHAI).strftime("%Y%m%d")
    print(f"k{day}-{secrets.token_hex(3)}:{base64.b64encode(new_key()).decode('ascii')}")


def _status(arguments: argparse.Namespace) -> None:
    from shared.privacy.keyring import Keyring

    keyring = Keyring.from_environment()
    uses = on_database(arguments, lambda db: _uses(db, arguments.service))
    for line in lines_of(_rows(keyring, uses)):
        print(line)
    if lost := sorted({use.key_id for use in uses} - set(keyring.ids)):
        fail(arguments, f"values that no key of the ring opens: {', '.join(lost)}")


def _rows(keyring: Any, uses: Sequence[Any]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [("key", "state", "column", "values")]
    for one in uses:
        rows.append(
            (one.key_id, _state(keyring, one.key_id), f"{one.table}.{one.column}", one.rows)
        )
    for key_id in keyring.ids:
        if key_id not in {one.key_id for one in uses}:
            state = "newest" if key_id == keyring.newest else "old, may go"
            rows.append((key_id, state, "-", 0))
    return rows


def _state(keyring: Any, key_id: str) -> str:
    if key_id == keyring.newest:
        return "newest"
    return "old" if key_id in keyring.ids else "not on the ring"


def _rotate(arguments: argparse.Namespace) -> None:
    from shared.privacy.keyring import Keyring
    from shared.privacy.rotation import rotate

    keyring = Keyring.from_environment()
    columns = _columns(arguments.service)
    unreadable = on_database(arguments, lambda db: rotate(db, keyring, columns, _tell), keyring)
    uses = on_database(arguments, lambda db: _uses(db, arguments.service))
    left = sum(use.rows for use in uses if use.key_id != keyring.newest)
    print(f"{arguments.service}: {left} values are left on other keys than {keyring.newest}")
    for one in unreadable[:_NAMED]:
        print(f"{one.table} {one.row_id}: {one.why}", file=sys.stderr)
    if unreadable:
        fail(arguments, f"{len(unreadable)} values can't be opened, and stay as they are")


def _tell(column: Any, done: int) -> None:
    print(f"{column.table}.{column.column}: {done} sealed anew", flush=True)


def _uses(db: Any, service: str) -> Any:
    from shared.privacy.rotation import uses

    return db.read(uses, _columns(service))


def _columns(service: str) -> tuple[Any, ...]:
    from shared.privacy.fields import declared_by
    from shared.privacy.rotation import PERSON_KEYS

    return (PERSON_KEYS, *declared_by(service).sealed_columns)
