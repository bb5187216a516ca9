"""The number by which a resident follows a report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.tracking import (
    RANDOM_BYTES,
    TrackingNumberMistyped,
    grouped,
    read_tracking_number,
    tracking_number,
)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBERS = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES).map(tracking_number)


def is_whole(said: str) -> bool:
    try:
        read_tracking_number(said)
    except TrackingNumberMistyped:
        return False
    return True


@given(st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES))
def test_a_number_carries_80_bits_and_a_check_character(random_bytes: bytes) -> None:
    letters = read_tracking_number(tracking_number(random_bytes))
    value = 0
    for letter in letters[:-1]:
        value = value * 32 + ALPHABET.index(letter)
    assert value.to_bytes(RANDOM_BYTES) == random_bytes
    assert len(letters) == 17
    assert grouped(letters) == tracking_number(random_bytes)


@given(number=NUMBERS, place=st.integers(0, 16), other=st.sampled_from(ALPHABET))
def test_every_single_slip_is_found(number: str, place: int, other: str) -> None:
    letters = read_tracking_number(number)
    changed = letters[:place] + other + letters[place + 1 :]
    assert is_whole(changed) == (changed == letters)


@given(number=NUMBERS, one=st.integers(0, 16), two=st.integers(0, 16))
def test_every_swap_of_two_is_found(number: str, one: int, two: int) -> None:
    letters = list(read_tracking_number(number))
    letters[one], letters[two] = letters[two], letters[one]
    assert is_whole("".join(letters)) == ("".join(letters) == read_tracking_number(number))


def test_it_is_read_as_people_write_it() -> None:
    number = tracking_number(bytes(RANDOM_BYTES))
    assert number == "0000-0000-0000-00000"
    for said in ("0000 0000 0000 00000", "oooo-OOOO-0000-00000", " 00000000000000000 "):
        assert read_tracking_number(said) == "0" * 17
    mixed = tracking_number(bytes([8]) + bytes(RANDOM_BYTES - 1))
    assert mixed[1] == "0" and mixed[0] == "1"
    for said in (mixed.lower(), mixed.replace("1", "l", 1), mixed.replace("1", "I", 1)):
        assert read_tracking_number(said) == read_tracking_number(mixed)


@pytest.mark.parametrize("said", ["", "0" * 16, "0" * 18, "U" + "0" * 16, "０" * 17, "\x00" * 17])
def test_what_can_not_be_a_number_is_a_slip(said: str) -> None:
    assert not is_whole(said)
