"""Owns the proof of paging: marks lead to the next page, and other marks are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.paging import BadCursor, page_of, position


@given(st.lists(st.integers(), unique=True), st.integers(1, 5))
def test_pages_hold_every_row_once_in_order(rows: list[int], limit: int):
    rows = sorted(rows)
    read: list[int] = []
    after = None
    for _ in range(len(rows) + 1):
        key = position(after)
        rest = [row for row in rows if key is None or row > int(key)]
        page = page_of(rest[: limit + 1], limit, str)
        read += page.items
        after = page.next
        if after is None:
            break
    assert read == rows
    assert after is None


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_mark_stands_for_the_key_of_the_last_row(key: str):
    page = page_of([key, "more"], 1, str)
    assert page.items == [key]
    assert position(page.next) == key


def test_a_page_that_ends_the_list_has_no_mark():
    assert page_of([1, 2], 2, str).next is None
    assert page_of([], 2, str).next is None


@given(st.text())
def test_any_other_mark_is_refused_or_read_as_text(after: str):
    try:
        key = position(after)
    except BadCursor as refusal:
        assert refusal.field == "after"
    else:
        assert key is not None and "\0" not in key


@pytest.mark.parametrize("after", ["!", "abc", "区划", "AA==", "gA==", "\ud800"])
def test_a_mark_that_no_list_gave_out_is_refused(after: str):
    with pytest.raises(BadCursor):
        position(after)
