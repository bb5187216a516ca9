"""Owns CSV files: UTF-8 with or without a byte order mark, and GB18030, as Chinese Excel saves."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import IO

from shared.sheets.cells import SheetRow, Written, guarded, unguarded
from shared.sheets.limits import TextUnreadable

_UTF8_LETTER = re.compile("[^\x00-\x7f\ufffd]")


def rows_of(data: bytes) -> tuple[str, Iterator[SheetRow]]:
    """Return (the encoding, the rows); a row goes on over lines within quotes.

    Raises:
        TextUnreadable: when it is no text, or while the rows are read.
    """
    encoding = _encoding_of(data)
    try:
        text = data.decode("utf-8-sig" if encoding == "UTF-8" else encoding)
    except UnicodeDecodeError as error:
        raise TextUnreadable(row=data.count(b"\n", 0, error.start) + 1) from None
    if (at := text.find("\x00")) >= 0:
        raise TextUnreadable(row=text.count("\n", 0, at) + 1)
    return encoding, _rows(text)


def write(file: IO[bytes], rows: Iterable[Iterable[Written]]) -> None:
    """Write rows as UTF-8 with a byte order mark, without which Excel takes it for GBK."""
    file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    csv.writer(text).writerows([_shown(value) for value in row] for row in rows)
    text.detach()


def _shown(value: Written) -> str:
    if isinstance(value, str):
        return guarded(value)
    return "" if value is None else str(value)


def _encoding_of(data: bytes) -> str:
    """Return what the text is in: GB18030 when it isn't UTF-8, nor UTF-8 with a fault in it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        read = data.decode("utf-8", "replace")
        faults = read.count("\ufffd")
        return "UTF-8" if len(_UTF8_LETTER.findall(read)) > 10 * faults else "GB18030"
    return "UTF-8"


def _rows(text: str) -> Iterator[SheetRow]:
    number = 0
    # StringIO breaks lines as they are: \n, \r\n, or the \r of an old Mac
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield SheetRow(number, tuple(unguarded(cell) for cell in cells))
    except csv.Error:
        raise TextUnreadable(row=number + 1) from None
