"""Owns what the cells of a column hold, and how each is read and written."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from shared.sheets.cells import Written
from shared.sheets.faults import BadCell

_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?(\d{1,18}|\d{1,3}(,\d{3}){1,5})")
_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_BETWEEN = re.compile(r"[\s,;，；、]+")
_TOKEN = re.compile(r"\\.|.", re.DOTALL)
_SIGN = re.compile(r"\\(.)", re.DOTALL)


class Kind(Protocol):
    """What the cells of a column hold."""

    def read(self, text: str) -> Any:
        """Return the value of a cell that isn't blank, as JSON would have it; may raise BadCell."""

    def write(self, value: Any, language: str) -> Written:
        """Return what to write for a value."""


class Text:
    """Text for people, as it is."""

    def read(self, text: str) -> str:
        """Return the text."""
        return text

    def write(self, value: Any, _language: str) -> Written:
        """Return the text."""
        return None if value is None else str(value)


class Code(Text):
    """A code or an id."""

    def read(self, text: str) -> str:
        """Return the code without spaces around it; one of which Excel lost digits is none."""
        if _SCIENTIFIC.fullmatch(text.strip()):
            raise BadCell("scientific")
        return text.strip()


class Whole:
    """A whole number, with or without a comma between thousands."""

    def read(self, text: str) -> int:
        """Return the number."""
        plain = unicodedata.normalize("NFKC", text).strip()
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
        if not (found := _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())):
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


@dataclass(frozen=True)
class YesNo:
    """是 or 否, or other words for them: those that are written, in Chinese and English, first."""

    yes: tuple[str, ...] = ("是", "yes", "true", "1")
    no: tuple[str, ...] = ("否", "no", "false", "0")

    def read(self, text: str) -> bool:
        """Return whether it is yes."""
        if (said := text.strip().casefold()) in (*self.yes, *self.no):
            return said in self.yes
        raise BadCell(
            "choice", zh=f"{self.yes[0]}、{self.no[0]}", en=f"{self.yes[1]}, {self.no[1]}"
        )

    def write(self, value: Any, language: str) -> Written:
        """Return the word."""
        return (self.yes if value else self.no)[0 if language == "zh" else 1]


@dataclass(frozen=True)
class Choice:
    """One of a closed set: by value → what it is called in Chinese."""

    names: Mapping[str, str]

    def read(self, text: str) -> str:
        """Return the value that is meant: its name or itself."""
        for value, name in self.names.items():
            if text.strip() in (name, value):
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
class Things:
    """Several things in one cell, a semicolon apart, each with its fields and a stroke between.

    三元路/主/有岗；便门/次/无岗. A backslash before one of these signs makes it a plain one.
    """

    fields: tuple[tuple[str, Kind], ...]
    form: tuple[str, str]
    """How one is written, in Chinese and English."""

    def read(self, text: str) -> list[dict[str, Any]]:
        """Return the things."""
        return [self._thing(said) for said in _split(text, ";；\n") if said.strip()]

    def write(self, value: Any, language: str) -> Written:
        """Return the things in one text."""
        return "；".join(
            "/".join(_plain(kind.write(one[name], language)) for name, kind in self.fields)
            for one in value
        )

    def _thing(self, said: str) -> dict[str, Any]:
        parts = [_SIGN.sub(r"\1", part.strip()) for part in _split(said, "/／")]
        if len(parts) != len(self.fields):
            zh, en = self.form
            raise BadCell("things", zh=zh, en=en)
        return {
            name: kind.read(part) for (name, kind), part in zip(self.fields, parts, strict=True)
        }


def _plain(value: Written) -> str:
    return re.sub(r"[\\;；\n/／]", r"\\\g<0>", "" if value is None else str(value))


def _split(text: str, signs: str) -> list[str]:
    """Return the parts between signs that have no backslash before them; backslashes stay."""
    parts = [""]
    for token in _TOKEN.findall(text):
        if token in signs:
            parts.append("")
        else:
            parts[-1] += token
    return parts
