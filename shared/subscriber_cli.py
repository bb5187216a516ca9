"""Owns `linli subscriber`: the logins of systems outside Linli that hear its events.

linli subscriber add NAME --of grid [--of inspections]   make a login; prints its password, once
linli subscriber list                                    who may hear what, and what waits for them
linli subscriber remove NAME [--with-queues]             delete the login

A subscriber may read the exchanges of the services named by --of, and have queues called
evt-<service>-<event>--NAME.<handler>. That is how a stock nameko service called NAME names its own:
    @event_handler("grid", "case_closed.v1")
"""

import argparse
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shared import config


def add_subscriber(commands: Any, services: Sequence[str]) -> None:
    """Add the command to `linli`'s parser."""
    subscriber = commands.add_parser(
        "subscriber", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = subscriber.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add")
    add.add_argument("name")
    add.add_argument("--of", dest="producers", action="append", choices=services, required=True)
    add.add_argument("--password-file", type=Path, help="take the password from there, print none")
    add.set_defaults(run=lambda arguments: _do(_add, arguments))
    remove = actions.add_parser("remove")
    remove.add_argument("name")
    remove.add_argument("--with-queues", action="store_true", help="and what waits in its queues")
    remove.set_defaults(run=lambda arguments: _do(_remove, arguments))
    actions.add_parser("list").set_defaults(run=lambda arguments: _do(_list, arguments))


def _do(work: Callable[[Any, argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """Work on the broker; say in one line what to do when that fails."""
    from shared.messaging.broker import Broker, BrokerRefused, BrokerUnavailable
    from shared.messaging.subscribers import SubscriberRefused

    broker = Broker(config.management_url())
    try:
        work(broker, arguments)
    except (SubscriberRefused, BrokerRefused, BrokerUnavailable) as error:
        sys.exit(f"linli subscriber {arguments.action}: {error}")


def _add(broker: Any, arguments: argparse.Namespace) -> None:
    from shared.messaging.subscribers import add

    given = _password_of(arguments.password_file)
    password = given or secrets.token_urlsafe(24)
    add(broker, arguments.name, arguments.producers, password)
    print(f"{arguments.name}: may hear {', '.join(sorted(set(arguments.producers)))}")
    if not given:
        print(f"password, shown this once: {password}")


def _password_of(file: Path | None) -> str | None:
    if file is None:
        return None
    return config.required("PASSWORD", {"PASSWORD_FILE": str(file)})


def _remove(broker: Any, arguments: argparse.Namespace) -> None:
    from shared.messaging.subscribers import remove

    left = remove(broker, arguments.name, with_queues=arguments.with_queues)
    print(f"{arguments.name}: removed")
    for queue in left:
        print(f"still there, and filling until somebody deletes it: {queue}")


def _list(broker: Any, _: argparse.Namespace) -> None:
    from shared.messaging.subscribers import subscribers

    for one in subscribers(broker):
        print(f"{one.name}: may hear {', '.join(one.hears)}")
        for queue, waiting in one.queues:
            print(f"  {queue}: {waiting} waiting")
