"""What a group may be, and how it goes along with areas."""

from dataclasses import replace
from typing import Any

import pytest

from services.grid.domain.groups import (
    WITHIN,
    CellOfCommitteesOnly,
    ClosedGroupEmpty,
    GroupState,
    WithinOtherLevel,
    gone_on,
    reach_of,
    require_sound,
    undone,
)

STREET = "320508019"
A, B, C, D = (f"{STREET}{n:03d}" for n in (20, 21, 22, 90))
ZONE = GroupState("第一管区", STREET, None, None, frozenset({A, B}), True)
COMMITTEE = GroupState("联工委", A, None, f"{A}001", frozenset({"sanyuan-1"}), True)


@pytest.mark.parametrize("kind", list(WITHIN))
@pytest.mark.parametrize("digits", [2, 4, 6, 9, 12, 15])
def test_a_zone_lies_in_a_street_and_the_others_in_a_community(kind: Any, digits: int) -> None:
    state = replace(ZONE, within_code=f"{A}001"[:digits])
    if digits == WITHIN[kind]:
        require_sound(kind, state)
    else:
        with pytest.raises(WithinOtherLevel):
            require_sound(kind, state)


def test_only_a_joint_committee_has_a_cell() -> None:  # G02
    require_sound("joint_committee", COMMITTEE)
    for kind in ("resident_group", "sector"):
        with pytest.raises(CellOfCommitteesOnly):
            require_sound(kind, COMMITTEE)  # type: ignore[arg-type]


def test_a_closed_group_is_empty() -> None:
    empty = replace(COMMITTEE, active=False, members=frozenset(), cell_code=None)
    require_sound("joint_committee", empty)
    for more in ({"members": frozenset("a")}, {"cell_code": f"{A}001"}):
        with pytest.raises(ClosedGroupEmpty):
            require_sound("joint_committee", replace(empty, **more))


@pytest.mark.parametrize(
    ("members", "moved", "there", "after"),
    [
        ({A, B, C}, {A: D, B: D}, (), {C, D}),  # both were in it: so is the new one
        ({A, C}, {A: D, B: D}, (), {C}),  # one wasn't: it is left out
        ({A}, {A: B}, {B}, set()),  # merged into one that is elsewhere
        ({A, B}, {A: B}, {B}, {B}),  # merged into one that stays
        ({A}, {A: D}, (), {D}),
        ({A}, {B: D}, (), {A}),
    ],
)
def test_a_new_community_joins_the_zone_that_all_its_old_ones_were_in(
    members: set[str], moved: dict[str, str], there: Any, after: set[str]
) -> None:
    state = replace(ZONE, members=frozenset(members))
    assert gone_on("zone", state, moved, there).members == after


def test_a_committee_goes_along_with_its_community_and_cell() -> None:
    after = gone_on("joint_committee", COMMITTEE, {A: D, f"{A}001": f"{D}007"}, ())
    assert after == replace(COMMITTEE, within_code=D, cell_code=f"{D}007")
    assert undone(after, reach_of(COMMITTEE), reach_of(after)) == COMMITTEE


def test_what_was_changed_since_stands_when_a_change_is_taken_back() -> None:
    after = gone_on("zone", ZONE, {A: D, B: D}, ())
    grown = replace(after, name="新管区", members=after.members | {C})
    back = undone(grown, reach_of(ZONE), reach_of(after))
    assert back == replace(ZONE, name="新管区", members=frozenset({A, B, C}))


def test_a_group_that_was_closed_since_stays_empty() -> None:
    after = gone_on("zone", ZONE, {A: D, B: D}, ())
    closed = replace(after, active=False, members=frozenset())
    assert undone(closed, reach_of(ZONE), reach_of(after)) == closed
