"""Owns `linli account`: the first administrator, accounts from a file, who there is."""

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from shared import config
from shared.auth.roles import Role
from shared.parking_cli import plain
from shared.terminal import fail, on_database, person


def add_account(commands: Any) -> None:
    """Add `linli account add|load|list` to the command line."""
    account = commands.add_parser("account").add_subparsers(dest="action", required=True)
    add = account.add_parser("add", help="make one account; one that is there stays as it is")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="the person's name")
    add.add_argument("--role", action="append", required=True, choices=get_args(Role))
    add.add_argument("--area", action="append", default=[], help="prefix of area codes")
    add.add_argument("--password-file", type=Path)
    add.set_defaults(run=_add, service="gateway")
    load = account.add_parser("load", help="make all accounts of a CSV file, or none")
    load.add_argument("file", type=Path)
    load.add_argument("--password-file", type=Path, help="one password for all: demos only")
    load.add_argument("--if-absent", action="store_true", help="leave out who is there already")
    load.set_defaults(run=_load, service="gateway")
    listed = account.add_parser("list", help="every account: username, state")
    listed.set_defaults(run=_list, service="gateway")


def _add(arguments: argparse.Namespace) -> None:
    def add(commands: Any, db: Any) -> Any:
        new = commands.NewAccount(
            arguments.username, arguments.name, arguments.role, arguments.area
        )
        return commands.add(db, new, _password(arguments), person())

    made = _told(arguments, add)
    print(f"account {arguments.username}: {'made' if made else 'there'}")


def _load(arguments: argparse.Namespace) -> None:
    if arguments.password_file and config.environment() == "production":
        fail(arguments, "--password-file is refused while LINLI_ENV is production")
    content = arguments.file.read_bytes()
    report = _told(
        arguments,
        lambda commands, db: commands.load(
            db, content, _password(arguments), person(), if_absent=arguments.if_absent
        ),
    )
    for one in () if arguments.password_file else report.accounts:
        print(f"{one.username}\t{one.activation_code}")
    print(f"{arguments.file.name}: {report.rows} rows, {report.created} accounts made")


def _list(arguments: argparse.Namespace) -> None:
    for one in _told(arguments, lambda commands, db: list(commands.every(db))):
        print(f"{one.id}\t{one.username}\t{one.state}")


def _told(arguments: argparse.Namespace, work: Callable[[Any, Any], Any]) -> Any:
    """Do the work on the gateway's database; of a refused file say each wrong row."""
    from shared.errors import Rejected
    from shared.privacy.keyring import Keyring

    commands = importlib.import_module("services.gateway.commands")

    def told(db: Any) -> Any:
        try:
            return work(commands, db)
        except Rejected as refusal:
            for line in commands.problems_of(refusal):
                print(plain(line), file=sys.stderr)
            raise

    return on_database(arguments, told, Keyring.from_environment())


def _password(arguments: argparse.Namespace) -> str | None:
    path = arguments.password_file
    return None if path is None else path.read_text(encoding="utf-8").strip()
