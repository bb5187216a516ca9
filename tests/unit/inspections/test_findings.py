"""Owns the proof of a finding's life: every pair of states, and which news of a case counts."""

from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest

from services.inspections.domain.checklists import ChecklistItem
from services.inspections.domain.findings import (
    AttachedCase,
    Failure,
    FindingHasOtherCase,
    FindingMoveNotAllowed,
    FindingState,
    failures,
    is_news,
    moved,
)
from services.inspections.domain.scoring import ItemResult
from shared.ids import new_id

STATES = get_args(FindingState)
ALLOWED = {("raised", "in_rectification"), ("raised", "closed"), ("in_rectification", "closed")}
CASE = new_id()


@pytest.mark.parametrize(("old", "new"), sorted(ALLOWED))
def test_a_finding_goes_forward_to_its_end(old: FindingState, new: FindingState):
    assert moved(old, new) == new


@pytest.mark.parametrize(("old", "new"), sorted(set(product(STATES, STATES)) - ALLOWED))
def test_every_other_pair_of_states_is_refused(old: FindingState, new: FindingState):
    with pytest.raises(FindingMoveNotAllowed):
        moved(old, new)


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
