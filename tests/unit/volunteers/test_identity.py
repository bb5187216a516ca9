"""Owns the proof of names and identity numbers: GB 11643, digit by digit."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.volunteers.domain.identity import (
    IdNumberMalformed,
    RealNameMalformed,
    normalised_id_number,
    normalised_real_name,
)

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
# the two examples of GB 11643-1999
EXAMPLES = ("11010519491231002X", "440524188001010014")
REMAINDERS = "10X98765432"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""As the standard prints them; the code computes them."""


def numbered(first_17: str) -> str:
    """Return the number with the check character of the printed table."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return first_17 + REMAINDERS[total % 11]


def test_the_example_of_the_standard_is_accepted():
    assert normalised_id_number(EXAMPLES[0], NOW) == EXAMPLES[0]


def test_its_other_example_was_born_before_1900_and_is_refused():
    assert numbered(EXAMPLES[1][:17]) == EXAMPLES[1]
    with pytest.raises(IdNumberMalformed):
        normalised_id_number(EXAMPLES[1], NOW)


@given(st.integers(0, 999), st.dates(datetime(1900, 1, 1).date(), datetime(2026, 11, 23).date()))
def test_the_check_character_is_that_of_the_printed_weights(sequence: int, birth: object):
    number = numbered(f"320508{birth:%Y%m%d}{sequence:03}")
    assert normalised_id_number(number, NOW) == number


@given(place=st.integers(0, 17), other=st.sampled_from("0123456789X"))
def test_any_one_character_that_is_wrong_is_found(place: int, other: str):
    number = EXAMPLES[0]
    changed = number[:place] + other + number[place + 1 :]
    if changed == number:
        return
    with pytest.raises(IdNumberMalformed):
        normalised_id_number(changed, NOW)


@given(place=st.integers(0, 15))
def test_two_digits_that_changed_places_are_found(place: int):
    number = EXAMPLES[0]
    changed = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if changed == number:
        return
    with pytest.raises(IdNumberMalformed):
        normalised_id_number(changed, NOW)


@pytest.mark.parametrize(
    "birth",
    ["20261124", "20270101", "18991231", "20260229", "20251301", "20250431", "00000000"],
)
def test_nobody_was_born_on_a_day_that_was_not(birth: str):
    with pytest.raises(IdNumberMalformed):
        normalised_id_number(numbered(f"320508{birth}001"), NOW)


def test_today_is_that_of_shanghai():
    number = numbered("32050820261124001")
    late = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert normalised_id_number(number, late) == number
    with pytest.raises(IdNumberMalformed):
        normalised_id_number(number, datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC))


def test_small_x_wide_digits_and_blanks_around_are_the_same_number():
    wide = "１１０１０５１９４９１２３１００２ｘ"
    for written in (EXAMPLES[0].lower(), f" {EXAMPLES[0]}\n", wide):
        assert normalised_id_number(written, NOW) == EXAMPLES[0]


@pytest.mark.parametrize(
    "number", ["", "110105491231002", "11010519491231002", "11010519491231002XX", "身份证"]
)
def test_what_is_no_number_of_18_characters_is_refused(number: str):
    with pytest.raises(IdNumberMalformed) as refused:
        normalised_id_number(number, NOW)
    assert refused.value.field == "id_number"
    assert refused.value.facts == {}


def test_a_name_is_kept_without_blanks_around_it():
    assert normalised_real_name("　朱婷 ") == "朱婷"
    assert normalised_real_name("买买提·吐尔逊") == "买买提·吐尔逊"
    assert normalised_real_name("名" * 60) == "名" * 60


@pytest.mark.parametrize("name", ["", " ", "名" * 61, "朱\n婷", "朱\u202e婷", "朱\x00婷"])
def test_a_name_that_is_none_is_refused(name: str):
    with pytest.raises(RealNameMalformed) as refused:
        normalised_real_name(name)
    assert refused.value.field == "real_name"
