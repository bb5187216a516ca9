"""Owns the proof of what a checklist may be."""

from dataclasses import replace

import pytest

from services.inspections.domain.checklists import (
    Checklist,
    ChecklistItem,
    ItemCodeDoubled,
    ItemTitleDoubled,
    check_checklist,
)

PARKING = ChecklistItem("no-disorderly-parking", "无乱停乱放现象", 2, 10, 3)
PILING = ChecklistItem("no-piling", "无乱堆乱放现象", 3, 15, 5)
MANHOLES = ChecklistItem("manholes-intact", "窨井设施完好", 5, 20, 1)


def checklist(*items: ChecklistItem) -> Checklist:
    return Checklist("compound-order", "小区环境秩序检查表", items)


def test_items_that_differ_in_code_and_title_are_accepted():
    check_checklist(checklist(PARKING, PILING, MANHOLES))


def test_a_doubled_item_code_is_refused_at_the_later_of_the_two():
    with pytest.raises(ItemCodeDoubled) as refused:
        check_checklist(checklist(PARKING, PILING, replace(MANHOLES, code=PARKING.code)))
    assert refused.value.field == "items.2.code"


@pytest.mark.parametrize("title", [PARKING.title, f" {PARKING.title} "])
def test_a_doubled_item_title_is_refused_at_the_later_of_the_two(title: str):
    with pytest.raises(ItemTitleDoubled) as refused:
        check_checklist(checklist(PARKING, replace(PILING, title=title), MANHOLES))
    assert refused.value.field == "items.1.title"


def test_a_refusal_can_be_said_in_both_languages():
    refused = ItemCodeDoubled("items.1.code", code="no-piling")
    assert refused.text("zh") == "项目编号“no-piling”在同一检查表中重复"
    assert refused.text("en") == "The item code no-piling occurs twice in the checklist"


def test_points_possible_are_those_of_all_items():
    assert checklist(PARKING, PILING, MANHOLES).points_possible == 45


@pytest.mark.parametrize(
    "change",
    [
        {"code": "other"},
        {"title": "另一项"},
        {"severity": 1},
        {"points": 11},
        {"rectify_within_days": 4},
    ],
)
def test_any_change_of_an_item_is_other_content(change: dict[str, object]):
    assert checklist(PARKING, PILING) != checklist(replace(PARKING, **change), PILING)


def test_another_order_is_other_content_and_equal_items_are_the_same():
    assert checklist(PARKING, PILING) != checklist(PILING, PARKING)
    assert checklist(PARKING, PILING) == checklist(replace(PARKING), PILING)
