"""What a row of a file of accounts must be, and what the report says of those that aren't."""

from datetime import date

import pytest

from services.gateway.domain.account_rows import (
    MOST_ROWS,
    AccountsNotUtf8,
    NoRows,
    RowProblem,
    TooManyRows,
    WrongColumns,
    accounts_of,
)

HEADER = "username,display_name,role,areas,valid_from,valid_until"
GOOD = "li.na,李娜,grid_officer,320508019020,2026-01-01,2026-12-31"
TODAY = date(2026, 11, 24)


def problems_of(*rows: str) -> list[RowProblem]:
    return accounts_of("\n".join((HEADER, *rows)).encode(), TODAY)[1]


def test_rows_of_one_username_are_grants_of_one_person() -> None:
    rows = [GOOD, "LI.NA,李娜,inspector,320508; 320507；3206,,", "zhang3,张三,operator,,,"]
    people, problems = accounts_of("\r\n".join((HEADER, *rows, "")).encode("utf-8-sig"), TODAY)
    assert problems == []
    assert [(one.username, one.row, len(one.grants)) for one in people] == [
        ("li.na", 2, 2),
        ("zhang3", 4, 1),
    ]
    second = people[0].grants[1]
    assert (second.areas, second.valid_from) == (("320508", "320507", "3206"), TODAY)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("李娜,李娜,grid_officer,32,,", "username"),
        ("li.na,,grid_officer,32,,", "display_name"),
        ("li.na,李娜,网格员,32,,", "role"),
        ("li.na,李娜,grid_officer,,,", "areas"),
        ("li.na,李娜,grid_officer,32050,,", "areas"),
        ("li.na,李娜,grid_officer,32,2026/1/1,", "valid_from"),
        ("li.na,李娜,grid_officer,32,,2026-02-30", "valid_until"),
        ("li.na,李娜,grid_officer,32,2026-12-31,2026-12-30", "valid_until"),
        ("li.na,李娜,grid_officer,32,", None),
        ("li.na,李娜,grid_officer,32,,,", None),
        ('li.na,"李娜,grid_officer,32,,', None),
        ("li.na,李\x00娜,grid_officer,32,,", None),
    ],
)
def test_a_wrong_row_is_named_with_its_column(row: str, field: str | None) -> None:
    (problem,) = problems_of(GOOD.replace("li.na", "other"), row)
    assert (problem.row, problem.refusal.field) == (3, field)
    assert problem.refusal.text("zh") and problem.refusal.text("en")


def test_every_wrong_row_is_told_and_right_ones_between_them_are_not() -> None:
    rows = [GOOD.replace("li.na", f"li{number:03}") for number in range(100)]
    rows[48] = "x,李娜,grid_officer,32,,"
    rows[90] = rows[0].replace("李娜", "李四")
    problems = problems_of(*rows)
    assert [one.row for one in problems] == [50, 92]
    assert problems[1].refusal.facts == {"first_row": 2}
    assert problems[0].value == "x"


def test_a_file_that_is_none_is_refused_whole() -> None:
    for content, refusal in (
        (f"{HEADER}\n{GOOD}".encode("gb18030"), AccountsNotUtf8),
        (b"name,role\nx,y", WrongColumns),
        (b"", NoRows),
        (f"{HEADER}\n\n\n".encode(), NoRows),
        ("\n".join([HEADER, *[GOOD] * (MOST_ROWS + 1)]).encode(), TooManyRows),
    ):
        with pytest.raises(refusal):
            accounts_of(content, TODAY)
