"""Owns the cells of spreadsheets: what one may hold, and the sign that keeps text from being run.

Spreadsheet programs run a text that begins with one of `=+-@` as a formula. What is written gets an
apostrophe before it, and what is read loses it again, so that an export reads back as it was.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

Written = str | int | date | None
"""What a cell is written from."""

# full-width signs too: a Chinese Excel reads them as the plain ones
_RUN = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_GUARD = "'"


@dataclass(frozen=True)
class Unusable:
    """A cell whose value can't be known: a formula is not computed here, an error has none."""

    kind: Literal["formula", "formula_error"]
    text: str


Cell = str | Unusable
"""A cell as it was read; an empty one is the empty text."""


@dataclass(frozen=True)
class SheetRow:
    """A row that isn't blank, and its number as a spreadsheet counts: the first is 1."""

    number: int
    cells: tuple[Cell, ...]


def guarded(text: str) -> str:
    """Return the text so that no program runs it."""
    return _GUARD + text if _RUN.match(text) else text


def unguarded(text: str) -> str:
    """Return the text as it was before `guarded`."""
    return text[1:] if text.startswith(_GUARD) and _RUN.match(text) else text
