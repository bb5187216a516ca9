"""Owns `linli audit`: who did what, and whether anybody touched the record of it.

linli audit verify SERVICE [--expect POSITION:HASH]    follow the chain from its first row
linli audit show SERVICE [--who W] [--subject S] [--action A] [--last N]    the newest rows

Verify prints POSITION:HASH of the last row. Keep it off the machine and name it by --expect at the
next check: that finds even a chain that was written anew from its start.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from shared.terminal import fail, lines_of, on_database, time_of

_PAGE = 200


def add_audit(commands: Any, services: Sequence[str]) -> None:
    """Add the command to `linli`'s parser."""
    audit = commands.add_parser(
        "audit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = audit.add_subparsers(dest="action", required=True)
    verify, show = actions.add_parser("verify"), actions.add_parser("show")
    for action, run in ((verify, _verify), (show, _show)):
        action.add_argument("service", choices=services)
        action.set_defaults(run=run)
    verify.add_argument("--expect", metavar="POSITION:HASH", help="what a former check printed")
    for name in ("who", "subject"):
        show.add_argument(f"--{name}")
    show.add_argument("--action", dest="of_action", metavar="ACTION")
    show.add_argument("--last", type=_count, default=20, metavar="N", help="how many; default 20")


def _count(written: str) -> int:
    if not (written.isascii() and written.isdecimal()) or int(written) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not {written!r}")
    return int(written)


def _verify(arguments: argparse.Namespace) -> None:
    verdict = on_database(arguments, lambda db: _verdict(db, arguments.expect))
    if verdict.first_broken is not None:
        fail(arguments, f"row {verdict.first_broken} is broken: {verdict.why}")
    print(f"{arguments.service}: {verdict.rows} rows hold\nhead {verdict.mark}")


def _verdict(db: Any, expected: str | None) -> Any:
    from shared.audit.verification import Mark, verify

    return db.read(verify, *([Mark.parse(expected)] if expected is not None else []))


def _show(arguments: argparse.Namespace) -> None:
    found = on_database(arguments, lambda db: list(_newest(db, arguments)))
    if not found:
        print(f"{arguments.service}: no such rows")
        return
    heads = ("position", "at (+08:00)", "who", "action", "subject", "facts")
    rows = [
        (one.position, time_of(one.at), one.who, one.action, one.subject, _facts(one))
        for one in found
    ]
    for line in lines_of([heads, *rows]):
        print(line)


def _newest(db: Any, arguments: argparse.Namespace) -> Iterator[Any]:
    from shared.audit.schemas import ListAudit
    from shared.audit.trail import list_audit

    left, after = arguments.last, None
    while left:
        wanted = ListAudit(
            subject=arguments.subject,
            who=arguments.who,
            action=arguments.of_action,
            limit=min(left, _PAGE),
            after=after,
        )
        page = db.read(list_audit, wanted)
        yield from page.items
        left, after = left - len(page.items), page.next
        if after is None:
            return


def _facts(line: Any) -> str:
    return json.dumps(line.facts, ensure_ascii=False, sort_keys=True)
