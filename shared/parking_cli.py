"""Owns `linli parking`: an operator's hands on parked events, where no HTTP door is near.

linli parking list SERVICE                 what is parked, newest first; or --state, --queue, --type
linli parking show SERVICE ID              one event with its content
linli parking replay SERVICE ID            try it again; many by --queue, --type or --all
linli parking discard SERVICE ID --reason  give it up for good
"""

import argparse
import os
import pwd
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import config
from shared.clock import SHANGHAI

Row = Sequence[object]


def add_parking(commands: Any, services: Sequence[str]) -> None:
    """Add the command to `linli`'s parser."""
    parking = commands.add_parser(
        "parking", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parking.add_subparsers(dest="action", required=True)
    made = {name: actions.add_parser(name) for name in ("list", "show", "replay", "discard")}
    for name, action in made.items():
        action.add_argument("service", choices=services)
        action.set_defaults(run=_ACTIONS[name], action=name)
    for name in ("show", "discard"):
        made[name].add_argument("id", type=UUID)
    made["discard"].add_argument("--reason", required=True)
    made["replay"].add_argument("id", type=UUID, nargs="?")
    made["replay"].add_argument("--all", action="store_true", help="whatever is parked")
    for name in ("list", "replay"):
        made[name].add_argument("--queue")
        made[name].add_argument("--type", dest="event_type", metavar="TYPE")
        made[name].add_argument("--limit", type=int)
    made["list"].add_argument("--state", help="parked, waiting, handled or discarded")
    made["list"].add_argument("--sort", help="created_at: the oldest first")
    made["list"].add_argument("--after", help="the mark that the page before ended with")


def _list(arguments: argparse.Namespace) -> None:
    from shared.messaging import parked
    from shared.messaging.parked_schemas import ListParkedEvents

    wanted = _request(arguments, ListParkedEvents, "state queue event_type sort limit after")
    page = _do(arguments, lambda db: db.read(parked.list_parked_events, wanted))
    if not page.items:
        print(f"{arguments.service}: nothing is {wanted.state}")
        return
    heads = ("id", "since (+08:00)", "type", "queue", "tries", "error")
    rows = [
        (one.id, _time(one.created_at), one.event_type or "-", one.queue, one.attempts, _why(one))
        for one in page.items
    ]
    _table([heads, *rows])
    if page.next:
        print(f"\nmore: linli parking list {arguments.service} … --after {page.next}")


def _show(arguments: argparse.Namespace) -> None:
    from shared.messaging import parked

    _print(_do(arguments, lambda db: db.read(parked.get_parked_event, arguments.id)))


def _replay(arguments: argparse.Namespace) -> None:
    from shared.messaging import parked
    from shared.messaging.parked_schemas import WhichParkedEvents
    from shared.messaging.retention import Periods

    filters = arguments.queue or arguments.event_type or arguments.all
    if (arguments.id is None) == (not filters):
        _fail(arguments, "name one ID, or several events by --queue, --type or --all")
    memory = Periods.from_environment().inbox
    if arguments.id is not None:
        one = (parked.replay_parked_event, arguments.id, _person(), memory)
        view = _do(arguments, lambda db: db.change(*one))
        print(f"{view.id}: due now; the worker of {arguments.service} tries it within seconds")
        return
    wanted = _request(arguments, WhichParkedEvents, "queue event_type limit")
    many = (parked.replay_parked_events, wanted, _person(), memory)
    done = _do(arguments, lambda db: db.change(*many))
    _table([(one.id, f"not replayed: {one.refusal.text('en')}") for one in done.refused])
    print(f"{arguments.service}: {len(done.replayed)} due now, {done.left} still parked")
    if not done.replayed and done.refused:
        sys.exit(1)


def _discard(arguments: argparse.Namespace) -> None:
    from shared.messaging import parked
    from shared.messaging.parked_schemas import DiscardParkedEvent

    wanted = _request(arguments, DiscardParkedEvent, "reason")
    one = (parked.discard_parked_event, arguments.id, _person(), wanted.reason)
    view = _do(arguments, lambda db: db.change(*one))
    print(f"{view.id}: discarded; it stays to be looked at until its time is over")


_ACTIONS = {"list": _list, "show": _show, "replay": _replay, "discard": _discard}


def _do(arguments: argparse.Namespace, work: Callable[[Any], Any]) -> Any:
    """Work on the service's database; say in one line what to do when that fails."""
    from sqlalchemy.exc import ProgrammingError

    from shared.database import DatabaseUnavailable, LockBusy, Transactions, build_engine
    from shared.errors import Rejected

    try:
        return work(Transactions(build_engine(config.database_url(), 1)))
    except Rejected as refusal:
        _fail(arguments, refusal.text("en"))
    except DatabaseUnavailable as error:
        _fail(arguments, f"{error}: check that the database runs and LINLI_DATABASE_URL names it")
    except LockBusy:
        _fail(arguments, "somebody else is at work on the same events; run it again")
    except ProgrammingError:
        service = arguments.service
        _fail(arguments, f"the tables are of another version; run: linli migrate {service}")


def _request(arguments: argparse.Namespace, kind: type, names: str) -> Any:
    """Return what was asked for, checked as HTTP checks it."""
    from marshmallow import ValidationError

    from shared.http.schemas import accepts

    given = {name: getattr(arguments, name) for name in names.split()}
    try:
        return accepts(kind)().load({k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        faults = error.messages_dict
        told = "; ".join(f"{name}: {' '.join(map(str, said))}" for name, said in faults.items())
        _fail(arguments, told)


def _person() -> str:
    """Return who runs the command, as the machine knows them."""
    try:
        return f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"operator:{os.getuid()}"


def _fail(arguments: argparse.Namespace, why: str) -> Any:
    sys.exit(f"linli parking {arguments.action} {arguments.service}: {plain(why)}")


def _why(line: Any) -> str:
    return f"had its effect since; {line.error}" if line.had_effect else line.error


def _print(view: Any) -> None:
    facts: list[Row] = [
        ("id", view.id),
        ("state", view.state + (" (had its effect since)" if view.had_effect else "")),
        ("queue", view.queue),
        ("type", view.event_type or "-"),
        ("event id", view.event_id or "-"),
        ("said", view.said_at or "-"),
        ("failed first", _time(view.created_at)),
        ("next try", _time(view.next_attempt_at)),
        ("settled", _time(view.settled_at)),
        ("tries", view.attempts),
        ("error", view.error),
        *((f"header {name}", value) for name, value in sorted(view.headers.items())),
        *((step.action, f"{_time(step.at)} {step.person} {step.reason}") for step in view.steps),
    ]
    _table(facts)
    print(f"\nbody ({view.body_format}):\n{_body(view)}")


def _body(view: Any) -> str:
    import json

    if view.body_format != "json":
        return "\n".join(plain(line) for line in view.body.split("\n"))
    written = json.dumps(view.body, ensure_ascii=False, indent=2)
    return "\n".join(plain(line) for line in written.split("\n"))


def _table(rows: Iterable[Row]) -> None:
    """Print rows in columns, the last one as long as it is."""
    cells = [[plain(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        *left, last = row
        padded = [cell.ljust(width) for cell, width in zip(left, widths, strict=False)]
        print("  ".join([*padded, last]).rstrip())


def _time(at: datetime | None) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else "-"


def plain(text: str) -> str:
    """Return text that only prints: what a message brought must not steer the terminal."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )
