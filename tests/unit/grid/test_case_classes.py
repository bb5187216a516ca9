"""What can be wrong in a street."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.grid.domain.case_classes import (
    STREET_PROBLEMS,
    CaseClassUnknown,
    class_of_item,
    street_problem,
)
from shared.contracts.grid import CaseReportedV1


def test_the_six_disorders_can_be_reported() -> None:  # I16, G28
    names = {one.zh for one in STREET_PROBLEMS.values()}
    assert {"乱停乱放", "乱搭乱建", "乱涂乱画", "乱堆乱占", "乱扯乱挂", "乱摆摊点"} <= names
    assert "暴露垃圾" in names


@pytest.mark.parametrize("one", STREET_PROBLEMS.values(), ids=STREET_PROBLEMS)
def test_each_class_has_its_days_and_its_severity(one: object) -> None:
    said = vars(one)
    assert 1 <= said["days"] <= 30 and 1 <= said["severity"] <= 5
    assert said["zh"] and said["en"].isascii()


def test_another_class_is_refused_by_its_field() -> None:
    with pytest.raises(CaseClassUnknown) as refused:
        street_problem("corridor-clear")
    assert refused.value.field == "case_class"


@pytest.mark.parametrize(
    ("item", "case_class"),
    [
        ("corridor-clear", "corridor-clear"),
        ("a-", "a"),
        ("a--b", "a-b"),
        ("A.b", "a-b"),
        ("---", "unclassified"),
        ("检查", "unclassified"),
    ],
)
def test_a_rectification_has_the_class_of_its_item(item: str, case_class: str) -> None:
    assert class_of_item(item) == case_class


@given(st.text())
def test_whatever_an_item_is_called_its_class_can_be_said(item: str) -> None:
    check = CaseReportedV1.__dataclass_fields__["case_class"].metadata["validate"]
    try:
        check(class_of_item(item))
    except ValidationError:
        pytest.fail(f"{item!r} has a class that no event can carry")
