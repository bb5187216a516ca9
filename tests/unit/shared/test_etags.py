"""Owns the proof of entity tags: what If-Match allows (RFC 9110, 8.8.3 and 13.1.1)."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.etags import (
    Expected,
    IfMatch,
    IfMatchMalformed,
    IfMatchRequired,
    PreconditionRequired,
    Stale,
    etag_of,
    expected_version,
    fingerprinted,
    require_version,
    tagged,
)


@dataclass(frozen=True)
class Thing:
    name: str
    version: int


def expected(header: str | None) -> Expected:
    return expected_version({"if_match": header})


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        (None, None),
        ("*", None),
        (" * ", None),
        ('"3"', {"3"}),
        ('"3", "4"', {"3", "4"}),
        ('"3","4" ,"5"', {"3", "4", "5"}),
        ('"a,b"', {"a,b"}),
        ('""', {""}),
        # weak tags never match strongly
        ('W/"3"', set()),
        ('W/"3", "4"', {"4"}),
    ],
)
def test_a_header_allows_the_strong_tags_it_lists(
    header: str | None, allowed: set[str] | None
) -> None:
    assert expected(header) == (None if allowed is None else frozenset(allowed))


@pytest.mark.parametrize(
    "header", ["", " ", "3", '"3', '3"', '"3" "4"', ',"3"', 'w/"3"', '*, "3"', '"3", *', '"\t"']
)
def test_what_is_no_list_of_tags_is_refused(header: str) -> None:
    with pytest.raises(IfMatchMalformed) as refused:
        expected(header)
    assert refused.value.field == "If-Match"


@given(st.text(max_size=200))
def test_any_header_is_read_or_refused(header: str) -> None:
    try:
        allowed = expected(header)
    except IfMatchMalformed:
        return
    assert allowed is None or all('"' not in tag for tag in allowed)


@given(st.integers(1, 2**63), st.integers(1, 2**63))
def test_the_tag_of_a_version_allows_that_version_alone(seen: int, now: int) -> None:
    thing = Thing("x", seen)
    allowed = expected(etag_of(thing))
    require_version(allowed, seen, lambda: thing)
    if now != seen:
        with pytest.raises(Stale) as refused:
            require_version(allowed, now, lambda: Thing("x", now))
        assert refused.value.current == Thing("x", now)


def test_without_a_condition_any_version_will_do() -> None:
    require_version(None, 7, lambda: pytest.fail("nobody asked"))


def test_a_view_is_answered_with_its_version_as_tag() -> None:
    assert tagged(Thing("x", 3)) == (Thing("x", 3), 200, {"ETag": '"3"'})
    assert tagged(Thing("x", 3), 201)[1] == 201


def test_a_fingerprint_changes_with_any_content_and_is_no_version() -> None:
    tags = {fingerprinted(thing)[2]["ETag"] for thing in (Thing("x", 3), Thing("y", 3))}
    assert len(tags) == 2
    assert fingerprinted(Thing("x", 3)) == fingerprinted(Thing("x", 3))
    for tag in tags:
        with pytest.raises(Stale):
            require_version(expected(tag), 3, lambda: Thing("x", 3))


def test_the_header_may_be_optional_or_required() -> None:
    assert IfMatch().load({}) == {"if_match": None}
    assert IfMatch().load({"If-Match": '"3"'}) == {"if_match": '"3"'}
    assert IfMatchRequired().load({"If-Match": '"3"'}) == {"if_match": '"3"'}
    with pytest.raises(PreconditionRequired) as refused:
        IfMatchRequired().load({})
    assert (refused.value.status, refused.value.field) == (428, "If-Match")
