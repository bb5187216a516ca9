"""What a compound may be, and its size class."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.grid.domain.compounds import (
    Building,
    BuildingNumberMalformed,
    CellElsewhere,
    CodeMalformed,
    CompoundState,
    Entrance,
    Facility,
    GivenTwice,
    Lights,
    MoreThanThereAre,
    Place,
    PropertyUnclear,
    RenewalUnclear,
    gone_on,
    lights_of,
    place_of,
    require_code,
    require_number,
    require_sound,
    size_class,
    undone,
)

HERE, THERE = "320508019020", "320508019021"
SOUND = CompoundState(
    name="三元一村",
    community_code=HERE,
    cell_code=f"{HERE}001",
    kind="old_estate",
    households=0,
    floor_area_m2=0,
    buildings_count=0,
    year_built=None,
    renewal_state="none",
    renewal_year=None,
    renewal_basis=None,
    management="none",
    company=None,
    entrances=(),
    facilities=(),
    lights=None,
    lights_by_building=False,
    active=True,
)


@pytest.mark.parametrize(
    ("households", "size"),
    [
        (0, "small"),
        (299, "small"),
        (300, "medium"),
        (999, "medium"),
        (1_000, "large"),
        (2_999, "large"),
        (3_000, "very_large"),
        (50_000, "very_large"),
    ],
)
def test_the_size_class_follows_from_the_households(households: int, size: str) -> None:  # G21
    assert size_class(households) == size


@pytest.mark.parametrize("state", ["listed", "under_way", "done"])
def test_a_renewal_has_a_year(state: Any) -> None:  # G21
    require_sound(replace(SOUND, renewal_state=state, renewal_year=2027, renewal_basis="一批"))
    require_sound(replace(SOUND, renewal_state=state, renewal_year=2027))
    with pytest.raises(RenewalUnclear):
        require_sound(replace(SOUND, renewal_state=state))


@pytest.mark.parametrize("more", [{"renewal_year": 2027}, {"renewal_basis": "一批"}])
def test_without_a_renewal_there_is_neither_year_nor_basis(more: Any) -> None:
    with pytest.raises(RenewalUnclear):
        require_sound(replace(SOUND, **more))


@pytest.mark.parametrize(
    ("management", "company", "sound"),
    [
        ("professional", "某物业", True),
        ("professional", None, False),
        ("community_run", None, True),
        ("community_run", "某物业", True),
        ("self_managed", None, True),
        ("self_managed", "某物业", True),
        ("none", None, True),
        ("none", "某物业", False),
    ],
)
def test_professional_management_names_its_company(
    management: Any, company: str | None, sound: bool
) -> None:  # G22
    state = replace(SOUND, management=management, company=company)
    if sound:
        require_sound(state)
    else:
        with pytest.raises(PropertyUnclear):
            require_sound(state)


@pytest.mark.parametrize(
    ("values", "refusal", "field"),
    [
        ({"community_code": THERE}, CellElsewhere, "cell_code"),
        ({"lights": Lights(1, 2)}, MoreThanThereAre, "corridor_lights.installed"),
        ({"facilities": (Facility("telephone", 1, 2),)}, MoreThanThereAre, "facilities.0.in_use"),
        ({"facilities": (Facility("telephone", 1, 1),) * 2}, GivenTwice, "facilities.1"),
        ({"entrances": (Entrance("南", True, True),) * 2}, GivenTwice, "entrances.1"),
    ],
)
def test_a_state_that_contradicts_itself_is_refused(
    values: Any, refusal: type[Exception], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        require_sound(replace(SOUND, **values))
    assert refused.value.field == field  # type: ignore[attr-defined]


def test_all_that_there_are_may_be_in_use() -> None:
    require_sound(replace(SOUND, lights=Lights(2, 2), facilities=(Facility("other", 0, 0),)))


@pytest.mark.parametrize("bad", ["", "A", "a--b", "-a", "a-", "a b", "a\n", "乱", "a" * 65])
def test_a_code_has_plain_signs(bad: str) -> None:
    with pytest.raises(CodeMalformed):
        require_code(bad)
    require_code("sanyuan-1")


@pytest.mark.parametrize("bad", ["", "8 幢", "8-", "-8", "8--1", "8/1", "8\n", "8" * 33])
def test_a_building_has_a_short_number(bad: str) -> None:
    with pytest.raises(BuildingNumberMalformed):
        require_number(bad)
    for good in ("8", "8-1", "甲", "8" * 32):
        require_number(good)


def building(lights: Lights | None, *, active: bool = True) -> Building:
    return Building(UUID(int=1), "8", "8 幢", 1, 6, 12, lights, active, 1)


def test_lights_of_buildings_add_up() -> None:  # G31
    assert lights_of([]) is None
    assert lights_of([building(None)]) is None
    assert lights_of([building(Lights(3, 3), active=False)]) is None
    some = [building(Lights(3, 2)), building(None), building(Lights(4, 4))]
    assert lights_of(some) == Lights(7, 6)


def test_a_compound_goes_along_with_its_community_and_cell() -> None:
    moved = {HERE: THERE, f"{HERE}001": f"{THERE}004"}
    after = gone_on(SOUND, moved)
    assert place_of(after) == Place(THERE, f"{THERE}004")
    assert gone_on(SOUND, {THERE: HERE}) == SOUND
    assert gone_on(replace(SOUND, cell_code=None), moved).cell_code is None
    assert undone(after, place_of(SOUND), place_of(after)) == SOUND


def test_a_compound_that_moved_since_stays_where_it_is() -> None:
    after = replace(SOUND, community_code="320508019022", cell_code=None)
    was, became = place_of(SOUND), Place(THERE, f"{THERE}004")
    assert undone(after, was, became) == after
