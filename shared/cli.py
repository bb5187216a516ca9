"""Owns the `linli` command: one process of one service, or one task of an operator.

linli api|worker|relay SERVICE      run a process until SIGTERM
linli migrate SERVICE               bring a database to the newest version
linli provision [--watch]           make the broker what topology.py says, or watch over it
linli status                        the whole system on one screen, and what is wrong
linli parking list|show|replay|discard SERVICE [ID]    settle events that could not be handled
linli account add|load|list         the first administrator, accounts from a file
linli client add|list|rotate|revoke    other systems and their secrets
linli signing-keys init|show|rotate|drop|export|install    the keys that sign tokens
linli keys new|status|rotate        the keys that seal what a service stores of persons
linli erasures export|replay        erasures, kept outside of the database
linli backup make|list|load|leap SERVICE    backups, and the way back from one
linli outbox resend|record|lost SERVICE     sending again after a restore, and what it lost
linli outbox unheard FILE…          what was sent and never came out of a queue
linli audit verify|show SERVICE     the chain of who did what
linli hours verify                  the chain of volunteers' hours
linli subscriber add|list|remove    the logins of systems outside that hear events
linli register load FILE            load an area register (.csv or .csv.gz) into grid
"""

import argparse
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared import config, log
from shared.account_cli import add_account
from shared.audit_cli import add_audit
from shared.backup_cli import add_backup
from shared.client_cli import add_client
from shared.hours_cli import add_hours
from shared.keys_cli import add_keys
from shared.outbox_cli import add_outbox
from shared.parking_cli import add_parking
from shared.signing_cli import add_signing
from shared.status_cli import add_status
from shared.subscriber_cli import add_subscriber

_START_SECONDS = 10.0


def main() -> None:
    """Run the command; on a mistake or an unreachable server say so in one line, exit non-zero."""
    arguments = _parser().parse_args()
    if arguments.command == "worker":
        _go_green()
    name = " ".join([arguments.command, getattr(arguments, "service", "") or ""]).strip()
    log.configure(name, config.optional("LINLI_LOG_LEVEL", "INFO"))
    try:
        _trace(name)
        arguments.run(arguments)
    except config.BadConfiguration as error:
        sys.exit(f"linli {name}: {error}")


def _trace(name: str) -> None:
    from shared import tracing

    kind, _, service = name.partition(" ")
    tracing.configure(f"{service or 'linli'} {kind}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="linli", description="Linli 邻里")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in (("api", _api), ("worker", _worker), ("relay", _relay), ("migrate", _migrate)):
        command = commands.add_parser(name)
        command.add_argument("service", choices=_services())
        command.set_defaults(run=run)
    provision = commands.add_parser("provision")
    provision.add_argument("--watch", action="store_true", help="compare every minute, for ever")
    provision.set_defaults(run=_provision)
    add_status(commands)
    add_parking(commands, _services())
    add_subscriber(commands, _services())
    add_account(commands)
    add_client(commands)
    add_signing(commands, _services())
    add_keys(commands, _services())
    add_audit(commands, _services())
    add_hours(commands)
    add_backup(commands, _services())
    add_outbox(commands, _services())
    register = commands.add_parser("register").add_subparsers(dest="action", required=True)
    load = register.add_parser("load")
    load.add_argument("file", type=Path)
    load.set_defaults(run=_register_load)
    return parser


def _services() -> list[str]:
    folder = Path(__file__).resolve().parent.parent / "services"
    return sorted(path.parent.name for path in folder.glob("*/worker.py"))


def _go_green() -> None:
    """Patch the standard library before anything else is imported; psycopg must wait green too."""
    os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
    import eventlet

    eventlet.monkey_patch()


def _api(arguments: argparse.Namespace) -> None:
    from shared import metrics
    from shared.clock import BusinessClock
    from shared.database import Transactions, build_engine
    from shared.http.app import create_app
    from shared.http.server import Server, threads
    from shared.privacy.keyring import Keyring

    doors = importlib.import_module(f"services.{arguments.service}.api").BLUEPRINTS
    access = importlib.import_module(f"services.{arguments.service}.access").ACCESS
    engine = build_engine(config.database_url(), threads() + 1)
    clock = BusinessClock.from_environment()
    metrics.CLOCK_OFFSET.set_function(clock.offset_seconds)
    db = Transactions(engine, clock, Keyring.from_environment())
    _await("its database", db.reachable)
    db.engine.dispose()
    metrics.watch_pool(db.engine)
    Server(create_app(arguments.service, doors, db, access), config.http_bind()).run()


def _worker(arguments: argparse.Namespace) -> None:
    from shared.database import Transactions, build_engine
    from shared.messaging.hosting import run_worker

    module = importlib.import_module(f"services.{arguments.service}.worker")
    _await("its database", Transactions(build_engine(config.database_url(), 1)).reachable)
    _await("the broker", _broker_reachable)
    run_worker(getattr(module, f"{arguments.service.title()}Worker"))


def _relay(arguments: argparse.Namespace) -> None:
    from shared import metrics
    from shared.database import Transactions, build_engine
    from shared.health import serve_health
    from shared.messaging.backlog import Backlog
    from shared.messaging.outlets import outlets_of
    from shared.messaging.relay import Relay

    outlets = outlets_of(arguments.service, config.monitor_url(), config.amqp_url())
    db = Transactions(build_engine(config.database_url(), 2))
    _await("its database", db.reachable)
    relay = Relay(arguments.service, config.database_url(), config.amqp_url(), outlets)
    backlog = Backlog(db)
    metrics.OUTBOX_ROWS.set_function(backlog.rows)
    metrics.OUTBOX_AGE.set_function(backlog.age_seconds)
    checks = {"database": db.reachable, "broker": relay.publishing_or_standing_by}
    serve_health(config.http_bind(), checks)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: relay.stop.set())
    relay.run()


