"""The number of a case and its check character."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.case_number import (
    LAST_SEQUENCE,
    DayFull,
    case_number,
    check_character,
    day_of,
    is_case_number,
)

DIGITS = st.text("0123456789", min_size=20, max_size=20)


def test_the_check_character_is_the_one_of_identity_numbers() -> None:
    assert check_character("11010519491231002") == "X"  # the example of GB 11643
    assert check_character("44052418800101001") == "4"


@given(st.text("0123456789", min_size=17, max_size=17))
def test_it_equals_the_weighted_sum_that_gb_11643_prints(digits: str) -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(digits, weights, strict=True))
    assert check_character(digits) == "10X98765432"[total % 11]


@given(DIGITS, st.integers(0, 19), st.integers(1, 9))
def test_one_wrong_digit_is_found(digits: str, place: int, shift: int) -> None:
    number = digits + check_character(digits)
    wrong = str((int(number[place]) + shift) % 10)
    assert is_case_number(number)
    assert not is_case_number(number[:place] + wrong + number[place + 1 :])


@given(DIGITS, st.integers(0, 18))
def test_two_swapped_neighbours_are_found(digits: str, place: int) -> None:
    number = digits + check_character(digits)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert is_case_number(swapped) == (swapped == number)


def test_a_number_reads_district_day_sequence() -> None:
    number = case_number("320508", date(2026, 3, 5), 17)
    assert number[:-1] == "32050820260305000017"
    assert is_case_number(number)


@pytest.mark.parametrize("text", ["", "X" * 21, "1" * 20, "1" * 22, "１" * 21])
def test_what_has_another_form_is_no_number(text: str) -> None:
    assert not is_case_number(text)


def test_the_last_number_of_a_day_is_given_and_no_more() -> None:
    assert is_case_number(case_number("320508", date(2026, 3, 5), LAST_SEQUENCE))
    with pytest.raises(DayFull):
        case_number("320508", date(2026, 3, 5), LAST_SEQUENCE + 1)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 3, 5, 15, 59, 59, 999999, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 5, 16, tzinfo=UTC), date(2026, 3, 6)),
    ],
)
def test_a_day_begins_at_midnight_in_china(utc: datetime, day: date) -> None:
    assert day_of(utc) == day
