"""Owns what a row of a register file must be, and the words for what is wrong with one."""

import csv
import dataclasses
import re
from bisect import insort
from dataclasses import dataclass
from typing import NamedTuple

from services.grid.domain.areas import LENGTH_OF_LEVEL, level_of, parent_of
from shared.errors import Rejected

COLUMNS = ("code", "name", "level", "parent_code")
NAME_CHARACTERS = 200
REPORTED = 100
"""How many problems a report lists; it counts them all."""

_SHOWN_CHARACTERS = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

WORDS = {
    "not_utf8": (
        "不是 UTF-8 编码（Excel 请另存为“CSV UTF-8”）",
        "is not UTF-8 (in Excel, save as CSV UTF-8)",
    ),
    "quoting": ("引号不成对", "has unbalanced quotes"),
    "columns": ("应有 4 列", "must have 4 columns"),
    "code": (
        "编码须为 2、4、6、9 或 12 位数字",
        "must be a code of 2, 4, 6, 9 or 12 digits",
    ),
    "level": ("级别应为 {expected}", "must be {expected}, by the length of the code"),
    "name_empty": ("名称不能为空", "must not be empty"),
    "name_long": ("名称不得超过 200 字", "must not be longer than 200 characters"),
    "name_control": ("名称含有控制字符", "must not hold control characters"),
    "parent": ("上级编码应为“{expected}”", "must be “{expected}”"),
    "duplicate": ("编码与第 {first_row} 行重复", "is also the code of row {first_row}"),
    "not_now": (
        "该区划已撤销、尚未设立或已定后续变更，不能由导入更改",
        "has ended, has not begun or has a change ahead; an import can't change it",
    ),
    "orphan": (
        "上级 {parent} 不在文件或登记册中",
        "{parent} is neither in the file nor in the register",
    ),
}


class AreaRow(NamedTuple):
    """One area as a register file tells it."""

    code: str
    name: str
    level: str
    parent_code: str | None


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: the column, what stood there, and which of WORDS says it."""

    row: int
    """The line of the file; the header is row 1, as a spreadsheet counts."""
    field: str | None
    value: str | None
    kind: str
    facts: dict[str, object] = dataclasses.field(default_factory=dict)

    def text(self, language: str) -> str:
        """Return the sentence for a person, in `zh` or `en`."""
        chinese, english = WORDS[self.kind]
        return (chinese if language == "zh" else english).format(**self.facts)


class BadRow(Exception):
    """A row that can't be loaded."""

    def __init__(
        self, kind: str, field: str | None = None, value: str | None = None, **facts: object
    ) -> None:
        self.kind = kind
        self.field = field
        self.value = value and value[:_SHOWN_CHARACTERS]
        self.facts = facts
        super().__init__(kind)

    def at(self, row: int) -> Problem:
        """Return the problem that it is in a row."""
        return Problem(row, self.field, self.value, self.kind, self.facts)


class WrongHeader(Rejected):
    """The first line doesn't name the four columns."""

    zh = "首行须为：code,name,level,parent_code"
    en = "The first row must be: code,name,level,parent_code"


class EmptyRegister(Rejected):
    """There is no row of data: more likely a wrong file than a wish to load nothing."""

    zh = "文件中没有数据行"
    en = "The file has no rows of data"


class RegisterRefused(Rejected):
    """Rows of the file are wrong; nothing of it was loaded."""

    zh = "登记册文件有 {count} 处错误，未导入任何数据"
    en = "The register file has {count} mistakes; nothing was loaded"

    def __init__(self, report: "RowReport") -> None:
        self.report = report
        super().__init__(count=report.count)


class RowReport:
    """Collects the problems of a file: all counted, those of the first hundred rows kept."""

    def __init__(self) -> None:
        self.count = 0
        self.problems: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it if it is among the first hundred by row."""
        self.count += 1
        insort(self.problems, problem, key=lambda each: each.row)
        del self.problems[REPORTED:]


def require_header(line: bytes) -> None:
    """Refuse a first line that isn't the header.

    Raises:
        WrongHeader: when it isn't.
    """
    try:
        columns = tuple(split_columns(line))
    except BadRow:
        raise WrongHeader from None
    if columns != COLUMNS:
        raise WrongHeader


def parse_row(line: bytes) -> AreaRow:
    """Return the area that a line of the file tells.

    Raises:
        BadRow: when it isn't one; the first mistake is named.
    """
    columns = split_columns(line)
    if len(columns) != len(COLUMNS):
        raise BadRow("columns", value=",".join(columns))
    code, name, level, parent = columns
    expected = level_of(code)
    if expected is None or expected == "cell":
        raise BadRow("code", "code", code)
    if level != expected:
        raise BadRow("level", "level", level, expected=expected)
    if parent != code[: _LENGTH_OF_PARENT[expected]]:
        raise BadRow("parent", "parent_code", parent, expected=parent_of(code) or "")
    return AreaRow(code, _checked_name(name), level, parent or None)


def split_columns(line: bytes) -> list[str]:
    """Return the columns of a CSV line; a quoted column doesn't go on in the next line.

    Raises:
        BadRow: when it is not UTF-8, or a quote is left open.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise BadRow("not_utf8") from None
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        raise BadRow("quoting", value=text) from None


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise BadRow("name_empty", "name")
    if len(name) > NAME_CHARACTERS:
        raise BadRow("name_long", "name", name)
    if _CONTROL.search(name):
        raise BadRow("name_control", "name", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", name))
    return name


_LENGTH_OF_PARENT = dict(zip(LENGTH_OF_LEVEL, (0, *LENGTH_OF_LEVEL.values()), strict=False))
