"""What spreadsheets hold is read and written as it is, whatever somebody puts in them."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from shared.sheets import limits
from shared.sheets.cells import Unusable, guarded, unguarded
from shared.sheets.limits import (
    MAX_COLUMNS,
    MAX_ROWS,
    OldWorkbook,
    SheetTooLarge,
    SheetUnreadable,
    TextUnreadable,
)
from shared.sheets.reading import CSV, XLSX, Sheet, SheetEmpty, read_sheet
from shared.sheets.writing import ExportTooLarge, Format, write_sheet

TYPES: dict[Format, str] = {"csv": CSV, "xlsx": XLSX}
FORMS: tuple[Format, ...] = ("csv", "xlsx")
each_form = pytest.mark.parametrize("form", FORMS)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12)
HOSTILE = st.sampled_from(["=1+1", "+86", "-5", "@x", "\tx", "\rx", "'=1", "''", "＝1", "_x000D_"])


def written(rows: list[list[Any]], form: Format) -> bytes:
    with write_sheet(rows, form) as file:
        return file.read()


def read(text: str | bytes) -> Sheet:
    return read_sheet(text if isinstance(text, bytes) else text.encode(), CSV)


def cells(sheet: Sheet) -> list[tuple[Any, ...]]:
    return [row.cells for row in sheet.rows]


def workbook(*rows: list[Any], **settings: Any) -> bytes:
    """Return a workbook as Excel may save one."""
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    for name, value in settings.items():
        setattr(sheet, name, value)
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def packed(**parts: bytes) -> bytes:
    """Return a workbook with some of its parts replaced, dots for slashes."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"], ["1"]))) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name.rsplit("/")[-1].partition(".")[0], old.read(name)))
    return file.getvalue()


@each_form
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.lists(TEXT | HOSTILE, min_size=3, max_size=3), max_size=5))
@example(rows=[["_x005F_", "_x000d_\r", "\ufffe\uffff"], ['"', "\n", "\r\n"], ["\x1f", " ", ","]])
def test_what_is_written_is_read_as_it_was(form: Format, rows: list[list[str]]) -> None:
    sheet = read_sheet(written([["a", "b", "c"], *rows], form), TYPES[form])
    assert sheet.header == ("a", "b", "c")
    filled = [(number, row) for number, row in enumerate(rows, start=2) if any(row)]
    assert [row.number for row in sheet.rows] == [number for number, _ in filled]
    assert [(*row.cells, "", "", "")[:3] for row in sheet.rows] == [tuple(r) for _, r in filled]


@given(TEXT | HOSTILE)
def test_a_guard_is_taken_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@\t\r＝＋－＠")


@pytest.mark.parametrize("sign", "=+-@\t\r＝＋－＠")
def test_no_program_runs_an_exported_text(sign: str) -> None:
    text = written([["a"], [f"{sign}cmd|' /C calc'!A0"]], "csv").decode("utf-8-sig")
    assert text.splitlines()[1].lstrip('"').startswith("'" + sign.strip("\r"))
    with zipfile.ZipFile(io.BytesIO(written([["a"], [f"{sign}1+1"]], "xlsx"))) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@each_form
def test_numbers_and_days_are_written_as_what_they_are(form: Format) -> None:
    rows = [["n", "d", "none"], [-5, date(2026, 11, 26), None]]
    sheet = read_sheet(written(rows, form), TYPES[form])
    assert cells(sheet) == [("-5", "2026-11-26")]


@pytest.mark.parametrize(
    ("data", "read_as"),
    [
        ("小区,户数\n三元一村,5\n".encode(), "UTF-8"),
        ("小区,户数\n三元一村,5\n".encode("utf-8-sig"), "UTF-8"),
        ("小区,户数\n三元一村,5\n".encode("gbk"), "GB18030"),
        ("小区,户数\r三元一村,5\r".encode("gb18030"), "GB18030"),
        ("\n\n小区,户数\r\n,,\r\n三元一村,5,,\r\n\r\n".encode(), "UTF-8"),
    ],
    ids=["UTF-8", "BOM", "GBK", "CR", "blank rows"],
)
def test_csv_is_read_as_the_programs_of_offices_save_it(data: bytes, read_as: str) -> None:
    sheet = read(data)
    assert (sheet.header, cells(sheet)) == (("小区", "户数"), [("三元一村", "5")])
    assert sheet.read_as == read_as


