"""Changes of areas that meet others: recorded ahead, undone again, with what lies in the areas."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from deploy.demo import boundaries as demo
from services.grid.usecases.area_days import goes_on_as
from shared.database import Transactions
from tests.usecases.grid.compounds import COMPOUNDS, committee, compound, make
from tests.usecases.grid.drawings import draw
from tests.usecases.grid.figures import approved
from tests.usecases.grid.register import csv_of, load
from tests.usecases.grid.test_area_changes import (
    AREAS,
    CHANGES,
    NEXT_MONTH,
    ONE,
    STREET,
    TODAY,
    TWO,
    YESTERDAY,
    area,
    cell,
    children,
    do,
    http,
    merge,
    problem,
)

__all__ = ["http"]

OTHER_STREET = "320508020"
OTHER_ONE = f"{OTHER_STREET}001"


@pytest.fixture
def streets(http: FlaskClient, grid_db: Transactions) -> FlaskClient:
    """The same grid with a second street, in which there is nothing."""
    load(grid_db, csv_of([f"{OTHER_STREET},平江街道,street,320508"]))
    return http


@pytest.mark.parametrize("day", [date.min, date.max])
def test_no_change_of_areas_takes_effect_at_the_end_of_time(http: FlaskClient, day: date) -> None:
    refused = do(http, f"{AREAS}/{TWO}/abolish", day)
    assert problem(refused) == (422, "invalid-request")
    assert [one["field"] for one in refused.json["errors"]] == ["effective_on"]


def test_what_is_no_code_is_said_in_chinese(http: FlaskClient) -> None:
    refused = do(http, f"{AREAS}/merge", codes=[ONE, TWO], into={"code": "３２", "name": "三元"})
    assert refused.json["errors"][0]["detail"] == "须为 2、4、6、9、12 或 15 位数字的区划代码"


def test_nothing_begins_in_an_area_that_is_to_end(http: FlaskClient) -> None:
    merge(http, NEXT_MONTH)
    late = do(http, AREAS, parent_code=TWO, name="东网格")
    assert problem(late) == (409, "area-ends-later")
    assert NEXT_MONTH.isoformat() in late.json["detail"]
    assert late.json["errors"][0]["field"] == "parent_code"
    moved = do(http, f"{AREAS}/{cell(http, ONE, '西网格', YESTERDAY)}/move", to_code=f"{TWO}001")
    assert problem(moved) == (409, "area-ends-later")
    assert children(http, TWO, NEXT_MONTH) == []


def test_what_is_renamed_later_does_not_end(http: FlaskClient) -> None:
    do(http, f"{AREAS}/{ONE}/rename", NEXT_MONTH, name="三元社区居委会")
    assert cell(http, ONE, "东网格") == f"{ONE}001"


def test_nothing_comes_back_into_an_area_that_has_ended(streets: FlaskClient) -> None:
    http = streets
    done = do(http, f"{AREAS}/{TWO}/abolish", YESTERDAY)
    into = {"code": OTHER_STREET, "name": "平江街道"}
    one = do(http, f"{AREAS}/merge", codes=[STREET, OTHER_STREET], into=into)
    assert one.status_code == 201, one.json
    for day, name in ((TODAY, "area-not-that-day"), (YESTERDAY, "area-ends-later")):
        refused = do(http, f"{CHANGES}/{done.json['id']}/revert", day)
        assert problem(refused)[1] == name
        assert refused.json["errors"][0]["field"] == "effective_on"
    assert area(http, TWO, TODAY).status_code == 404


def test_a_change_is_not_undone_over_what_ends_later_under_it(http: FlaskClient) -> None:
    done = do(http, AREAS, YESTERDAY, parent_code=STREET, code=f"{STREET}090", name="新社区")
    made = cell(http, f"{STREET}090", "东网格")
    assert do(http, f"{AREAS}/{made}/abolish", NEXT_MONTH).status_code == 201
    early = do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH - timedelta(days=1))
    assert problem(early) == (409, "changed-later")
    assert do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH).status_code == 201


def test_what_others_go_on_in_is_not_ended_before(http: FlaskClient) -> None:
    done = merge(http, NEXT_MONTH, name="三元一村社区居委会")
    effects = {one["code"]: one["happening"] for one in done.json["effects"]}
    assert effects == {ONE: "continues", TWO: "ends"}
    assert problem(do(http, f"{AREAS}/{ONE}/abolish")) == (409, "changed-later")
    undone = do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH)
    assert undone.status_code == 201, undone.json
    assert do(http, f"{AREAS}/{ONE}/abolish").status_code == 201


def test_a_merger_is_not_undone_after_what_they_went_on_in_has_changed(http: FlaskClient) -> None:
    done = merge(http, YESTERDAY, name="三元一村社区居委会")
    assert do(http, f"{AREAS}/{ONE}/abolish").status_code == 201
    undone = do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH)
    assert problem(undone) == (409, "changed-later")


def test_what_undoes_a_reversal_takes_all_along_once_more(http: FlaskClient) -> None:
    made = cell(http, TWO, "东网格", YESTERDAY)
    make(http, "two", compound(community_code=TWO, cell_code=made))
    done = merge(http, TODAY)
    days = [TODAY + timedelta(days=9 * n) for n in range(4)]
    for day in days[1:]:
        done = do(http, f"{CHANGES}/{done.json['id']}/revert", day)
        assert done.status_code == 201, done.json
    shown = [http.get(f"{COMPOUNDS}/two?on={day}").json for day in days]
    assert [one["community_code"] for one in shown] == [ONE, TWO, ONE, TWO]
    assert [one["cell_code"] for one in shown] == [f"{ONE}001", made, f"{ONE}001", made]


def test_a_reversal_that_left_nothing_is_not_undone(http: FlaskClient) -> None:
    done = do(http, AREAS, parent_code=ONE, name="东网格")
    back = do(http, f"{CHANGES}/{done.json['id']}/revert")
    again = do(http, f"{CHANGES}/{back.json['id']}/revert")
    assert problem(again) == (409, "taken-back")


def test_what_was_recorded_for_the_wrong_day_is_recorded_anew_with_its_code(
    http: FlaskClient,
) -> None:
    cell(http, TWO, "东网格", YESTERDAY)
    new = f"{STREET}090"
    done = merge(http, NEXT_MONTH, new)
    do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH)
    later = NEXT_MONTH + timedelta(days=30)
    assert merge(http, later, new, "三元新社区居委会").status_code == 201
    assert children(http, STREET, later) == [(new, "三元新社区居委会")]
    assert [name for _, name in children(http, new, later)] == ["东网格"]
    assert problem(area(http, new, NEXT_MONTH)) == (404, "area-not-then")
    assert problem(do(http, AREAS, later, parent_code=STREET, code=new, name="三元")) == (
        422,
        "area-code-taken",
    )


def test_a_figure_of_before_a_merger_is_not_that_of_the_merged(
    http: FlaskClient, grid_db: Transactions
) -> None:
    def of(day: date) -> tuple[int, int]:
        shown = http.get(f"/api/v1/grid/population?area={STREET}&on={day}").json
        return shown["residents"], shown["communities_without_figure"]

    for community, residents in ((ONE, 5213), (TWO, 900)):
        approved(grid_db, area_code=community, residents=residents)
    done = merge(http, YESTERDAY)
    assert of(YESTERDAY - timedelta(days=1)) == (6113, 0)
    assert of(YESTERDAY) == (0, 1)
    approved(grid_db, area_code=ONE, residents=6200, day=YESTERDAY.isoformat())
    assert of(YESTERDAY) == (6200, 0)
    back = do(http, f"{CHANGES}/{done.json['id']}/revert", TODAY)
    assert of(YESTERDAY) == (6200, 0)
    assert of(TODAY) == (6113, 0)
    do(http, f"{CHANGES}/{back.json['id']}/revert", NEXT_MONTH)
    assert of(NEXT_MONTH) == (6200, 0)


def test_what_a_cell_leaves_behind_in_its_old_community_is_found(http: FlaskClient) -> None:
    east, west = (cell(http, ONE, name, YESTERDAY) for name in ("东网格", "西网格"))
    make(http, "a", compound(community_code=ONE, cell_code=west))
    make(http, "b", compound(community_code=ONE))
    make(http, "lgw-1", committee("b", cell_code=west))
    parts = [
        {"code": ONE, "name": "三元东社区居委会", "children": [east]},
        {"code": f"{STREET}090", "name": "三元西社区居委会", "children": [west]},
    ]
    done = do(http, f"{AREAS}/{ONE}/split", NEXT_MONTH, into=parts)
    assert done.status_code == 201, done.json
    for day, wanted in ((TODAY, []), (NEXT_MONTH, ["a", "lgw-1"])):
        found = http.get(f"/api/v1/grid/assignments/findings?area={STREET}&on={day}").json["items"]
        assert [one["code"] for one in found if one["kind"] == "cell_elsewhere"] == wanted


def test_what_ended_twice_goes_on_as_its_last_successor(
    http: FlaskClient, grid_db: Transactions
) -> None:
    first = merge(http, YESTERDAY)
    do(http, f"{CHANGES}/{first.json['id']}/revert", TODAY)
    new = f"{STREET}090"
    assert merge(http, NEXT_MONTH, new).status_code == 201
    days = (YESTERDAY, TODAY, NEXT_MONTH)
    assert [grid_db.read(goes_on_as, TWO, day) for day in days] == [ONE, TWO, new]


@pytest.mark.parametrize("code", [ONE, f"{STREET}090"])
def test_what_a_load_of_the_register_renamed_since_is_not_undone(
    http: FlaskClient, grid_db: Transactions, code: str
) -> None:
    if code == ONE:
        done = do(http, f"{AREAS}/{ONE}/rename", name="三元社区居委会")
    else:
        done = do(http, AREAS, parent_code=STREET, code=code, name="三元社区居委会")
    load(grid_db, csv_of([f"{code},三元新社区居委会,community,{STREET}"]))
    undone = do(http, f"{CHANGES}/{done.json['id']}/revert")
    assert problem(undone) == (409, "changed-later")
    assert (code, "三元新社区居委会") in children(http, STREET, TODAY)


def test_what_never_was_is_not_shown(http: FlaskClient) -> None:
    done = do(http, AREAS, parent_code=ONE, name="东网格")
    do(http, f"{CHANGES}/{done.json['id']}/revert")
    assert problem(area(http, f"{ONE}001")) == (404, "area-unknown")
    assert problem(area(http, f"{ONE}001", TODAY)) == (404, "area-unknown")


def test_a_merger_is_found_among_the_changes_of_each_that_it_touches(http: FlaskClient) -> None:
    cell(http, TWO, "东网格", YESTERDAY)
    merge(http, TODAY)
    do(http, AREAS, parent_code=STREET, code=f"{STREET}090", name="新社区")
    for place, kinds in {
        ONE: ["merge"],
        TWO: ["merge", "establish"],
        f"{TWO}001": ["merge", "establish"],
        STREET: ["establish", "merge", "establish"],
        OTHER_STREET: [],
    }.items():
        items = http.get(f"{CHANGES}?area={place}").json["items"]
        assert [one["kind"] for one in items] == kinds, place


def test_the_cells_of_a_new_community_are_not_there_before_it(
    streets: FlaskClient, grid_db: Transactions
) -> None:
    http = streets
    load(grid_db, csv_of([f"{OTHER_ONE},平江社区,community,{OTHER_STREET}"]))
    merge(http, YESTERDAY, new := f"{STREET}090")
    before = YESTERDAY - timedelta(days=1)
    draw(grid_db, list(demo.cells(new, 0, 2, 1)), effective_on=TODAY)
    draw(grid_db, list(demo.cells(OTHER_ONE, 5, 2, 1)), effective_on=TODAY)
    days = (before, YESTERDAY, TODAY)
    assert [len(children(http, new, day)) for day in days] == [0, 0, 2]
    assert [len(children(http, OTHER_ONE, day)) for day in days] == [2, 2, 2]
