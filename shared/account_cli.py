"""Owns `linli account`: the first administrator, accounts from a file, who there is."""

import argparse
import getpass
import importlib
import sys
from pathlib import Path
from typing import Any, get_args

from shared import config
from shared.auth.roles import Role


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
    commands = _commands()
    new = commands.NewAccount(arguments.username, arguments.name, arguments.role, arguments.area)
    made = _told(commands, lambda db: commands.add(db, new, _password(arguments), _operator()))
    print(f"account {arguments.username}: {'made' if made else 'there'}")


def _load(arguments: argparse.Namespace) -> None:
    if arguments.password_file and config.environment() == "production":
        sys.exit("linli account load: --password-file is refused while LINLI_ENV is production")
    commands = _commands()
    content = arguments.file.read_bytes()
    report = _told(
        commands,
        lambda db: commands.load(
            db, content, _password(arguments), _operator(), if_absent=arguments.if_absent
        ),
    )
    for one in () if arguments.password_file else report.accounts:
        print(f"{one.username}\t{one.activation_code}")
    print(f"{arguments.file.name}: {report.rows} rows, {report.created} accounts made")


def _list(arguments: argparse.Namespace) -> None:
    commands, after = _commands(), None
    while True:
        page = _told(commands, lambda db, mark=after: commands.page(db, mark))
        for one in page.items:
            print(f"{one.id}\t{one.username}\t{one.state}")
        if (after := page.next) is None:
            return


def _told(commands: Any, work: Any) -> Any:
    """Do the work on the gateway's database; say a refusal in the words of its rule."""
    from shared.clock import BusinessClock
    from shared.database import Transactions, build_engine
    from shared.errors import Rejected
    from shared.privacy.keyring import Keyring

    clock, keyring = BusinessClock.from_environment(), Keyring.from_environment()
    db = Transactions(build_engine(config.database_url(), 1), clock, keyring)
    try:
        return work(db)
    except Rejected as error:
        lines = [error.text("zh"), *commands.problems_of(error)]
        sys.exit("linli account: " + "\n".join(lines))
    finally:
        db.engine.dispose()


def _password(arguments: argparse.Namespace) -> str | None:
    path = arguments.password_file
    return None if path is None else path.read_text(encoding="utf-8").strip()


def _operator() -> str:
    return f"operator:{getpass.getuser()}"


def _commands() -> Any:
    return importlib.import_module("services.gateway.commands")
