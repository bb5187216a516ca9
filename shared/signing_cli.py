"""Owns `linli signing-keys`: the keys that sign access tokens.

linli signing-keys init              make the first key; it signs at once
linli signing-keys show              every key that is not over
linli signing-keys rotate [--now]    announce a new key: it signs in an hour, or at once
linli signing-keys drop KID          after a compromise: its tokens hold no longer
linli signing-keys export [--to FILE]    the public set, as JSON
linli signing-keys install SERVICE [FILE]    bring a service the public set (- for standard input)
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shared.terminal import lines_of, on_database, person, time_of


def add_signing(commands: Any, services: Sequence[str]) -> None:
    """Add the command to `linli`'s parser."""
    keys = commands.add_parser(
        "signing-keys", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = keys.add_subparsers(dest="action", required=True)
    for name, run in (("init", _init), ("show", _show)):
        actions.add_parser(name).set_defaults(run=run, service="gateway")
    export = actions.add_parser("export")
    export.add_argument("--to", type=Path)
    export.set_defaults(run=_export, service="gateway")
    rotate = actions.add_parser("rotate")
    rotate.add_argument("--now", action="store_true", help="after a compromise: sign at once")
    rotate.set_defaults(run=_rotate, service="gateway")
    drop = actions.add_parser("drop")
    drop.add_argument("kid")
    drop.set_defaults(run=_drop, service="gateway")
    install = actions.add_parser("install")
    install.add_argument("service", choices=services)
    install.add_argument("file", nargs="?", default="-")
    install.set_defaults(run=_install)


def _init(arguments: argparse.Namespace) -> None:
    made = _on_gateway(arguments, lambda keys, db: keys.init(db, person()))
    print("signing keys: there" if made is None else f"signing keys: {made.kid} made, signs now")


def _rotate(arguments: argparse.Namespace) -> None:
    new = _on_gateway(arguments, lambda keys, db: keys.rotate(db, person(), arguments.now))
    print(f"signing keys: {new.kid} announced, signs from {time_of(new.signs_from)}")


def _drop(arguments: argparse.Namespace) -> None:
    new = _on_gateway(arguments, lambda keys, db: keys.drop(db, person(), arguments.kid))
    print(f"signing keys: {arguments.kid} ended; the services hear of it by an event")
    if new is not None:
        print(f"signing keys: {new.kid} made, signs now")


def _show(arguments: argparse.Namespace) -> None:
    rows: list[tuple[object, ...]] = [("key", "signs from", "until", "signs now")]
    for one in _on_gateway(arguments, lambda keys, db: keys.show(db)):
        until = "-" if one.expires_at is None else time_of(one.expires_at)
        rows.append((one.kid, time_of(one.signs_from), until, "yes" if one.signs_now else "no"))
    for line in lines_of(rows):
        print(line)


def _export(arguments: argparse.Namespace) -> None:
    import json

    said = _on_gateway(arguments, lambda keys, db: keys.export(db))
    if arguments.to is None:
        print(json.dumps(said))
        return
    try:
        arguments.to.write_text(json.dumps(said) + "\n", encoding="utf-8")
    except OSError as error:
        sys.exit(f"linli signing-keys export: can't write {arguments.to}: {error.strerror}")
    print(f"signing keys: {len(said['keys'])} public, set {said['version']}, in {arguments.to}")


def _install(arguments: argparse.Namespace) -> None:
    import json

    from marshmallow import ValidationError

    from shared.auth.known import learn_signing_keys
    from shared.contracts import schema_of
    from shared.contracts.gateway import SigningKeysChangedV1

    try:
        content = sys.stdin.read() if arguments.file == "-" else Path(arguments.file).read_text()
        said = schema_of(SigningKeysChangedV1).load(json.loads(content))
    except OSError as error:
        sys.exit(f"linli signing-keys install: can't read {arguments.file}: {error.strerror}")
    except (ValueError, ValidationError) as error:
        sys.exit(f"linli signing-keys install: not what `signing-keys export` prints: {error}")
    on_database(arguments, lambda db: db.run(learn_signing_keys, said))
    print(f"{arguments.service}: {len(said.keys)} signing keys, set {said.version}")


def _on_gateway(arguments: argparse.Namespace, work: Callable[[Any, Any], Any]) -> Any:
    from shared.privacy.keyring import Keyring

    keys = importlib.import_module("services.gateway.key_commands")
    return on_database(arguments, lambda db: work(keys, db), Keyring.from_environment())
