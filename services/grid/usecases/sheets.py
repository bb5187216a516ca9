"""Owns spreadsheets: each row goes through the use case of its subject, or into the report."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from marshmallow import ValidationError
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.schemas.sheets import RowProblem, SheetReport
from services.grid.sheets.subject import Outcome, Subject, TakenIn, Wanted
from services.grid.usecases.area_days import day_of
from shared.auth.callers import Caller
from shared.errors import Rejected
from shared.http.problems import flattened, translated
from shared.sheets.cells import SheetRow
from shared.sheets.columns import Layout, table
from shared.sheets.faults import BadCell
from shared.sheets.reading import Sheet
from shared.sheets.writing import Format, write_sheet
from shared.text import storable

_IMPORT_LOCKS = 7_236_102
"""The family of advisory locks that imports take, one for each subject."""
_REPORTED = 100
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class SheetImport:
    """A file of which subject comes in, from whom, whether in earnest, in which language."""

    subject: Subject
    taken_in: TakenIn
    who: Caller
    dry_run: bool
    language: str


@dataclass(frozen=True)
class SheetExport:
    """What is to go out, to whom, in which language and form."""

    subject: Subject
    who: Caller
    area: str
    on: date | None
    language: str
    form: Format


def import_sheet(session: Session, asked: SheetImport, sheet: Sheet, now: datetime) -> SheetReport:
    """Put every good row in, and report the others; a file is one transaction, a row a savepoint.

    So the file can be sent again after a failure, and nobody sees half of it. Two imports of one
    subject follow each other: the rows of one never wait for rows of the other.

    Raises:
        WrongColumns: before any row.
    """
    layout = Layout(asked.subject.columns, sheet.header)
    _take_turn(session, asked.subject)
    report = _Report(asked, layout)
    with session.begin_nested() as all_rows:
        for row in sheet.rows:
            report.take(session, row, now)
        if asked.dry_run:
            all_rows.rollback()
    return report.shown(sheet)


def export_sheet(session: Session, asked: SheetExport, now: datetime) -> IO[bytes]:
    """Return a file of the things of an area, in a form that imports back to the same.

    Raises:
        AreaNotGranted: when the subject is shown by area and this one is not the caller's.
        ExportTooLarge
    """
    subject = asked.subject
    today = day_of(now)
    wanted = Wanted(asked.area, asked.on or today, today, asked.who)
    language = "en" if subject.headers == "en" else asked.language
    return write_sheet(
        table(subject.columns, subject.things(session, wanted), language), asked.form
    )


def _take_turn(session: Session, subject: Subject) -> None:
    session.execute(text("SET LOCAL lock_timeout = '60s'"))
    session.execute(
        text("SELECT pg_advisory_xact_lock(:family, hashtext(:subject))"),
        {"family": _IMPORT_LOCKS, "subject": subject.name},
    )


@dataclass
class _Report:
    """What became of the rows so far."""

    asked: SheetImport
    layout: Layout
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[RowProblem] = field(default_factory=list)
    seen: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def take(self, session: Session, row: SheetRow, now: datetime) -> None:
        """Put a row in, or note what is wrong with it."""
        values, faults = self.layout.values(row)
        for header, said, bad in faults:
            self._note(row, header, said, bad.text(self.asked.language))
        known = not faults and self._known(row, values)
        self.outcomes["refused" if faults or known else self._put(session, row, values, now)] += 1

    def shown(self, sheet: Sheet) -> SheetReport:
        """Return the report as the caller sees it."""
        counts = {name: self.outcomes[name] for name in ("added", "changed", "unchanged")}
        return SheetReport(
            subject=self.asked.subject.name,
            dry_run=self.asked.dry_run,
            read_as=sheet.read_as,
            rows=len(sheet.rows),
            refused=self.outcomes["refused"],
            problems=self.problems,
            **counts,
        )

    def _known(self, row: SheetRow, values: dict[str, Any]) -> bool:
        """Tell whether an earlier row is about the same thing: of two only one can be meant."""
        key = self.asked.taken_in.key
        first = self.seen.setdefault(tuple(values.get(name) for name in key), row.number)
        if first == row.number:
            return False
        bad = BadCell("duplicate", first=first)
        self._note(row, *self.layout.place(key[0], row), bad.text(self.asked.language))
        return True

    def _put(
        self, session: Session, row: SheetRow, values: dict[str, Any], now: datetime
    ) -> Outcome | str:
        try:
            with session.begin_nested():
                return self.asked.taken_in.put(session, self.asked.who, values, now)
        except ValidationError as invalid:
            for path, message in flattened(invalid.messages):
                place = self.layout.place(path, row)
                self._note(row, *place, translated(message, self.asked.language))
        except Rejected as refused:
            place = self.layout.place(refused.field, row)
            self._note(row, *place, refused.text(self.asked.language))
        return "refused"

    def _note(self, row: SheetRow, column: str | None, value: str, detail: str) -> None:
        if len(self.problems) < _REPORTED:
            said = storable(value[:_SHOWN_CHARACTERS]) or None
            self.problems.append(RowProblem(row.number, column, said, detail))
