"""Owns how a register file comes in over HTTP, and how its row report goes out."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from services.grid.domain.register_rows import Problem, RegisterRefused
from services.grid.register_file import MAX_PACKED_BYTES, RegisterFile
from shared.http import problems
from shared.sheets.cells import Cell
from shared.sheets.reading import CSV, XLSX, read_sheet

GZIP = "application/gzip"

REQUEST_BODY: dict[str, Any] = {
    "description": "UTF-8; the first row is `code,name,level,parent_code`",
    "required": True,
    "content": {
        CSV: {"schema": {"type": "string"}},
        GZIP: {"schema": {"type": "string", "format": "binary"}},
        XLSX: {"schema": {"type": "string", "format": "binary"}},
    },
}
"""The OpenAPI description of the body."""


@contextmanager
def uploaded_register() -> Iterator[RegisterFile]:
    """Give the body of this request as a register file; read it to its end in any case.

    Raises:
        UnsupportedMediaType: when it is neither CSV, gzip nor a workbook.
        RequestEntityTooLarge: past 64 MB.
        SheetEmpty, SheetTooLarge, SheetUnreadable, OldWorkbook: when a workbook can't be read.
    """
    if request.mimetype == XLSX:
        yield RegisterFile(_as_csv(request.get_data(cache=False)), packed=False)
        return
    request.max_content_length = MAX_PACKED_BYTES
    if request.mimetype not in (CSV, GZIP):
        raise UnsupportedMediaType
    file = RegisterFile(request.stream, packed=request.mimetype == GZIP)
    try:
        yield file
    finally:
        file.drain()


def _as_csv(workbook: bytes) -> io.BytesIO:
    """Return a workbook as a register file whose lines have the numbers of its rows."""
    sheet = read_sheet(workbook, XLSX)
    text = io.StringIO()
    writer, at = csv.writer(text, lineterminator="\n"), 1
    writer.writerow(map(_plain, sheet.header))
    for row in sheet.rows:
        text.write("\n" * (row.number - at - 1))
        at = row.number
        # empty cells at the end are none in a workbook
        blank = [""] * (len(sheet.header) - len(row.cells))
        writer.writerow([*map(_plain, row.cells), *blank])
    return io.BytesIO(text.getvalue().encode())


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def row_report(error: RegisterRefused) -> Response:
    """Answer with what is wrong, row by row, in the caller's language."""
    spoken = problems.language()
    return problems.problem(
        error.status,
        "register-refused",
        "登记册文件有误" if spoken == "zh" else "The register file has mistakes",
        detail=error.text(spoken),
        errors=[_shown(problem, spoken) for problem in error.report.problems],
        error_count=error.report.count,
    )


def _shown(problem: Problem, spoken: str) -> dict[str, Any]:
    shown = {"row": problem.row, "field": problem.field, "value": problem.value}
    return {key: value for key, value in shown.items() if value} | {"detail": problem.text(spoken)}
