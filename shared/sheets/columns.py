"""Owns the columns of a subject: their headers, and which of a file holds what."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Rejected
from shared.sheets.cells import Cell, SheetRow, Unusable, Written
from shared.sheets.faults import BadCell
from shared.sheets.kinds import Code, Kind


@dataclass(frozen=True)
class Column:
    """A column: the field of the API, dotted within another, which is its English header too."""

    name: str
    zh: str
    kind: Kind = field(default_factory=Code)

    def header(self, language: str) -> str:
        """Return what an export calls it."""
        return self.zh if language == "zh" else self.name


class WrongColumns(Rejected):
    """Columns are missing, unknown or there twice; nothing of the file was looked at."""

    zh = "表头有误。缺少：{missing}；重复：{twice}；不认识：{unknown}"
    en = "The header is wrong. Missing: {missing}; twice: {twice}; unknown: {unknown}"


class Layout:
    """Which column of a file holds what."""

    def __init__(self, columns: Sequence[Column], header: Sequence[Cell]) -> None:
        """Find the columns, in any order.

        Raises:
            WrongColumns
        """
        self._columns = {_plain(name): one for one in columns for name in (one.name, one.zh)}
        self._said = [cell.text if isinstance(cell, Unusable) else cell for cell in header]
        self._at = [self._columns.get(_plain(said)) for said in self._said]
        self._require_all(columns)

    def values(self, row: SheetRow) -> tuple[dict[str, Any], list[tuple[str | None, str, BadCell]]]:
        """Return (the values of a row by field, what is wrong with it: header, cell, fault).

        An empty cell gives no value.
        """
        values: dict[str, Any] = {}
        faults: list[tuple[str | None, str, BadCell]] = []
        for at, cell in enumerate(row.cells):
            try:
                values |= self._value(at, cell)
            except BadCell as bad:
                text = cell.text if isinstance(cell, Unusable) else cell
                faults.append((self._header_at(at), text, bad))
        return values, faults

    def place(self, path: str | None, row: SheetRow) -> tuple[str | None, str]:
        """Return (the header, the cell) of the column that a dotted path leads to, or nearest."""
        names = [column.name if column else "" for column in self._at]
        steps = (path or "").split(".")
        for length in range(len(steps), 0, -1):
            name = ".".join(steps[:length])
            for at, found in enumerate(names):
                if found == name or found.startswith(f"{name}."):
                    cell = row.cells[at] if at < len(row.cells) else ""
                    return self._said[at], cell.text if isinstance(cell, Unusable) else cell
        return None, ""

    def _value(self, at: int, cell: Cell) -> Iterator[tuple[str, Any]]:
        if isinstance(cell, Unusable):
            raise BadCell(cell.kind)
        if not cell.strip():
            return iter(())
        column = self._at[at] if at < len(self._at) else None
        if column is None:
            raise BadCell("beside")
        return iter([(column.name, column.kind.read(cell))])

    def _header_at(self, at: int) -> str | None:
        return self._said[at] or None if at < len(self._said) else None

    def _require_all(self, columns: Sequence[Column]) -> None:
        found = Counter(column.name for column in self._at if column is not None)
        pairs = zip(self._said, self._at, strict=True)
        faults = {
            "missing": [_named(one) for one in columns if one.name not in found],
            "twice": [_named(one) for one in columns if found[one.name] > 1],
            "unknown": [said.strip()[:40] for said, at in pairs if said.strip() and at is None],
        }
        if any(faults.values()):
            raise WrongColumns(**{why: ", ".join(of[:20]) or "-" for why, of in faults.items()})


def _named(column: Column) -> str:
    return f"{column.zh} ({column.name})"


def _plain(header: str) -> str:
    """Return a header as it is compared: a star for what is required doesn't count."""
    return unicodedata.normalize("NFKC", header).strip(" \t\r\n*").casefold()


def table(
    columns: Sequence[Column], things: Iterable[Mapping[str, Any]], language: str
) -> Iterator[list[Written]]:
    """Yield the header and a row per thing."""
    yield [column.header(language) for column in columns]
    for thing in things:
        yield [column.kind.write(thing[column.name], language) for column in columns]
