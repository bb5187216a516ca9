"""Owns how the bytes of a spreadsheet become rows of text, with limits on all that it may cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from shared.errors import Rejected
from shared.sheets import csv_file, xlsx_file
from shared.sheets.cells import Cell, SheetRow
from shared.sheets.limits import MAX_COLUMNS, MAX_ROWS, SheetTooLarge

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SheetEmpty(Rejected):
    """There is no header: more likely a wrong file than a wish to load nothing."""

    zh = "文件中没有表头"
    en = "The file has no header"


@dataclass(frozen=True)
class Sheet:
    """A spreadsheet as it was read: its header, the rows under it, and how it was read."""

    header: tuple[Cell, ...]
    rows: list[SheetRow]
    read_as: str
    """The encoding of a CSV, the name of the sheet of a workbook."""


def read_sheet(data: bytes, media_type: str) -> Sheet:
    """Return the rows of a CSV or XLSX file; the first that isn't blank is the header.

    Raises:
        SheetEmpty, SheetTooLarge, SheetUnreadable, TextUnreadable, OldWorkbook
    """
    read_as, rows = (xlsx_file if media_type == XLSX else csv_file).rows_of(data)
    filled = (row for row in rows if any(row.cells))
    header = next(filled, None)
    if header is None:
        raise SheetEmpty
    if len(_trimmed(header.cells)) > MAX_COLUMNS:
        raise SheetTooLarge(rows=MAX_ROWS, columns=MAX_COLUMNS)
    return Sheet(_trimmed(header.cells), _at_most(filled), read_as)


def _at_most(rows: Iterable[SheetRow]) -> list[SheetRow]:
    kept: list[SheetRow] = []
    for row in rows:
        if len(kept) == MAX_ROWS:
            raise SheetTooLarge(rows=MAX_ROWS, columns=MAX_COLUMNS)
        kept.append(SheetRow(row.number, _trimmed(row.cells)))
    return kept


def _trimmed(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return the cells without the empty ones at the end."""
    last = max(chain((-1,), (at for at, cell in enumerate(cells) if cell)))
    return cells[: last + 1]
