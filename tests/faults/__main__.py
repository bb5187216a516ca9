"""Owns `make faults`: commands through HTTP while faults strike, and whether anything was lost.

python -m tests.faults                   10,000 commands, 50 faults, chance from a printed seed
python -m tests.faults --seed 7          the same faults in the same order again
python -m tests.faults --only kill_api   one fault, or several, each alone
python -m tests.faults --brokers 3       on three brokers, whose leader dies and members are cut off
python -m tests.faults --list            every fault by name

The last line is `accepted=N lost=0 duplicated=0 unexpected=0 parked=M`. Exit code 1: something was
lost, doubled or unexpected; 2: a command was refused, or the system did not come to rest.
"""

import argparse
import random
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.local.nodes import PrivateBroker, PrivateNodes
from tests.databases import DatabaseServer
from tests.faults import report
from tests.faults.catalogue import plan
from tests.faults.cluster import BrokerCluster
from tests.faults.driver import DriverBroken
from tests.faults.run import Told, run, scene_of
from tests.faults.scene import CATALOGUE, Fault, NotSettled
from tests.processes import ROOT

COMMANDS, FAULTS, PER_SECOND = 10_000, 50, 12.0
_PURGE = "purge"
_PATIENCE = 5.0
"""How many seconds a fault lasts at most, where it doesn't say otherwise."""


def main() -> None:
    """Strike, settle, compare, tell."""
    arguments = _arguments()
    if arguments.list:
        print(*(_line(one) for one in CATALOGUE.values()), sep="\n")
        print(f"{_PURGE:<24}a queue is purged by mistake: a loss, found and mended; last in a run")
        return
    # whoever stops the run leaves no process behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    say(f"seed {arguments.seed}")
    told = Told(arguments.seed)
    started = time.monotonic()
    broker = PrivateBroker if arguments.brokers == 1 else BrokerCluster
    nodes = PrivateNodes(durable=True, broker=broker)
    with tempfile.TemporaryDirectory() as folder, nodes:
        say(nodes.broker.about)
        logs = ROOT / ".run" / "faults" / "logs" if arguments.keep_logs else Path(folder)
        logs.mkdir(parents=True, exist_ok=True)
        server = DatabaseServer(nodes.postgres_admin_url)
        try:
            with scene_of(nodes, server, logs, arguments.seed, _PATIENCE, arguments.rate) as scene:
                purging = not arguments.only or _PURGE in arguments.only
                run(scene, strikes(arguments), arguments.commands, told, say, purging=purging)
        except (DriverBroken, NotSettled) as error:
            say(f"faults: {error}")
            say("  once more with the same seed and --keep-logs shows what the processes said")
            sys.exit(2)
    path = report.write(ROOT / ".run" / "faults", told, time.monotonic() - started)
    say(f"{path}")
    for complaint in report.complaints(told):
        say(complaint)
    say(str(told.verdict))
    sys.exit(0 if told.holds else 1)


def strikes(arguments: argparse.Namespace) -> Sequence[tuple[Fault, ...]]:
    """Return what is to be struck."""
    if arguments.only:
        return [(CATALOGUE[name],) for name in arguments.only if name != _PURGE]
    return plan(random.Random(arguments.seed), arguments.faults, arguments.brokers)


def _line(one: Fault) -> str:
    return f"{one.name:<24}{one.what}{' (--brokers 3)' if one.brokers > 1 else ''}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--faults", type=int, default=FAULTS)
    parser.add_argument("--rate", type=float, default=PER_SECOND, help="commands a second")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--only", nargs="+", choices=[*sorted(CATALOGUE), _PURGE], metavar="FAULT")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1)
    parser.add_argument("--list", action="store_true", help="every fault, and end")
    parser.add_argument("--keep-logs", action="store_true", help="in .run/faults/logs")
    arguments = parser.parse_args()
    for name in arguments.only or ():
        if name != _PURGE and CATALOGUE[name].brokers > arguments.brokers:
            parser.error(f"{name} needs --brokers {CATALOGUE[name].brokers}")
    return arguments


def say(line: str) -> None:
    """Show progress at once, piped or not."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
