"""Owns `linli hours`: whether anybody touched the ledger of hours.

linli hours verify [--expect POSITION:HASH]    follow the ledger from its first line

It prints POSITION:HASH of the last line. Keep it off the machine and name it by --expect at the
next check: that finds even a ledger that was written anew from its start.
"""

import argparse
import importlib
from typing import Any

from shared.terminal import fail, on_database


def add_hours(commands: Any) -> None:
    """Add the command to `linli`'s parser."""
    hours = commands.add_parser(
        "hours", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verify = hours.add_subparsers(dest="action", required=True).add_parser("verify")
    verify.add_argument("--expect", metavar="POSITION:HASH", help="what a former check printed")
    verify.set_defaults(run=_verify, service="volunteers")


def _verify(arguments: argparse.Namespace) -> None:
    verdict = on_database(arguments, lambda db: _verdict(db, arguments.expect))
    if verdict.first_broken is not None:
        fail(arguments, f"line {verdict.first_broken} is broken: {verdict.why}")
    print(f"{verdict.rows} lines hold\nhead {verdict.mark}")


def _verdict(db: Any, expected: str | None) -> Any:
    from shared.audit.verification import Mark

    ledger = importlib.import_module("services.volunteers.usecases.hours")
    return db.read(ledger.verify_hours, *([Mark.parse(expected)] if expected is not None else []))
