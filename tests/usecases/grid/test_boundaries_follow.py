"""Boundaries go on in the areas that go on, and come back when a change is reversed."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from deploy.demo import boundaries as demo
from services.grid.models.areas import Area, AreaChangeRow
from services.grid.usecases.boundaries import follow, unfollow
from shared.database import Transactions
from shared.ids import new_id
from tests.databases import SetClock
from tests.usecases.grid.drawings import ONE, THREE, TODAY, TWO, draw, stored, where
from tests.usecases.grid.register import communities, csv_of, load

DAY = date(2026, 12, 1)
LATER = date(2027, 1, 1)
NEW = "320508019029"
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture
def db(grid_db: Transactions, clock: SetClock) -> Transactions:
    """Three communities with their cells; a fourth has cells and no boundary yet."""
    clock.set(NOW)
    load(grid_db, csv_of(communities(30)))
    draw(grid_db, demo.demo()["features"])
    with Session(grid_db.engine) as session, session.begin():
        session.add_all(
            Area(
                code=f"{NEW}{number:03d}",
                name="新网格",
                level="cell",
                parent_code=NEW,
                version=1,
                created_at=NOW,
                updated_at=NOW,
            )
            for number in range(1, 20)
        )
    return grid_db


def change(db: Transactions, moved: Mapping[str, str | None], on: date = DAY) -> UUID:
    """Let areas go on in others, as a change of areas does."""

    def work(session: Session, now: datetime) -> UUID:
        change_id = new_id()
        follow(session, change_id, moved, on)
        session.add(
            AreaChangeRow(
                id=change_id,
                kind="merge",
                area_code="320508019",
                effective_on=on,
                basis="文",
                effects=[],
                recorded_at=now,
            )
        )
        return change_id

    return db.run(work)


def undo(db: Transactions, change_id: UUID, on: date) -> None:
    db.change(unfollow, change_id, on)


def size_of(db: Transactions, code: str, on: date) -> int:
    """Return the square metres of what an area has on a day, nought for nothing."""
    return sum(
        size
        for each, since, until, size in stored(db)
        if each == code and since <= on and (until is None or until > on)
    )


def test_a_cell_keeps_its_shape_under_its_new_code(db: Transactions) -> None:
    change(db, {f"{ONE}001": f"{NEW}001"})
    assert where(db, 0, 0, DAY - timedelta(1)) == f"{ONE}001"
    assert where(db, 0, 0, DAY) == f"{NEW}001"
    assert size_of(db, f"{NEW}001", DAY) == size_of(db, f"{ONE}001", TODAY)
    assert size_of(db, f"{NEW}001", TODAY) == size_of(db, f"{ONE}001", DAY) == 0


def test_two_communities_become_one_with_all_their_cells(db: Transactions) -> None:
    cells = [f"{code}{n:03d}" for code in (ONE, TWO) for n in range(1, 7)]
    moved = {old: f"{NEW}{n:03d}" for n, old in enumerate(cells, 1)}
    change(db, {ONE: NEW, TWO: NEW, **moved})
    both = size_of(db, ONE, TODAY) + size_of(db, TWO, TODAY)
    assert abs(size_of(db, NEW, DAY) - both) < 5
    assert [where(db, x, 1, DAY) for x in (0, 3)] == [f"{NEW}004", f"{NEW}010"]
    assert [where(db, x, 1) for x in (0, 3)] == [f"{ONE}004", f"{TWO}004"]
    assert size_of(db, ONE, DAY) == size_of(db, TWO, DAY) == 0
    with db.engine.connect() as connection:
        count = "SELECT sum(ST_NumGeometries(shape)) FROM boundaries WHERE area_code = :code"
        assert connection.scalar(text(count), {"code": NEW}) == 1


def test_a_cell_that_takes_another_in_has_both_shapes(db: Transactions) -> None:
    change(db, {f"{ONE}002": f"{ONE}001"})
    assert [where(db, x, 0, DAY) for x in (0, 1)] == [f"{ONE}001", f"{ONE}001"]
    assert [where(db, x, 0) for x in (0, 1)] == [f"{ONE}001", f"{ONE}002"]


def test_an_area_that_ends_without_another_is_nowhere_until_it_is_reversed(
    db: Transactions,
) -> None:
    change_id = change(db, {f"{ONE}001": None, f"{ONE}002": f"{NEW}001", "320508019025": None})
    assert [where(db, x, 0, DAY) for x in (0, 1)] == [None, f"{NEW}001"]
    undo(db, change_id, LATER)
    assert [where(db, 0, 0, day) for day in (TODAY, DAY, LATER)] == [f"{ONE}001", None, f"{ONE}001"]


def test_two_cells_may_change_places(db: Transactions) -> None:
    change(db, {f"{ONE}001": f"{ONE}002", f"{ONE}002": f"{ONE}001"})
    assert [where(db, x, 0, DAY) for x in (0, 1)] == [f"{ONE}002", f"{ONE}001"]


@pytest.mark.parametrize("day", [TODAY, DAY])
def test_a_change_that_is_reversed_on_its_own_day_never_was(db: Transactions, day: date) -> None:
    before = stored(db)
    change_id = change(db, {ONE: NEW, TWO: NEW, f"{ONE}001": f"{TWO}001"}, day)
    assert stored(db) != before
    undo(db, change_id, day)
    assert stored(db) == before
    for code in (ONE, TWO, NEW, f"{ONE}001", f"{TWO}001"):
        for each in (TODAY, DAY, LATER):
            assert size_of(db, code, each) == sum(size for old, _, _, size in before if old == code)


def test_a_change_that_is_reversed_later_holds_in_between(db: Transactions) -> None:
    change_id = change(db, {f"{ONE}002": f"{ONE}001"})
    undo(db, change_id, LATER)
    days = (TODAY, DAY, LATER - timedelta(1), LATER)
    assert [where(db, 1, 0, day) for day in days] == [
        f"{ONE}002",
        f"{ONE}001",
        f"{ONE}001",
        f"{ONE}002",
    ]


def test_what_was_drawn_meanwhile_ends_with_the_reversal(db: Transactions) -> None:
    change_id = change(db, {f"{ONE}002": f"{ONE}001"})
    before = size_of(db, f"{ONE}001", TODAY)
    draw(db, [*demo.cells(ONE, 0, 1, 1)], effective_on=DAY + timedelta(5), gaps="allow")
    assert where(db, 1, 0, DAY + timedelta(5)) is None
    undo(db, change_id, LATER)
    assert where(db, 1, 0, LATER) == f"{ONE}002"
    assert size_of(db, f"{ONE}001", LATER) == before


def test_what_is_drawn_for_a_later_day_goes_on_as_well(db: Transactions) -> None:
    one, two = demo.cells(ONE, 0, 2, 1)
    one["properties"], two["properties"] = two["properties"], one["properties"]
    draw(db, [one, two], effective_on=LATER)
    change(db, {f"{ONE}001": f"{NEW}001"})
    assert [where(db, 0, 0, day) for day in (TODAY, DAY, LATER)] == [
        f"{ONE}001",
        f"{NEW}001",
        f"{ONE}002",
    ]
    assert where(db, 1, 0, LATER) == f"{NEW}001"


def test_areas_without_boundaries_go_on_without(db: Transactions) -> None:
    before = stored(db)
    for moved in (
        {"320508019025": NEW},
        {"320508018": "320508017", THREE: THREE},
        {},
        {ONE[:9]: None},
    ):
        change_id = change(db, moved)
        assert stored(db) == before
        undo(db, change_id, LATER)
        assert stored(db) == before


def test_changes_of_areas_take_boundaries_along_and_back(  # G01
    db: Transactions, grid_http: FlaskClient
) -> None:
    def do(path: str, on: date, **body: object) -> str:
        asked = {"effective_on": on.isoformat(), "basis": "姑苏府发〔2026〕18号", **body}
        done = grid_http.post(f"/api/v1/grid/{path}", json=asked)
        assert done.status_code == 201, done.json
        return str(done.json["id"])

    both = size_of(db, ONE, TODAY) + size_of(db, TWO, TODAY)
    do(f"areas/{ONE}001/abolish", DAY)
    assert [where(db, 0, 0, day) for day in (TODAY, DAY)] == [f"{ONE}001", None]
    into = {"code": ONE, "name": "三元社区"}
    merged = do("areas/merge", LATER, codes=[ONE, TWO], into=into)
    assert abs(size_of(db, ONE, LATER) - both) < 5
    assert (where(db, 3, 0, LATER) or "").startswith(ONE)
    assert where(db, 3, 0, LATER - timedelta(1)) == f"{TWO}001"
    do(f"area-changes/{merged}/revert", LATER)
    assert where(db, 3, 0, LATER) == f"{TWO}001"
    assert size_of(db, ONE, LATER) + size_of(db, TWO, LATER) == both
