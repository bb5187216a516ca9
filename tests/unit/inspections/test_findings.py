"""Owns the proof of a finding's life: every pair of states, and which news of a case counts."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspections.domain.checklists import ChecklistItem
from services.inspections.domain.findings import (
    AttachedCase,
    Failure,
    FindingHasOtherCase,
    FindingMove,
    FindingMoveNotAllowed,
    FindingState,
    failures,
    is_news,
    moved,
)
from services.inspections.domain.scoring import ItemResult
from shared.ids import new_id

STATES, MOVES = get_args(FindingState), get_args(FindingMove)
ALLOWED = {
    ("raised", "case_filed"): "in_rectification",
    ("raised", "case_closed"): "awaiting_reinspection",
    ("in_rectification", "case_closed"): "awaiting_reinspection",
    ("awaiting_reinspection", "case_closed"): "awaiting_reinspection",
    ("awaiting_reinspection", "reinspection_failed"): "in_rectification",
    ("awaiting_reinspection", "reinspection_passed"): "closed",
    ("closed", "case_closed"): "closed",
}
CASE = new_id()


@pytest.mark.parametrize(("state", "move"), sorted(ALLOWED))
def test_a_finding_is_mended_and_looked_at_again_before_it_is_closed(
    state: FindingState, move: FindingMove
):
    assert moved(state, move) == ALLOWED[state, move]


@pytest.mark.parametrize(("state", "move"), sorted(set(product(STATES, MOVES)) - ALLOWED.keys()))
def test_every_other_pair_of_state_and_move_is_refused_in_both_languages(
    state: FindingState, move: FindingMove
):
    with pytest.raises(FindingMoveNotAllowed) as refused:
        moved(state, move)
    assert state in refused.value.text("en")
    assert move in refused.value.text("en")
    assert "{" not in refused.value.text("zh")


@given(st.lists(st.sampled_from(MOVES)))
def test_whatever_happens_a_finding_is_closed_by_a_passed_reinspection_alone(  # I08
    tried: list[FindingMove],
):
    state: FindingState = "raised"
    taken: list[FindingMove] = []
    for move in tried:
        with suppress(FindingMoveNotAllowed):
            state = moved(state, move)
            taken.append(move)
    assert (state == "closed") == ("reinspection_passed" in taken)
    assert taken.count("reinspection_passed") <= 1


def case(version: int) -> AttachedCase:
    return AttachedCase(CASE, "AJ-2026-000017", version)


def test_the_first_news_of_a_case_counts_whatever_its_version():
    assert is_news(None, case(1))
    assert is_news(None, case(7))


@pytest.mark.parametrize(("version", "counts"), [(1, False), (2, False), (3, True), (9, True)])
def test_only_a_higher_version_of_the_same_case_is_news(version: int, counts: bool):
    assert is_news(case(2), case(version)) is counts


@pytest.mark.parametrize("version", [1, 2, 3])
def test_another_case_is_refused_whatever_its_version(version: int):
    with pytest.raises(FindingHasOtherCase, match="AJ-2026-000017"):
        is_news(case(2), AttachedCase(new_id(), "AJ-2026-000018", version))


def test_failed_items_become_failures_in_the_order_of_the_checklist_with_own_deadlines():
    stairs = ChecklistItem("stairs-clear", "楼道内无堵塞现象", 5, 30, 1)
    walls = ChecklistItem("walls-clean", "楼门内墙面干净", 1, 10, 3)
    glass = ChecklistItem("glass-clean", "玻璃干净完好", 1, 10, 3)
    results = [
        ItemResult("walls-clean", False, " 三单元墙面有污渍 "),
        ItemResult("glass-clean", True, "无"),
        ItemResult("stairs-clear", False, "二楼堆放纸箱"),
    ]
    inspected_at = datetime(2026, 11, 2, 1, 20, tzinfo=UTC)
    assert failures([stairs, glass, walls], results, inspected_at) == [
        Failure(stairs, "二楼堆放纸箱", datetime(2026, 11, 3, 16, tzinfo=UTC)),
        Failure(walls, "三单元墙面有污渍", datetime(2026, 11, 5, 16, tzinfo=UTC)),
    ]
