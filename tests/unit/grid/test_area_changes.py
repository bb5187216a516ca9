"""What each change of areas makes begin, end or be called otherwise."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.area_changes import (
    AreaNotEmpty,
    ChangedLater,
    ChildNotPlaced,
    CodeNeeded,
    Effect,
    NamedTwice,
    NationalAreaByDistrict,
    NotAChild,
    NotAnotherParent,
    NothingChanges,
    NotSiblings,
    Part,
    PartsTooFew,
    Plan,
    Standing,
    abolish,
    common_area,
    establish,
    merge,
    move,
    rename,
    require_cells_only,
    require_changeable,
    reverse,
    split,
)
from services.grid.domain.area_numbers import AreaCodeTaken, CodeNotUnder, NoNumberFree, Numbers

S = "320508019"
A, B, C = (Standing(S + n, n) for n in ("020", "021", "022"))
CELLS = {code: [Standing(f"{code}{n:03}", f"网格{n}") for n in (1, 2)] for code in (A.code, B.code)}
USED = [A.code, B.code, C.code]


def used() -> Numbers:
    return Numbers(USED)


def begun(plan: Plan) -> list[str]:
    return [effect.code for effect in plan.effects if effect.happening == "begins"]


def ended(plan: Plan) -> list[str]:
    return [effect.code for effect in plan.effects if effect.happening == "ends"]


def test_a_rename_to_the_same_name_is_refused() -> None:
    assert rename(A, "新名").effects == [Effect(A.code, "renamed", "新名", "020")]
    with pytest.raises(NothingChanges):
        rename(A, A.name)


def test_only_cells_are_numbered_here() -> None:
    plan = establish(A.code, None, "网格", Numbers([A.code + "007"]))
    assert begun(plan) == [A.code + "008"]
    with pytest.raises(CodeNeeded):
        establish(S, None, "社区", used())
    with pytest.raises(CodeNotUnder):
        establish(S, "320508020001", "社区", used())
    with pytest.raises(AreaCodeTaken):
        establish(S, B.code, "社区", used())


def test_after_the_last_number_come_those_that_were_left_out() -> None:
    numbers = Numbers([A.code + "999", A.code + "001"])
    assert [numbers.next(A.code, 3) for _ in range(2)] == [A.code + "002", A.code + "003"]
    with pytest.raises(NoNumberFree):
        Numbers(f"{A.code}{n:03}" for n in range(1, 1000)).next(A.code, 3)


def test_merged_areas_take_what_lies_under_them_along() -> None:
    plan = merge([A, B], Part(S + "090", "合"), CELLS, used())
    assert begun(plan) == [S + "090" + n for n in ("", "001", "002", "003", "004")]
    assert sorted(ended(plan)) == sorted(
        [A.code, B.code, *(cell.code for cells in CELLS.values() for cell in cells)]
    )
    assert (B.code + "001", S + "090003") in plan.links


def test_one_of_them_may_live_on() -> None:
    numbers = Numbers([*USED, *(cell.code for cell in CELLS[A.code])])
    plan = merge([A, B], Part(A.code, "合"), CELLS, numbers)
    assert plan.effects[0] == Effect(A.code, "renamed", "合", "020")
    assert begun(plan) == [A.code + "003", A.code + "004"]
    assert ended(plan) == [B.code, B.code + "001", B.code + "002"]


@pytest.mark.parametrize(
    ("areas", "code", "refusal"),
    [
        ([A], S + "090", PartsTooFew),
        ([A, A], S + "090", NamedTwice),
        ([A, Standing("320508020001", "x")], S + "090", NotSiblings),
        ([A, Standing(S, "x")], S + "090", NotSiblings),
        ([A, B], C.code, AreaCodeTaken),
        ([A, B], "320508020090", CodeNotUnder),
    ],
)
def test_what_can_not_be_merged(areas: list[Standing], code: str, refusal: type) -> None:
    with pytest.raises(refusal):
        merge(areas, Part(code, "合"), {area.code: [] for area in areas}, used())


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ([Part(A.code, "东")], PartsTooFew),
        ([Part(A.code, "东"), Part(A.code, "西")], NamedTwice),
        ([Part(A.code, "东", (B.code + "001",)), Part(S + "090", "西")], NotAChild),
        ([Part(A.code, "东", (A.code + "001",)), Part(S + "090", "西")], ChildNotPlaced),
        ([Part(A.code, "东", (A.code + "001",) * 2), Part(S + "090", "西")], NamedTwice),
        ([Part(A.code, "东"), Part(C.code, "西")], ChildNotPlaced),
    ],
)
def test_what_can_not_be_split(parts: list[Part], refusal: type) -> None:
    with pytest.raises(refusal):
        split(A, parts, CELLS[A.code], used())


def test_a_split_into_others_ends_the_area() -> None:
    one, two = (cell.code for cell in CELLS[A.code])
    plan = split(
        A, [Part(S + "090", "东", (one,)), Part(S + "091", "西", (two,))], CELLS[A.code], used()
    )
    assert begun(plan) == [S + "090", S + "091", S + "090001", S + "091002"]
    assert ended(plan) == [A.code, one, two]


def test_a_move_keeps_the_last_digits() -> None:
    plan = move(Standing(S, "街道"), "320509001", "街道", [A, *CELLS[A.code]], Numbers([]))
    assert begun(plan) == ["320509001" + n for n in ("", "020", "020001", "020002")]
    for to in (S[:6] + "001", A.code, "32"):
        with pytest.raises((NotAnotherParent, CodeNotUnder)):
            move(Standing(S, "街道"), to, "街道", [], Numbers([]))


def test_only_an_empty_area_is_abolished() -> None:
    assert ended(abolish(A, [])) == [A.code]
    with pytest.raises(AreaNotEmpty):
        abolish(A, CELLS[A.code])


def test_a_change_comes_after_the_day_of_the_last_one() -> None:
    require_changeable(Standing("32", "x", date(2026, 1, 1)), date(2026, 1, 2))
    with pytest.raises(ChangedLater):
        require_changeable(Standing("32", "x", date(2026, 1, 2)), date(2026, 1, 2))


def test_a_street_changes_cells_only() -> None:
    require_cells_only(Plan([Effect(A.code + "001", "ends", "x")]))
    with pytest.raises(NationalAreaByDistrict):
        require_cells_only(Plan([Effect(A.code + "001", "ends", "x"), Effect(A.code, "ends", "x")]))


@pytest.mark.parametrize(
    ("codes", "above"),
    [
        ([A.code], A.code),
        ([A.code, B.code + "001"], S),
        ([A.code, A.code + "001"], A.code),
        (["32", "33"], ""),
        (["320508", "320509001"], "3205"),
    ],
)
def test_the_area_above_all(codes: list[str], above: str) -> None:
    assert common_area(codes) == above


SUBTREE = st.sets(st.integers(1, 999), max_size=8)


@given(SUBTREE, SUBTREE, st.booleans())
def test_a_merger_loses_no_cell_and_its_reverse_restores_all(
    first: set[int], second: set[int], survives: bool
) -> None:
    below = {
        area.code: [Standing(f"{area.code}{n:03}", f"{area.code}-{n}") for n in sorted(numbers)]
        for area, numbers in ((A, first), (B, second))
    }
    before = {one.code: one.name for one in [A, B, *below[A.code], *below[B.code]]}
    into = Part(A.code if survives else S + "090", "合")
    plan = merge([A, B], into, below, Numbers([*USED, *before]))
    after = applied(before, plan)
    assert sorted(n for c, n in after.items() if len(c) == 15) == sorted(
        n for c, n in before.items() if len(c) == 15
    )
    assert all(code.startswith(into.code) for code in after)
    assert applied(after, reverse(plan.effects, plan.links)) == before


def applied(areas: dict[str, str], plan: Plan) -> dict[str, str]:
    now = dict(areas)
    for effect in plan.effects:
        if effect.happening == "ends":
            assert now.pop(effect.code) == effect.before
        else:
            assert (effect.code in now) == (effect.happening in ("renamed", "continues"))
            now[effect.code] = effect.name
    return now