def _migrate(arguments: argparse.Namespace) -> None:
    from shared.migrations import migrate

    before, after = migrate(arguments.service, config.database_url())
    print(f"{arguments.service}: {'already at' if before == after else f'{before} ->'} {after}")


def _provision(arguments: argparse.Namespace) -> None:
    from shared.backup.age import watch_backups
    from shared.backup.shelf import Shelf
    from shared.messaging.broker import Broker, BrokerRefused, BrokerUnavailable
    from shared.messaging.provisioner import provision
    from shared.messaging.topology import MONITOR, SERVICES
    from shared.messaging.watch import watch
    from shared.surroundings import Surroundings

    broker = Broker(config.management_url())
    if arguments.watch:
        if config.optional("LINLI_BACKUP_DIR", ""):
            watch_backups(Shelf.from_environment(), SERVICES)
        watch(broker, config.http_bind(), Surroundings.from_environment())
        return
    folder = Path(config.required("LINLI_SECRETS_DIR"))
    passwords = {
        login: config.required("P", {"P_FILE": str(folder / f"amqp_{login}")})
        for login in (*SERVICES, MONITOR)
    }
    try:
        provision(broker, passwords)
    except (BrokerRefused, BrokerUnavailable) as error:
        sys.exit(f"linli provision: {error}")
    print(f"broker: exchanges, queues and logins of {', '.join(SERVICES)} are in place")


def _register_load(arguments: argparse.Namespace) -> None:
    from shared.clock import BusinessClock
    from shared.database import Transactions, build_engine
    from shared.errors import Rejected

    register = importlib.import_module("services.grid.register")
    db = Transactions(build_engine(config.database_url(), 2), BusinessClock.from_environment())
    started = time.perf_counter()
    try:
        report = register.load(db, arguments.file)
    except (Rejected, OSError) as error:
        sys.exit(f"linli register load: {error}")
    seconds = time.perf_counter() - started
    print(
        f"{arguments.file.name}: {report.rows} rows, {report.added} added, "
        f"{report.changed} changed, {report.unchanged} unchanged, {seconds:.1f} s"
    )


def _broker_reachable() -> bool:
    import socket
    from urllib.parse import urlsplit

    for url in map(urlsplit, config.each_url(config.amqp_url())):
        try:
            with socket.create_connection((url.hostname or "", url.port or 5672), timeout=2):
                return True
        except OSError:
            continue
    return False


def _await(what: str, reachable: Callable[[], Any]) -> None:
    """Wait a moment for a server that may be starting too; then give up, for the supervisor."""
    deadline = time.monotonic() + _START_SECONDS
    while not reachable():
        if time.monotonic() > deadline:
            sys.exit(f"linli: can't reach {what} for {_START_SECONDS:g} s; giving up")
        threading.Event().wait(0.3)


if __name__ == "__main__":
    main()
