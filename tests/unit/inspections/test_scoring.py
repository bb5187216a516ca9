"""Owns the proof of how results become points."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspections.domain.checklists import ChecklistItem
from services.inspections.domain.scoring import (
    ItemAnsweredTwice,
    ItemResult,
    ItemsMissing,
    ItemUnknown,
    NoteMissing,
    Score,
    check_results,
    score,
)

ITEMS = (
    ChecklistItem("a", "甲", 1, 10, 1),
    ChecklistItem("b", "乙", 2, 20, 2),
    ChecklistItem("c", "丙", 3, 30, 3),
)
GOOD = (ItemResult("a", True), ItemResult("b", False, "楼道堆放纸箱"), ItemResult("c", True))


def test_every_item_answered_once_is_accepted_in_any_order():
    check_results(ITEMS, GOOD)
    check_results(ITEMS, GOOD[::-1])


@pytest.mark.parametrize(
    ("results", "refusal", "field"),
    [
        ((*GOOD, ItemResult("d", True)), ItemUnknown, "results.3.item_code"),
        ((GOOD[0], ItemResult("A", True), GOOD[2]), ItemUnknown, "results.1.item_code"),
        ((*GOOD, ItemResult("a", True)), ItemAnsweredTwice, "results.3.item_code"),
        ((GOOD[0], GOOD[0], GOOD[2]), ItemAnsweredTwice, "results.1.item_code"),
        (GOOD[:2], ItemsMissing, "results"),
        ((), ItemsMissing, "results"),
        ((ItemResult("a", False), *GOOD[1:]), NoteMissing, "results.0.note"),
        ((ItemResult("a", False, " \n　"), *GOOD[1:]), NoteMissing, "results.0.note"),
    ],
)
def test_results_that_do_not_fit_the_checklist_are_refused_naming_the_field(
    results: Sequence[ItemResult], refusal: type[ItemUnknown], field: str
):
    with pytest.raises(refusal) as refused:
        check_results(ITEMS, results)
    assert refused.value.field == field


def test_all_missing_items_are_named_in_the_order_of_the_checklist():
    with pytest.raises(ItemsMissing, match="a, c"):
        check_results(ITEMS, GOOD[1:2])


def test_points_are_those_of_the_items_that_passed():
    assert score(ITEMS, GOOD) == Score(points=40, points_possible=60, failed_items=1)


def test_nothing_passed_is_no_points():
    results = [ItemResult(item.code, False, "未达标") for item in ITEMS]
    assert score(ITEMS, results) == Score(points=0, points_possible=60, failed_items=3)


marks = st.lists(st.tuples(st.integers(1, 100), st.booleans()), min_size=1, max_size=40)


@given(marks=marks, data=st.data())
def test_the_score_is_the_plain_sum_in_whatever_order_items_are_answered(
    marks: list[tuple[int, bool]], data: st.DataObject
):
    items = [ChecklistItem(f"i{n}", "项", 1, points, 1) for n, (points, _) in enumerate(marks)]
    results = [ItemResult(f"i{n}", passed, "差") for n, (_, passed) in enumerate(marks)]
    shuffled = data.draw(st.permutations(results))
    check_results(items, shuffled)
    earned = lost = failed = 0
    for points, passed in marks:
        earned, lost = (earned + points, lost) if passed else (earned, lost + points)
        failed += not passed
    assert score(items, shuffled) == Score(earned, earned + lost, failed)
