"""What a row of a register file may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.areas import level_of, parent_of
from services.grid.domain.register_rows import (
    REPORTED,
    WORDS,
    AreaRow,
    BadRow,
    Problem,
    RowReport,
    WrongHeader,
    parse_row,
    require_header,
)
from tests.unit.grid.test_areas import CODES


def line(*columns: str) -> bytes:
    return ",".join(columns).encode()


def test_a_row_of_each_kind_is_read() -> None:
    assert parse_row(line("32", "江苏省", "province", "")) == AreaRow(
        "32", "江苏省", "province", None
    )
    assert parse_row(line("3205", " 苏州市 ", "city", "32")).name == "苏州市"


def test_a_quoted_name_may_hold_commas_and_quotes() -> None:
    assert parse_row('32,"甲,""乙""",province,'.encode()).name == '甲,"乙"'


@pytest.mark.parametrize(
    ("kind", "field", "row"),
    [
        ("not_utf8", None, "32,江苏省,province,".encode("gbk")),
        ("quoting", None, b'32,"a,province,'),
        ("quoting", None, b'32,"a"b,province,'),
        ("columns", None, line("32", "a", "province")),
        ("columns", None, line("32", "a", "province", "", "")),
        ("code", "code", line("320", "a", "city", "32")),
        ("code", "code", line("", "a", "province", "")),
        ("code", "code", line("3x", "a", "province", "")),
        ("level", "level", line("32", "a", "city", "")),
        ("level", "level", line("32", "a", "Province", "")),
        ("name_empty", "name", line("32", "", "province", "")),
        ("name_empty", "name", line("32", " \u3000", "province", "")),
        ("name_long", "name", line("32", "长" * 201, "province", "")),
        ("name_control", "name", line("32", "a\x00b", "province", "")),
        ("name_control", "name", line("32", "a\tb", "province", "")),
        ("parent", "parent_code", line("32", "a", "province", "3")),
        ("parent", "parent_code", line("3205", "a", "city", "")),
        ("parent", "parent_code", line("3205", "a", "city", "33")),
        ("parent", "parent_code", line("320508", "a", "district", "32")),
    ],
)
def test_what_is_wrong_is_named_with_its_column(kind: str, field: str | None, row: bytes) -> None:
    with pytest.raises(BadRow) as refused:
        parse_row(row)
    assert (refused.value.kind, refused.value.field) == (kind, field)
    problem = refused.value.at(7)
    assert problem.row == 7
    assert problem.text("zh") != problem.text("en")
    assert "{" not in problem.text("zh") + problem.text("en")


def test_a_name_of_200_characters_is_still_good() -> None:
    assert parse_row(line("32", "长" * 200, "province", ""))


@given(st.binary(max_size=300))
def test_any_bytes_are_an_area_or_a_named_problem(row: bytes) -> None:
    try:
        area = parse_row(row)
    except BadRow as bad:
        assert bad.kind in WORDS
    else:
        assert "\x00" not in area.name


@given(CODES.filter(lambda code: level_of(code) != "cell"))
def test_every_code_is_accepted_under_its_own_parent(code: str) -> None:
    row = line(code, "名", level_of(code) or "", parent_of(code) or "")
    assert parse_row(row).parent_code == parent_of(code)


def test_cells_are_not_in_the_national_register() -> None:
    with pytest.raises(BadRow) as refused:
        parse_row(line("320508019020001", "第一网格", "cell", "320508019020"))
    assert refused.value.kind == "code"


@pytest.mark.parametrize(
    "header", [b"", b"code,name,level", b"name,code,level,parent_code", b"\xff\xfe", b'"code']
)
def test_another_header_is_refused(header: bytes) -> None:
    with pytest.raises(WrongHeader):
        require_header(header)


def test_a_report_keeps_a_hundred_problems_and_counts_all() -> None:
    report = RowReport()
    for row in range(250):
        report.add(Problem(row, None, None, "columns"))
    report.add(Problem(-1, None, None, "duplicate"))
    assert report.count == 251
    assert [problem.row for problem in report.problems] == list(range(-1, REPORTED - 1))
