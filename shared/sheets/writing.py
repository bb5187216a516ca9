"""Owns how rows become a file: kept outside of memory, since an export may be long."""

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from typing import IO, Literal

from shared.errors import Rejected
from shared.sheets import csv_file, xlsx_file
from shared.sheets.cells import Written
from shared.sheets.limits import MAX_EXPORTED_ROWS

Format = Literal["csv", "xlsx"]
_IN_MEMORY_BYTES = 1024 * 1024


class ExportTooLarge(Rejected):
    """More rows would come than one file may have."""

    zh = "数据超过 {limit} 行，请选择下级区划导出"
    en = "There are more than {limit} rows; export a smaller area"


def write_sheet(rows: Iterable[Iterable[Written]], form: Format) -> IO[bytes]:
    """Return a file with the rows, its header first; reading begins at its start.

    Raises:
        ExportTooLarge
    """
    with ExitStack() as opened:
        file = opened.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES))
        (xlsx_file if form == "xlsx" else csv_file).write(file, _counted(rows))
        file.seek(0)
        opened.pop_all()
    return file


def _counted(rows: Iterable[Iterable[Written]]) -> Iterable[Iterable[Written]]:
    for number, row in enumerate(rows):
        if number > MAX_EXPORTED_ROWS:
            raise ExportTooLarge(limit=MAX_EXPORTED_ROWS)
        yield row
