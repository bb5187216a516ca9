"""The rules of area codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.areas import (
    LENGTH_OF_LEVEL,
    ancestors_of,
    level_of,
    levels_below,
    parent_of,
    subtree_of,
    tree_of,
)

CODES = st.sampled_from(list(LENGTH_OF_LEVEL.values())).flatmap(
    lambda length: st.text("0123456789", min_size=length, max_size=length)
)


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("32", "province", None),
        ("3205", "city", "32"),
        ("320508", "district", "3205"),
        ("320508019", "street", "320508"),
        ("320508019020", "community", "320508019"),
    ],
)
def test_the_length_of_a_code_tells_its_level_and_its_parent(
    code: str, level: str, parent: str | None
) -> None:
    assert level_of(code) == level
    assert parent_of(code) == parent


@pytest.mark.parametrize("length", range(16))
def test_only_five_lengths_are_codes(length: int) -> None:
    assert (level_of("1" * length) is not None) == (length in LENGTH_OF_LEVEL.values())


@pytest.mark.parametrize("code", ["3x", "３２", "-1", " 1", "1\n", "1\x00", "٣٢"])
def test_only_ascii_digits_are_a_code(code: str) -> None:
    assert level_of(code) is None


@given(CODES)
def test_every_ancestor_is_a_shorter_beginning_and_the_last_is_the_parent(code: str) -> None:
    above = ancestors_of(code)
    assert all(code.startswith(a) and level_of(a) for a in above)
    assert list(above) == sorted(above)
    assert (above[-1] if above else None) == parent_of(code)


@given(CODES, CODES)
def test_a_subtree_holds_exactly_the_codes_that_begin_with_its_top(top: str, code: str) -> None:
    first, past = subtree_of(top)
    assert (first <= code < past) == code.startswith(top)


@pytest.mark.parametrize("depth", range(1, 6))
@pytest.mark.parametrize("level", LENGTH_OF_LEVEL)
def test_levels_below_begin_with_the_level_itself_and_end_with_cells(
    level: str, depth: int
) -> None:
    levels = levels_below(level, depth)
    assert levels[0] == level
    assert len(levels) == min(depth + 1, 6 - list(LENGTH_OF_LEVEL).index(level))


def test_a_tree_nests_each_area_in_its_parent() -> None:
    tree = tree_of([("32", "甲", "province"), ("3201", "乙", "city"), ("320101", "丙", "district")])
    assert tree.children[0].children[0].name == "丙"
    assert tree.children[0].children[0].children == []
