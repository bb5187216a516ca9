"""Owns Excel workbooks: the first visible sheet, row by row; a zip bomb is refused unopened."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from typing import IO, Any
from xml.etree.ElementTree import ParseError  # nosec B405: an exception, nothing is parsed by it

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from shared.sheets.cells import Cell, SheetRow, Unusable, Written, guarded, unguarded
from shared.sheets.limits import (
    MAX_COLUMNS,
    MAX_PART_BYTES,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
    OldWorkbook,
    SheetTooLarge,
    SheetUnreadable,
)

_OLD = b"\xd0\xcf\x11\xe0"
_PARTS = 1_000
_LAST_ROW = 1_048_576
"""Excel's own; a row that says it is beyond would be filled up to there."""
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
)
"""What zipfile and openpyxl raise over files that are no workbooks."""
# what XML can't hold, and what reads as the sign for it (ECMA-376, 22.9.2.19)
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_SIGN = re.compile("_x([0-9A-Fa-f]{4})_")


def rows_of(data: bytes) -> tuple[str, Iterator[SheetRow]]:
    """Return (the name of the first visible sheet, its rows); merged cells have one value.

    Raises:
        OldWorkbook, SheetUnreadable, SheetTooLarge: the latter two while the rows are read, too.
    """
    if data.startswith(_OLD):
        raise OldWorkbook
    try:
        _require_modest(data)
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        visible = [one for one in book.worksheets if one.sheet_state == "visible"]
        return visible[0].title, _rows(visible[0])
    except _BROKEN as error:
        raise SheetUnreadable from error


def write(file: IO[bytes], rows: Iterable[Iterable[Written]]) -> None:
    """Write rows as a workbook of one sheet; the first row, its header, stays in sight."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.freeze_panes = "A2"
    bold: Font | None = Font(bold=True)
    for row in rows:
        sheet.append([_written(sheet, value, bold) for value in row])
        bold = None
    book.save(file)


def _require_modest(data: bytes) -> None:
    """Refuse by what the file says of its parts; zipfile reads no more of one than it says."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
    large = any(
        one.file_size > MAX_PART_BYTES and not _SHEET_PART.fullmatch(one.filename) for one in parts
    )
    if large or len(parts) > _PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED_BYTES:
        raise SheetTooLarge(rows=MAX_ROWS, columns=MAX_COLUMNS)


def _rows(sheet: Any) -> Iterator[SheetRow]:
    # what the file says of its extent may be wrong, or meant to exhaust us
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=MAX_COLUMNS + 1)
    before: Any = None
    try:
        for number, row in enumerate(rows, start=1):
            if row is before:  # openpyxl fills a gap, of a million rows say, with one blank row
                continue
            before = row
            yield SheetRow(number, tuple(_read(cell.value, cell.data_type) for cell in row))
    except _BROKEN as error:
        raise SheetUnreadable from error


def _read(value: Any, kind: str) -> Cell:
    """Return a cell as a person sees it: whole numbers whole, days as ISO 8601."""
    if value is None:
        return ""
    if kind in ("f", "e"):
        return Unusable("formula" if kind == "f" else "formula_error", str(value))
    if isinstance(value, str):
        return unguarded(_SIGN.sub(lambda sign: chr(int(sign[1], 16)), value))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        whole_day = value.time() == time.min
        return value.date().isoformat() if whole_day else value.isoformat(" ", "seconds")
    return str(value)


def _written(sheet: Any, value: Written, font: Font | None) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.value = _encoded(guarded(value)) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl takes what begins with = for a formula
    if font is not None:
        cell.font = font
    return cell


def _encoded(text: str) -> str:
    return _UNWRITABLE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)
