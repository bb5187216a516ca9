"""Owns the check of a chain, the audit's or another: is every row the one written, none missing?

The head row says where the chain ends, so that a tail that was cut off is missed. Who may change
rows and head alike could still write the whole chain anew: that an operator finds who keeps the
mark of a former check elsewhere and names it at the next one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.audit.chain import FIRST, Entry
from shared.audit.tables import AuditHead, AuditRow
from shared.errors import Rejected

_ROWS_AT_ONCE = 1_000
_MARK = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
ONE_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
_NAMES = ("position", "at", "who", "action", "subject", "facts")
_ROWS = (
    select(*(getattr(AuditRow, name) for name in _NAMES), AuditRow.previous, AuditRow.hash)
    .order_by(AuditRow.position)
    .execution_options(yield_per=_ROWS_AT_ONCE)
)


class NoMark(Rejected):
    """What is expected isn't a mark that a check printed."""

    zh = "须为“位置:哈希”，如核验时所打印"
    en = "It must be POSITION:HASH, as a check printed it"


@dataclass(frozen=True)
class Mark:
    """Where a chain stood once: the position of its last row, and that row's hash."""

    position: int
    hash: bytes

    @classmethod
    def parse(cls, written: str) -> "Mark":
        """Read `POSITION:HASH`.

        Raises:
            NoMark: when it is written in another way.
        """
        found = _MARK.fullmatch(written.strip())
        if found is None:
            raise NoMark("expect")
        return cls(int(found[1]), bytes.fromhex(found[2]))

    def __str__(self) -> str:
        return f"{self.position}:{self.hash.hex()}"


@dataclass(frozen=True)
class Verdict:
    """How many rows hold from the first on, the hash of the last of them, and the first fault."""

    rows: int
    head_hash: bytes
    first_broken: int | None = None
    why: str = ""

    @property
    def mark(self) -> Mark:
        """What an operator keeps elsewhere until the next check."""
        return Mark(self.rows, self.head_hash)


START = Mark(0, FIRST)
"""Where every chain begins."""


@dataclass(frozen=True)
class Link:
    """One row of a chain: what it says, the hash of the row before, and its own."""

    entry: Entry
    previous: bytes
    hash: bytes


def verify(session: Session, expected: Mark = START) -> Verdict:
    """Follow the chain from its first row to its head; stop at the first row that doesn't hold.

    It reads by thousands, in one snapshot: call it first in its transaction. `expected` is the
    mark of a former check.
    """
    session.execute(ONE_SNAPSHOT)
    head = _head(session)
    with session.execute(_ROWS) as rows:
        links = (
            Link(Entry(**{name: getattr(row, name) for name in _NAMES}), row.previous, row.hash)
            for row in rows
        )
        return follow(links, head, expected)


def follow(links: Iterable[Link], head: Mark | None, expected: Mark = START) -> Verdict:
    """Follow any chain of this form, given its rows in their order and where it is said to end."""
    last = START
    why = _other_than_known(last, expected, head)
    for link in links:
        here = Mark(link.entry.position, link.hash)
        why = why or _fault(link, last) or _other_than_known(here, expected, head)
        if why:
            break
        last = here
    why = why or _cut(last, expected, head)
    return Verdict(last.position, last.hash, last.position + 1 if why else None, why)


def _head(session: Session) -> Mark | None:
    row = session.scalars(select(AuditHead)).one_or_none()
    return Mark(row.position, row.hash) if row else None


def _fault(link: Link, last: Mark) -> str:
    if link.entry.position != last.position + 1:
        return f"it is missing; the next row is {link.entry.position}"
    if link.previous != last.hash:
        return "it does not follow the row before it"
    if link.hash != link.entry.hash_after(last.hash):
        return "it was changed after it was written"
    return ""


def _other_than_known(row: Mark, expected: Mark, head: Mark | None) -> str:
    if row.position == expected.position and row.hash != expected.hash:
        return "a former check saw another row here: the chain was written anew"
    if head is None:
        return ""
    if row.position > head.position:
        return f"it was not written by Linli: the head ends the chain at row {head.position}"
    if row.position == head.position and row.hash != head.hash:
        return "the head knows another row here"
    return ""


def _cut(last: Mark, expected: Mark, head: Mark | None) -> str:
    if head is None:
        return "the head, which says where the chain ends, is missing"
    if head.position > last.position:
        return f"it is missing; the head ends the chain at row {head.position}"
    if expected.position > last.position:
        return f"it is missing; a former check saw {expected.position} rows"
    return ""
