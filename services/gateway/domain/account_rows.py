"""Owns what a row of a file of accounts must be, and the report of what is wrong with rows."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from services.gateway.domain.accounts import normalised_name, normalised_username
from services.gateway.domain.grants import HeldGrant, require_grant, require_room
from shared.auth.roles import Role
from shared.errors import Rejected

COLUMNS = ("username", "display_name", "role", "areas", "valid_from", "valid_until")
MOST_ROWS = 2_000
REPORTED = 100
"""How many problems a report lists; it counts them all."""
_SHOWN_CHARACTERS = 80


class AccountsNotUtf8(Rejected):
    """The file is in another encoding; guessing one would store wrong names."""

    zh = "文件不是 UTF-8 编码（Excel 请另存为“CSV UTF-8”）"
    en = "The file is not UTF-8 (in Excel, save as CSV UTF-8)"


class WrongColumns(Rejected):
    """The first line doesn't name the six columns."""

    zh = "首行须为：username,display_name,role,areas,valid_from,valid_until"
    en = "The first row must be: username,display_name,role,areas,valid_from,valid_until"


class NoRows(Rejected):
    """There is no row of data: more likely a wrong file than a wish to make nobody."""

    zh = "文件中没有数据行"
    en = "The file has no rows of data"


class TooManyRows(Rejected):
    """The file is larger than one transaction should be."""

    zh = "一个文件至多 {most} 行，请分成几个文件"
    en = "A file has at most {most} rows; split it"


class RowCut(Rejected):
    """The row has another number of cells, or quotes that don't close."""

    zh = "应有 6 列，且引号成对"
    en = "must have 6 columns, and balanced quotes"


class DateMalformed(Rejected):
    """A date is written as 2026-11-24."""

    zh = "日期须写作 2026-11-24"
    en = "must be a date such as 2026-11-24"


class NameDiffers(Rejected):
    """Several rows of one username are several grants of one person."""

    zh = "与第 {first_row} 行同一用户名的姓名不一致"
    en = "is another name than that of row {first_row} with the same username"


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with a row; the header is row 1, as a spreadsheet counts."""

    row: int
    refusal: Rejected
    value: str | None = None


class AccountsRefused(Rejected):
    """Rows of the file are wrong; nobody was added."""

    zh = "账号文件有 {count} 处错误，未创建任何账号"
    en = "The file of accounts has {count} mistakes; no account was made"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        """Take all problems; the first hundred are told."""
        self.problems = tuple(problems[:REPORTED])
        self.count = len(problems)
        super().__init__(count=self.count)


@dataclass
class NewAccount:
    """One person of a file, with the grants of all rows that name them."""

    row: int
    username: str
    display_name: str
    grants: list[HeldGrant] = field(default_factory=list)


def accounts_of(content: bytes, today: date) -> tuple[list[NewAccount], list[RowProblem]]:
    """Return the people that a file names, and what is wrong with its rows.

    Raises:
        AccountsNotUtf8, WrongColumns, NoRows, TooManyRows
    """
    people: dict[str, NewAccount] = {}
    problems: list[RowProblem] = []
    for row, cells in _rows(content):
        try:
            _take(people, row, cells, today)
        except Rejected as refusal:
            place = COLUMNS.index(refusal.field) if refusal.field in COLUMNS else None
            value = cells[place][:_SHOWN_CHARACTERS] if place is not None and cells else None
            problems.append(RowProblem(row, refusal, value))
    return list(people.values()), problems


def _rows(content: bytes) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (line, cells); None for a row that has other than six."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AccountsNotUtf8 from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    count = 0
    for cells in _strictly(reader):
        if count == 0 and cells != list(COLUMNS):
            raise WrongColumns
        count += 1
        if count > MOST_ROWS + 1:
            raise TooManyRows(most=MOST_ROWS)
        if count > 1:
            yield reader.line_num, cells if cells and len(cells) == len(COLUMNS) else None
    if count < 2:
        raise NoRows


def _strictly(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """Yield rows that have something in them; None where quotes don't close."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None
            continue
        if cells:
            yield cells


def _take(people: dict[str, NewAccount], row: int, cells: list[str] | None, today: date) -> None:
    if cells is None or any("\x00" in cell for cell in cells):
        raise RowCut
    username, name, role, areas, first, last = (cell.strip() for cell in cells)
    grant = HeldGrant(
        cast(Role, role),
        tuple(areas.replace(";", " ").replace("；", " ").split()),
        _date("valid_from", first) or today,
        _date("valid_until", last),
    )
    new = NewAccount(row, normalised_username(username), normalised_name(name))
    require_grant(grant)
    known = people.setdefault(new.username, new)
    if known.display_name != new.display_name:
        raise NameDiffers("display_name", first_row=known.row)
    require_room([*known.grants, grant])
    known.grants.append(grant)


def _date(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DateMalformed(column) from error
