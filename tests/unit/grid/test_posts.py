"""What a post may be."""

from uuid import UUID

import pytest

from services.grid.domain.posts import (
    CaseClassMalformed,
    ClassesOfTerritorialPost,
    OnePersonForBoth,
    PostCodeMalformed,
    classes_of,
    require_code,
    require_two_persons,
)


def test_the_two_responsible_are_two_persons() -> None:  # G08, G09
    require_two_persons(UUID(int=1), UUID(int=2))
    with pytest.raises(OnePersonForBoth) as refused:
        require_two_persons(UUID(int=1), UUID(int=1))
    assert refused.value.field == "directly_responsible_id"


def test_classes_are_kept_sorted_and_once() -> None:
    assert classes_of("functional", ["b", "a", "b"]) == ("a", "b")
    assert classes_of("functional", []) == classes_of("territorial", []) == ()


def test_a_post_by_place_has_no_choice_of_classes() -> None:
    with pytest.raises(ClassesOfTerritorialPost):
        classes_of("territorial", ["litter"])


@pytest.mark.parametrize("bad", ["", "A", "a--b", "-a", "a-", "a b", "a\n", "乱", "a" * 65])
def test_a_class_and_a_code_have_plain_signs(bad: str) -> None:
    with pytest.raises(CaseClassMalformed) as refused:
        classes_of("functional", ["fine", bad])
    assert refused.value.field == "case_classes.1"
    with pytest.raises(PostCodeMalformed):
        require_code(bad)


@pytest.mark.parametrize("good", ["kuai-320508019020", "a", "1-b", "a" * 64])
def test_codes_are_of_the_callers_choosing(good: str) -> None:
    require_code(good)
