"""What is assigned to nobody."""

from dataclasses import replace

import pytest

from services.grid.domain.assignments import Assigned, Assignments, Zone, cell_of, findings_in

STREET = "320508019"
HERE, BESIDE = f"{STREET}020", f"{STREET}021"
CELL = f"{HERE}001"
ONE = Assigned("a", "三元一村", HERE, None)
COMMITTEE = Assigned("lgw-1", "联工委", HERE, CELL, frozenset({"a"}))
ALL = Assignments(
    compounds=[ONE],
    committees=[COMMITTEE],
    zones=[Zone(STREET, frozenset({HERE}))],
    communities=[(HERE, "三元一村社区")],
    areas={HERE, CELL},
)


def kinds(there: Assignments) -> list[tuple[str, str, str]]:
    return [(one.kind, one.severity, one.code) for one in findings_in(there)]


def test_where_all_is_assigned_nothing_is_found() -> None:  # G02
    assert kinds(ALL) == []


def test_a_compound_needs_a_cell_by_its_committee_or_directly() -> None:  # G02
    alone = replace(ALL, committees=[])
    assert kinds(alone) == [("compound_without_cell", "error", "a")]
    assert kinds(replace(alone, compounds=[replace(ONE, cell_code=CELL)])) == []


def test_a_committee_without_cell_leaves_its_compounds_without() -> None:
    assert kinds(replace(ALL, committees=[replace(COMMITTEE, cell_code=None)])) == [
        ("committee_without_cell", "error", "lgw-1"),
        ("compound_without_cell", "error", "a"),
    ]


def test_a_compound_in_no_committee_is_a_warning_where_there_are_any() -> None:
    other = replace(ONE, code="b", cell_code=CELL)
    elsewhere = Assigned("c", "别处", BESIDE, f"{BESIDE}001")
    there = replace(
        ALL,
        compounds=[ONE, other, elsewhere],
        areas={HERE, CELL, BESIDE, f"{BESIDE}001"},
    )
    assert kinds(there) == [("compound_in_no_committee", "warning", "b")]


@pytest.mark.parametrize(
    ("gone", "found"),
    [
        (CELL, [("cell_ended", "error", "lgw-1")]),
        (HERE, [("community_ended", "error", "a"), ("community_ended", "error", "lgw-1")]),
    ],
)
def test_what_ended_is_found_where_it_is_named(
    gone: str, found: list[tuple[str, str, str]]
) -> None:
    assert kinds(replace(ALL, areas={HERE, CELL} - {gone})) == found


def test_communities_need_a_zone_where_their_street_has_any() -> None:
    two = replace(ALL, communities=[(HERE, "甲"), (BESIDE, "乙"), ("320508020001", "丙")])
    assert kinds(two) == [("community_in_no_zone", "error", BESIDE)]
    assert kinds(replace(two, zones=[])) == []
    assert kinds(replace(two, zones=[*ALL.zones, Zone(STREET, frozenset({BESIDE}))])) == []


def test_the_committees_cell_comes_first() -> None:
    assert cell_of("direct", "committee") == "committee"
    assert cell_of("direct", None) == "direct"
    assert cell_of(None, None) is None
