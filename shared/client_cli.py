"""Owns `linli client`: other systems that call the services' APIs.

linli client add NAME --scope S … --area A …    id and secret, shown this once
linli client list
linli client rotate ID                          a new secret; the old one holds for one more day
linli client revoke ID
"""

import argparse
import importlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from shared.terminal import lines_of, on_database, person


def add_client(commands: Any) -> None:
    """Add the command to `linli`'s parser."""
    client = commands.add_parser(
        "client", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = client.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add")
    add.add_argument("name")
    add.add_argument("--scope", action="append", required=True)
    add.add_argument("--area", action="append", required=True, help="prefix of area codes")
    add.set_defaults(run=_add, service="gateway")
    actions.add_parser("list").set_defaults(run=_list, service="gateway")
    for name, run in (("rotate", _rotate), ("revoke", _revoke)):
        action = actions.add_parser(name)
        action.add_argument("client_id", type=UUID)
        action.set_defaults(run=run, service="gateway")


def _add(arguments: argparse.Namespace) -> None:
    def add(clients: Any, db: Any) -> Any:
        wanted = clients.CreateClient(
            name=arguments.name, scopes=arguments.scope, areas=arguments.area
        )
        return clients.add(db, wanted, person())

    _show_secret(_on_gateway(arguments, add))


def _rotate(arguments: argparse.Namespace) -> None:
    _show_secret(
        _on_gateway(
            arguments, lambda clients, db: clients.rotate(db, arguments.client_id, person())
        )
    )


def _revoke(arguments: argparse.Namespace) -> None:
    _on_gateway(arguments, lambda clients, db: clients.revoke(db, arguments.client_id, person()))
    print(f"client {arguments.client_id}: revoked, with all its tokens")


def _list(arguments: argparse.Namespace) -> None:
    rows: list[tuple[object, ...]] = [("id", "state", "name", "areas", "scopes")]
    for one in _on_gateway(arguments, lambda clients, db: list(clients.every(db))):
        state = "in use" if one.revoked_at is None else "revoked"
        rows.append((one.client_id, state, one.name, ",".join(one.areas), " ".join(one.scopes)))
    for line in lines_of(rows):
        print(line)


def _show_secret(new: Any) -> None:
    print(f"client_id      {new.client_id}")
    print(f"client_secret  {new.client_secret}    (shown this once)")


def _on_gateway(arguments: argparse.Namespace, work: Callable[[Any, Any], Any]) -> Any:
    from shared.privacy.keyring import Keyring

    clients = importlib.import_module("services.gateway.client_commands")
    return on_database(arguments, lambda db: work(clients, db), Keyring.from_environment())
