"""Owns `linli outbox`: sending again, and what a restore lost.

linli outbox resend SERVICE --since TIME [--event TYPE]    what was sent since then counts as unsent
linli outbox record SERVICE --since TIME [--until TIME] [--to FILE]
                                      which events it said and heard: its record of delivery
linli outbox lost SERVICE --restored FILE FILE…    what SERVICE doesn't know any more: FILEs are the
                                      records of all now, --restored its own, made when it was
                                      restored and before `backup leap`; exit code 1 if something
linli outbox unheard FILE FILE…       what was sent and never came out of a queue, by the records of
                                      all, made until some minutes ago; exit code 1 if something
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from shared.clock import SHANGHAI
from shared.terminal import fail, lines_of, on_database, time_of


def add_outbox(commands: Any, services: Sequence[str]) -> None:
    """Add the command to `linli`'s parser."""
    outbox = commands.add_parser(
        "outbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = outbox.add_subparsers(dest="action", required=True)
    made = {name: actions.add_parser(name) for name in _ACTIONS}
    for name, action in made.items():
        if name != "unheard":
            action.add_argument("service", choices=services)
        action.set_defaults(run=_ACTIONS[name])
    for name in ("resend", "record"):
        made[name].add_argument(
            "--since", required=True, type=time_from, help="without offset: +08:00"
        )
    made["resend"].add_argument("--event", metavar="TYPE", help="of this type alone")
    made["record"].add_argument("--until", type=time_from, help="now, unless said")
    made["record"].add_argument("--to", type=Path, metavar="FILE")
    made["lost"].add_argument("--restored", required=True, type=Path, metavar="FILE")
    for name in ("lost", "unheard"):
        made[name].add_argument("file", nargs="+", type=Path)
        made[name].add_argument("--limit", type=int, default=50, help="lines of a kind to print")
    made["lost"].add_argument("--restores", type=int, default=1, help="as `backup leap` was told")


def time_from(text: str) -> datetime:
    """Return a time that a person wrote, of China when it has no offset."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def _resend(arguments: argparse.Namespace) -> None:
    from shared.messaging.resend import Asked, resend
    from shared.messaging.retention import Periods

    asked = Asked(arguments.since, arguments.event)
    periods = Periods.from_environment()
    rows = on_database(arguments, lambda db: resend(db, asked, periods))
    what = arguments.event or "events"
    print(f"{arguments.service}: {rows} {what} sent since {time_of(asked.since)} go out again")


def _record(arguments: argparse.Namespace) -> None:
    from shared.clock import real_now
    from shared.messaging.record import record_of, written

    until = arguments.until or real_now()
    content = written(
        on_database(
            arguments,
            lambda db: db.read(record_of, arguments.service, arguments.since, until),
        )
    )
    if arguments.to is None:
        sys.stdout.write(content)
        return
    try:
        handle = os.open(arguments.to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        fail(arguments, f"cannot write {arguments.to}: {error.strerror}")


def _lost(arguments: argparse.Namespace) -> None:
    from shared.messaging.lost import lost

    with _refusals_told(arguments):
        restored, *records = _records((arguments.restored, *arguments.file))
        if restored.service != arguments.service:
            fail(arguments, f"{arguments.restored} is the record of {restored.service}")
        found = lost(restored, records, arguments.restores)
    for line in report(found, arguments.limit):
        print(line)
    if not found.none:
        sys.exit(1)


def _unheard(arguments: argparse.Namespace) -> None:
    from shared.messaging.unheard import unheard

    with _refusals_told(arguments):
        found = unheard(_records(arguments.file))
    for line in _missed(found, arguments.limit):
        print(line)
    if found:
        sys.exit(1)


def _records(files: Iterable[Path]) -> list[Any]:
    from shared.messaging.record import read

    return [read(str(file), file.read_text(encoding="utf-8")) for file in files]


@contextmanager
def _refusals_told(arguments: argparse.Namespace) -> Iterator[None]:
    from shared.errors import Rejected

    try:
        yield
    except OSError as error:
        fail(arguments, f"cannot read {error.filename}: {error.strerror}")
    except Rejected as refusal:
        fail(arguments, refusal.text("en"))


def _missed(found: Sequence[Any], limit: int) -> Iterable[str]:
    if not found:
        yield "every event that was sent was heard"
        return
    yield f"{sum(len(one.event_ids) for one in found)} deliveries are missing"
    rows: list[tuple[object, ...]] = [("queue", "never brought", "of type", "first made at")]
    rows += [(one.queue, len(one.event_ids), one.event_type, time_of(one.since)) for one in found]
    yield from _table(rows, limit)
    yield "once the queue and its bindings are there (`linli provision`), send them again:"
    for (producer, event_type), ones in groupby(found, lambda one: (one.producer, one.event_type)):
        # ids are of the clock of an api, `--since` of that of the database
        first = min(one.since for one in ones) - timedelta(minutes=1)
        since = first.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S")
        yield f"  linli outbox resend {producer} --since {since} --event {event_type}"


def report(found: Any, limit: int) -> Iterable[str]:
    """Yield what was lost as a person reads it."""
    period = f"between {time_of(found.since)} and {time_of(found.until)}"
    if found.none:
        yield f"{found.service}: nothing that others heard {period} is lost"
        return
    yield f"{found.service}: {len(found.events)} events that others heard {period} are lost"
    yield from _table(_events(found.events), limit)
    things = {(one.held.subject, one.held.id) for one in found.outrun}
    yield f"{found.service}: of {len(things)} things others know more than it does"
    yield from _table(_outrun(found.outrun), limit)


def _events(events: Iterable[Any]) -> list[tuple[object, ...]]:
    return [("lost event", "made at", "heard on, at", "type")] + [
        (
            one.id,
            time_of(one.made_at),
            ", ".join(f"{each.queue} {time_of(each.at)} {each.state}" for each in one.heard),
            f"{one.type or '-'} {one.subject or ''}".strip(),
        )
        for one in events
    ]


def _outrun(things: Iterable[Any]) -> list[tuple[object, ...]]:
    return [("thing", "id", "known to", "its version there", "version here")] + [
        (
            one.held.subject.removesuffix("_id"),
            one.held.id,
            one.hearer,
            one.held.version if one.held.version is not None else "-",
            "gone" if one.how == "gone" else one.version,
        )
        for one in things
    ]


def _table(rows: list[tuple[object, ...]], limit: int) -> Iterable[str]:
    if len(rows) == 1:
        return
    yield from (f"  {line}" for line in lines_of(rows[: limit + 1]))
    if len(rows) > limit + 1:
        yield f"  … and {len(rows) - limit - 1} more: --limit"


_ACTIONS = {"resend": _resend, "record": _record, "lost": _lost, "unheard": _unheard}
