"""Owns the columns of a subject: headers in both languages, how a cell is read and written."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from shared.errors import Rejected
from shared.sheets.cells import Cell, SheetRow, Unusable, Written
from shared.sheets.faults import BadCell

_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?(\d{1,18}|\d{1,3}(,\d{3}){1,5})")
_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_BETWEEN = re.compile(r"[\s,;，；、]+")
_YES, _NO = ("是", "yes", "true", "1"), ("否", "no", "false", "0")


class Kind(Protocol):
    """What the cells of a column hold."""

    def read(self, text: str) -> Any:
        """Return the value of a cell that isn't blank, as JSON would have it; may raise BadCell."""

    def write(self, value: Any, language: str) -> Written:
        """Return what to write for a value."""


class Text:
    """Text, codes among it."""

    def read(self, text: str) -> str:
        """Return the text without spaces around it; a code of which Excel lost digits is none."""
        if _SCIENTIFIC.fullmatch(text):
            raise BadCell("scientific")
        return text

    def write(self, value: Any, _language: str) -> Written:
        """Return the text."""
        return None if value is None else str(value)


class Whole:
    """A whole number, with or without a comma between thousands."""

    def read(self, text: str) -> int:
        """Return the number."""
        plain = unicodedata.normalize("NFKC", text)
        if not _WHOLE.fullmatch(plain):
            raise BadCell("whole")
        return int(plain.replace(",", ""))

    def write(self, value: Any, _language: str) -> Written:
        """Return the number."""
        return None if value is None else int(value)


class Day:
    """A day: 2026-11-26, 2026/11/26, 2026.11.26, 2026年11月26日, or a date of Excel's."""

    def read(self, text: str) -> str:
        """Return the day in ISO 8601."""
        if not (found := _DAY.fullmatch(unicodedata.normalize("NFKC", text))):
            raise BadCell("day")
        year, month, day = (int(part) for part in found.groups() if part)
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            raise BadCell("day") from None

    def write(self, value: Any, _language: str) -> Written:
        """Return the day."""
        written: date | None = value
        return written


class YesNo:
    """是 or 否."""

    def read(self, text: str) -> bool:
        """Return whether it is yes."""
        if (said := text.casefold()) in (*_YES, *_NO):
            return said in _YES
        raise BadCell("yes_no")

    def write(self, value: Any, language: str) -> Written:
        """Return the word."""
        return (_YES if value else _NO)[0 if language == "zh" else 1]


@dataclass(frozen=True)
class Choice:
    """One of a closed set: by value → what it is called in Chinese."""

    names: Mapping[str, str]

    def read(self, text: str) -> str:
        """Return the value that is meant: its name or itself."""
        for value, name in self.names.items():
            if text in (name, value):
                return value
        zh, en = "、".join(self.names.values()), ", ".join(self.names)
        raise BadCell("choice", zh=zh, en=en)

    def write(self, value: Any, language: str) -> Written:
        """Return its name, in English the value itself."""
        return None if value is None else self.names[value] if language == "zh" else str(value)


class Several:
    """Several words, with spaces, commas or semicolons between."""

    def read(self, text: str) -> list[str]:
        """Return the words."""
        return [word for word in _BETWEEN.split(text) if word]

    def write(self, value: Any, _language: str) -> Written:
        """Return the words in one text."""
        return " ".join(value)


@dataclass(frozen=True)
class Column:
    """A column: the field of the API, which is its English header too, and its Chinese header."""

    name: str
    zh: str
    kind: Kind = field(default_factory=Text)

    def header(self, language: str) -> str:
        """Return what an export calls it."""
        return self.zh if language == "zh" else self.name


class WrongColumns(Rejected):
    """Columns are missing, unknown or there twice; nothing of the file was looked at."""

    zh = "表头有误：{zh}"
    en = "The header is wrong: {en}"


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
        """Return (the header, the cell) of the field that a dotted path begins with."""
        name = (path or "").partition(".")[0]
        for at, column in enumerate(self._at):
            if column is not None and column.name == name:
                cell = row.cells[at] if at < len(row.cells) else ""
                return self._said[at], cell.text if isinstance(cell, Unusable) else cell
        return None, ""

    def _value(self, at: int, cell: Cell) -> Iterator[tuple[str, Any]]:
        if isinstance(cell, Unusable):
            raise BadCell(cell.kind)
        if not (text := cell.strip()):
            return iter(())
        column = self._at[at] if at < len(self._at) else None
        if column is None:
            raise BadCell("beside")
        return iter([(column.name, column.kind.read(text))])

    def _header_at(self, at: int) -> str | None:
        return self._said[at] or None if at < len(self._said) else None

    def _require_all(self, columns: Sequence[Column]) -> None:
        found = Counter(column.name for column in self._at if column is not None)
        missing = [one for one in columns if one.name not in found]
        twice = [one for one in columns if found[one.name] > 1]
        pairs = zip(self._said, self._at, strict=True)
        unknown = [said.strip() for said, column in pairs if said.strip() and column is None]
        faults = (
            ("缺少", "missing", [(one.zh, one.name) for one in missing]),
            ("重复", "twice", [(one.zh, one.name) for one in twice]),
            ("不认识", "unknown", [(said[:40], said[:40]) for said in unknown[:20]]),
        )
        if missing or twice or unknown:
            raise WrongColumns(
                zh="；".join(f"{zh}{'、'.join(z for z, _ in of)}" for zh, _, of in faults if of),
                en="; ".join(f"{en} {', '.join(e for _, e in of)}" for _, en, of in faults if of),
            )


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
