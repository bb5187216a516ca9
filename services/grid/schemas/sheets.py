"""Owns the shape of what callers may ask of spreadsheets, and see of what became of one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services.grid.schemas.limits import PREFIX
from shared.sheets.writing import Format


@dataclass(frozen=True)
class ImportOptions:
    """With `dry_run` the answer tells what would happen, and nothing does."""

    dry_run: Literal["true", "false"] = "false"


@dataclass(frozen=True)
class ExportOptions:
    """What goes out: of an area and all under it, as it is on a day (today if it isn't said)."""

    area: str = field(metadata=PREFIX)
    on: date | None = None
    format: Format = "csv"


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with a row, counted as a spreadsheet does: its header is 1."""

    row: int
    column: str | None
    value: str | None
    detail: str


@dataclass(frozen=True)
class SheetReport:
    """What became of a file's rows; of the problems, the first hundred.

    `read_as` is the encoding of a CSV, or the name of the sheet that was read.
    """

    subject: str
    dry_run: bool
    read_as: str
    rows: int
    added: int
    changed: int
    unchanged: int
    refused: int
    problems: list[RowProblem]
