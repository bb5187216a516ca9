"""Owns how commands for operators work on a service's database, and what they print."""

import argparse
import os
import pwd
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NoReturn

from shared import config
from shared.clock import SHANGHAI
from shared.parking_cli import plain


def on_database(
    arguments: argparse.Namespace, work: Callable[[Any], Any], keyring: object | None = None
) -> Any:
    """Work on the service's database; say in one line what to do when that fails."""
    from sqlalchemy.exc import ProgrammingError

    from shared.clock import BusinessClock
    from shared.database import DatabaseUnavailable, LockBusy, Transactions, build_engine
    from shared.errors import Rejected

    engine = build_engine(config.database_url(), 1)
    try:
        return work(Transactions(engine, BusinessClock.from_environment(), keyring))
    except Rejected as refusal:
        fail(arguments, refusal.text("en"))
    except DatabaseUnavailable as error:
        fail(arguments, f"{error}: check that the database runs and LINLI_DATABASE_URL names it")
    except LockBusy:
        fail(arguments, "somebody else is at work on the same rows; run it again")
    except ProgrammingError:
        service = arguments.service
        fail(arguments, f"the tables are of another version; run: linli migrate {service}")
    finally:
        engine.dispose()


def fail(arguments: argparse.Namespace, why: str) -> NoReturn:
    """End the command with exit code 1 and one line."""
    sys.exit(f"linli {arguments.command} {arguments.action} {arguments.service}: {plain(why)}")


def person() -> str:
    """Return who runs the command, as the machine knows them."""
    try:
        return f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"operator:{os.getuid()}"


def lines_of(rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows as lines in columns, the last column as long as it is."""
    cells = [[plain(str(cell)) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    padded = [
        [cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)]
        for row in cells
    ]
    return ["  ".join(row).rstrip() for row in padded]


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def time_of(at: datetime) -> str:
    """Return a time as people here read it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