def test_rows_are_counted_as_a_spreadsheet_does() -> None:
    sheet = read('a,b\n"1\n2",x\n\n3,y\n')
    assert [(row.number, row.cells) for row in sheet.rows] == [(2, ("1\n2", "x")), (4, ("3", "y"))]


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b'a\n"open\n', 2),
        (b"a\n\x00\n", 2),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xff", 3),
        ("甲乙丙丁戊己庚辛壬癸\n子丑".encode() + b"\xff\n", 2),
        (b"a\n" + b"x" * 200_000, 2),
    ],
    ids=["a quote without its end", "NUL", "no text", "UTF-8 with a fault", "a long cell"],
)
def test_what_is_no_csv_is_refused_with_its_row(data: bytes, row: int) -> None:
    with pytest.raises(TextUnreadable) as refused:
        read(data)
    assert refused.value.facts["row"] == row


@pytest.mark.parametrize("data", [b"", b"\n\n", b",,,\n"])
def test_a_file_without_a_header_is_refused(data: bytes) -> None:
    with pytest.raises(SheetEmpty):
        read(data)
    with pytest.raises(SheetEmpty):
        read_sheet(workbook(), XLSX)


def test_a_file_has_a_most_of_rows_and_columns() -> None:
    assert len(read("a\n" + "1\n" * MAX_ROWS).rows) == MAX_ROWS
    too_many = [
        b"a\n" + b"1\n" * (MAX_ROWS + 1),
        b"a," * 1_000_000,
    ]
    for data in too_many:
        with pytest.raises(SheetTooLarge):
            read(data)
    wide = workbook([f"c{n}" for n in range(MAX_COLUMNS + 1)])
    with pytest.raises(SheetTooLarge):
        read_sheet(wide, XLSX)


def test_a_workbook_is_read_as_excel_has_it() -> None:
    book = Workbook()
    hidden: Any = book.active
    hidden.append(["hidden"])
    hidden.sheet_state = "hidden"
    shown: Any = book.create_sheet("表二")
    shown.append([])
    shown.append(["代码", "日期", "时刻", "数", "真"])
    shown.append([320508019020001, date(2026, 11, 26), datetime(2026, 1, 2, 3, 4), 1.5, True])
    shown.append([2.0, None, None, None, None])
    shown.merge_cells("A4:A5")
    shown["B5"] = "x"
    sheet = read_sheet(saved(book), XLSX)
    assert sheet.read_as == "表二"
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (3, ("320508019020001", "2026-11-26", "2026-01-02 03:04:00", "1.5", "TRUE")),
        (4, ("2",)),
        (5, ("", "x")),
    ]


def test_a_formula_and_an_error_are_no_value() -> None:
    sheet = read_sheet(workbook(["a", "b"], ["=1+1", "#REF!"]), XLSX)
    assert cells(sheet) == [(Unusable("formula", "=1+1"), Unusable("formula_error", "#REF!"))]


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"a,b\n1,2\n", SheetUnreadable),
        (b"PK\x03\x04 half a file", SheetUnreadable),
        (b"\xd0\xcf\x11\xe0 an .xls", OldWorkbook),
        (packed(workbook=b"<x/>"), SheetUnreadable),
        (packed(sheet1=b"<worksheet><sheetData><row>"), SheetUnreadable),
        (packed(styles=b"no xml"), SheetUnreadable),
        (packed(sheet1=b" " * (limits.MAX_UNPACKED_BYTES + 1)), SheetTooLarge),
        (packed(styles=b" " * (limits.MAX_PART_BYTES + 1)), SheetTooLarge),
    ],
    ids=["CSV", "half", "xls", "no workbook", "cut", "styles", "bomb", "bomb beside"],
)
def test_what_is_no_modest_workbook_is_refused(data: bytes, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        read_sheet(data, XLSX)


def test_entities_that_grow_are_refused() -> None:
    laughs = b"".join(
        b'<!ENTITY l%d "%s">' % (n, (b"&l%d;" % (n - 1)) * 10 if n else b"ha" * 10)
        for n in range(10)
    )
    bomb = (
        b"<!DOCTYPE x [" + laughs + b"]>"
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'
    )
    with pytest.raises(SheetUnreadable):
        read_sheet(packed(sheet1=bomb), XLSX)


def test_rows_and_columns_far_away_cost_nothing() -> None:
    far = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData>'
        b'<row r="1"><c r="A1"><v>7</v></c><c r="XFD1"><v>8</v></c></row>'
        b'<row r="2000000000"><c r="A2000000000"><v>9</v></c></row></sheetData></worksheet>'
    )
    sheet = read_sheet(packed(sheet1=far), XLSX)
    assert (sheet.header, sheet.rows) == (("7",), [])


def test_an_export_that_no_person_works_with_is_refused() -> None:
    rows = ([number] for number in range(limits.MAX_EXPORTED_ROWS + 2))
    with pytest.raises(ExportTooLarge):
        write_sheet(rows, "csv")
