"""The states of a case, the check on the spot, lateness."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args
from uuid import uuid4

import pytest

from services.grid.domain.cases import (
    MOVES,
    CheckedByOwnResolver,
    Move,
    MoveNotAllowed,
    State,
    back_to_work,
    is_overdue,
    next_state,
    reopening,
    require_another_checker,
)

ALLOWED = {
    ("reported", "file"): "filed",
    ("reported", "refuse"): "refused",
    ("filed", "dispatch"): "dispatched",
    ("dispatched", "resolve"): "resolved",
    ("resolved", "return"): "dispatched",
    ("resolved", "close"): "closed",
    ("closed", "reopen"): "dispatched",
}
DEADLINE = datetime(2026, 3, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(("state", "move"), list(product(get_args(State), get_args(Move))))
def test_every_pair_of_state_and_move_is_as_the_plan_says(state: State, move: Move) -> None:
    if expected := ALLOWED.get((state, move)):
        assert next_state(state, move) == expected
        return
    with pytest.raises(MoveNotAllowed) as refused:
        next_state(state, move)
    assert state in refused.value.text("en")
    assert all(other in refused.value.text("en") for other in MOVES[state])
    assert refused.value.status == 409
    assert "{" not in refused.value.text("zh")


def test_the_table_knows_every_state_and_leads_to_no_other() -> None:
    assert set(MOVES) == set(get_args(State))
    assert {to for moves in MOVES.values() for to in moves.values()} <= set(MOVES)


@pytest.mark.parametrize(("state", "move"), [("resolved", "return"), ("closed", "reopen")])
def test_a_case_that_nobody_owns_waits_for_its_owners(state: State, move: Move) -> None:
    assert back_to_work(state, move, owned=True) == "dispatched"
    assert back_to_work(state, move, owned=False) == "filed"
    with pytest.raises(MoveNotAllowed):
        back_to_work("refused", move, owned=False)


@pytest.mark.parametrize("state", [None, *get_args(State)])
def test_a_failed_re_inspection_reopens_what_is_closed_once(state: State | None) -> None:
    assert reopening(state, done_before=True) == "ignore"
    expected = "reopen" if state == "closed" else "wait"
    assert reopening(state, done_before=False) == expected


def test_who_resolved_a_case_does_not_check_it() -> None:
    person = uuid4()
    with pytest.raises(CheckedByOwnResolver):
        require_another_checker(person, person)
    require_another_checker(person, uuid4())


@pytest.mark.parametrize(("late_by", "overdue"), [(-1, False), (0, False), (1, True)])
def test_a_case_closed_at_its_deadline_is_in_time(late_by: int, overdue: bool) -> None:
    closed_at = DEADLINE + timedelta(microseconds=late_by)
    assert is_overdue(DEADLINE, closed_at) is overdue
