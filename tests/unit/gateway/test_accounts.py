"""What an account may be called, its states, and who may not change it."""

from typing import get_args
from uuid import uuid4

import pytest

from services.gateway.domain.accounts import (
    MOVES,
    STATES,
    AccountMoveNotAllowed,
    AccountState,
    Move,
    NameMalformed,
    OwnAccount,
    UsernameIsPersonal,
    UsernameMalformed,
    next_state,
    normalised_name,
    normalised_username,
    require_another,
)
from services.gateway.domain.activations import new_code, normalised_code

ALLOWED = {
    ("active", "block"): "blocked",
    ("active", "close"): "closed",
    ("blocked", "unblock"): "active",
    ("blocked", "close"): "closed",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", get_args(Move))
def test_every_pair_of_state_and_move(state: AccountState, move: Move) -> None:
    if (state, move) in ALLOWED:
        assert next_state(state, move) == ALLOWED[state, move]
    else:
        with pytest.raises(AccountMoveNotAllowed):
            next_state(state, move)


def test_the_table_knows_every_state() -> None:
    assert set(MOVES) == set(STATES)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("Wang.Xiuying", "wang.xiuying"), (" li-4 ", "li-4"), ("ｌｉ４", "li4"), ("a" * 64, "a" * 64)],
)
def test_a_username_is_compared_in_one_form(typed: str, stored: str) -> None:
    assert normalised_username(typed) == stored


@pytest.mark.parametrize(
    "typed", ["", "ab", "a" * 65, "-abc", "王秀英", "a b c", "a\nbc", "a@b.c", "abc\x00", "раypal"]
)
def test_what_is_no_username_is_refused(typed: str) -> None:
    with pytest.raises(UsernameMalformed) as refused:
        normalised_username(typed)
    assert refused.value.field == "username"


@pytest.mark.parametrize(
    "typed",
    [
        "13812345678",
        "１３８１２３４５６７８",
        "138-1234-5678",
        "8613812345678",
        "wang13812345678",
        "0512-65231234",
        "320508198903072516",
        "32050819890307251X",
        "320508890307251",
    ],
)
def test_a_number_of_the_persons_is_no_username(typed: str) -> None:
    with pytest.raises(UsernameIsPersonal) as refused:
        normalised_username(typed)
    assert refused.value.field == "username"


@pytest.mark.parametrize("typed", ["320508", "320508019020", "staff-20261126", "10086", "a1381234"])
def test_a_staff_number_or_an_area_is_a_username(typed: str) -> None:
    assert normalised_username(typed) == typed


@pytest.mark.parametrize("name", ["王秀英", "欧阳 娜", "Tenzin Gyatso", "李=1", "李" * 60])
def test_a_name_is_kept_as_it_is_written(name: str) -> None:
    assert normalised_name(f" {name} ") == name


@pytest.mark.parametrize("name", ["", "  ", "李" * 61, "a\nb", "a\x00", "王\u202e英"])
def test_a_name_that_would_turn_or_break_a_page_is_refused(name: str) -> None:
    with pytest.raises(NameMalformed):
        normalised_name(name)


@pytest.mark.parametrize("name", ["=1+1", "+86 1", "-2", "@SUM(A1)", " =1", "＝1+1", "\t=1"])
def test_a_name_that_a_spreadsheet_would_compute_is_refused(name: str) -> None:
    with pytest.raises(NameMalformed) as refused:
        normalised_name(name)
    assert refused.value.field == "display_name"


def test_nobody_changes_their_own_account() -> None:
    person = uuid4()
    require_another(person, uuid4())
    with pytest.raises(OwnAccount):
        require_another(person, person)


def test_a_code_is_read_from_paper_however_it_is_typed() -> None:
    code = new_code()
    assert len(code) == 14
    assert not set("01IO") & set(code)
    assert normalised_code(code.lower().replace("-", " ")) == normalised_code(code)
    assert len({new_code() for _ in range(100)}) == 100
