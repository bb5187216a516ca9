"""Owns the proof that the copy of the register holds the newest of what was said."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from services.inspections.usecases.areas import AreaNotFound, get_area
from shared.contracts.grid import AREAS_PER_EVENT
from shared.database import Transactions
from shared.register.learning import learn_area_changes, learn_areas
from tests.factories import COMMUNITY, area_changed
from tests.usecases.inspections.stories import area, heard, imported, rows


def test_imported_areas_are_known(db: Transactions):
    db.once_all([heard(imported(area()))], learn_areas)
    known = db.read(get_area, COMMUNITY)
    assert (known.name, known.level, known.version) == ("三元一村社区居委会", "community", 1)


def test_an_area_nobody_spoke_of_is_not_found(db: Transactions):
    with pytest.raises(AreaNotFound):
        db.read(get_area, "320508019099")


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_the_highest_version_stays_in_whatever_order_events_come(
    db: Transactions, order: tuple[int, ...]
):
    for version in order:
        db.once_all([heard(imported(area(name=f"名称{version}", version=version)))], learn_areas)
    assert db.read(get_area, COMMUNITY).name == "名称3"


def test_the_same_version_with_other_words_changes_nothing(db: Transactions):
    db.once_all([heard(imported(area(name="先到")))], learn_areas)
    db.once_all([heard(imported(area(name="后到")))], learn_areas)
    assert db.read(get_area, COMMUNITY).name == "先到"


@pytest.mark.parametrize("versions", [(1, 2), (2, 1)])
def test_an_area_twice_in_one_event_counts_with_its_higher_version(
    db: Transactions, versions: tuple[int, int]
):
    names = {1: "旧", 2: "新"}
    twice = [area(name=names[version], version=version) for version in versions]
    db.once_all([heard(imported(*twice))], learn_areas)
    assert db.read(get_area, COMMUNITY).name == "新"


def test_an_event_delivered_twice_is_handled_once(db: Transactions):
    event = heard(imported(area()))
    assert [db.once_all([event], learn_areas) for _ in range(2)] == [1, 0]
    assert rows(db)["areas"] == rows(db)["inbox"] == 1


def test_full_events_on_the_same_areas_at_once_all_succeed(db: Transactions):
    def event(version: int) -> object:
        areas = [area(f"320508{number:06d}", version=version) for number in range(AREAS_PER_EVENT)]
        return heard(imported(*(areas if version % 2 else reversed(areas))))

    with ThreadPoolExecutor(4) as threads:
        handled = list(threads.map(lambda v: db.once_all([event(v)], learn_areas), range(1, 9)))  # type: ignore[arg-type]
    assert handled == [True] * 8
    assert rows(db)["areas"] == AREAS_PER_EVENT
    assert {db.read(get_area, f"320508{number:06d}").version for number in (0, 499)} == {8}


def test_a_change_of_an_area_renames_it_whatever_the_order(db: Transactions):
    db.once_all([heard(area_changed(version=3, name="三元社区居委会"))], learn_area_changes)
    db.once_all([heard(imported(area(version=1)))], learn_areas)
    db.once_all([heard(area_changed(version=2, name="旧名"))], learn_area_changes)
    assert db.read(get_area, COMMUNITY).name == "三元社区居委会"


def test_cells_are_not_in_the_copy(db: Transactions):
    cell = area_changed(area_code=COMMUNITY + "001", level="cell", name="第一网格")
    db.once_all([heard(cell), heard(area_changed())], learn_area_changes)
    assert rows(db)["areas"] == 1
