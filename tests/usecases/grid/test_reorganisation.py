"""How compounds and groups go along when areas go on under other codes, and come back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from services.grid.models.areas import AreaChangeRow
from services.grid.usecases.reorganisation import follow, unfollow
from shared.database import Transactions
from shared.ids import new_id
from tests.databases import SetClock
from tests.observe import outbox_of
from tests.usecases.grid.compounds import (
    BESIDE,
    CELL,
    COMMUNITY,
    COMPOUNDS,
    GROUPS,
    STREET,
    THIRD,
    add_area,
    committee,
    compound,
    ground,
    make,
    put_again,
    zone,
)

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
ON = date(2027, 1, 1)
LATER = date(2027, 3, 1)
NEW = f"{STREET}090"
MERGED = {COMMUNITY: NEW, BESIDE: NEW, CELL: f"{NEW}001", f"{BESIDE}001": f"{NEW}002"}


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    """The door of a grid where two communities, with all that is in them, are to be one."""
    ground(grid_db)
    clock.set(NOW)
    make(grid_http, "a", compound())
    make(grid_http, "b", compound(community_code=BESIDE, cell_code=f"{BESIDE}001"))
    make(grid_http, "other", compound(community_code=THIRD))
    make(grid_http, "lgw-1", committee("a"))
    make(grid_http, "zone-1", zone(COMMUNITY, BESIDE))
    make(grid_http, "zone-2", zone(THIRD))
    with Session(grid_db.engine) as session, session.begin():
        for code in (NEW, f"{NEW}001", f"{NEW}002"):
            add_area(session, code, "community" if code == NEW else "cell")
            since = {"code": code, "on": ON}
            session.execute(text("UPDATE areas SET dated = true WHERE code = :code"), since)
            session.execute(
                text("INSERT INTO area_versions (code, since, name) VALUES (:code, :on, :code)"),
                since,
            )
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    return grid_http


def recorded(session: Session, on: date, reverts: UUID | None = None) -> UUID:
    """Record a change of areas, as what makes it does."""
    change = AreaChangeRow(
        id=new_id(),
        kind="revert" if reverts else "merge",
        area_code=STREET,
        effective_on=on,
        basis="街道批复",
        effects=[],
        reverts=reverts,
        recorded_by=None,
        recorded_at=NOW,
    )
    session.add(change)
    session.flush()
    return change.id


def merge(db: Transactions, moved: Mapping[str, str] = MERGED) -> UUID:
    with Session(db.engine) as session, session.begin():
        change_id = recorded(session, ON)
        follow(session, change_id, moved, ON)
        return change_id


def revert(db: Transactions, change_id: UUID, on: date) -> None:
    with Session(db.engine) as session, session.begin():
        recorded(session, on, change_id)
        unfollow(session, change_id, on)


def at(http: FlaskClient, place: str, code: str, on: date) -> Any:
    return http.get(f"{place}/{code}?on={on}").json


def dated_rows(db: Transactions) -> list[tuple[Any, ...]]:
    """Return all that is dated, as it stands."""
    tables = ("compound_states", "group_states", "group_members")
    with Session(db.engine) as session:
        return [
            tuple(row)
            for table in tables
            for row in session.execute(text(f"SELECT {table}::text FROM {table} ORDER BY 1"))
        ]


def test_all_goes_along_from_the_day(http: FlaskClient, grid_db: Transactions) -> None:
    merge(grid_db)
    eve = date(2026, 12, 31)
    for code, old, cell in (("a", COMMUNITY, None), ("b", BESIDE, f"{NEW}002")):
        assert at(http, COMPOUNDS, code, eve)["community_code"] == old
        after = at(http, COMPOUNDS, code, ON)
        assert (after["community_code"], after["cell_code"]) == (NEW, cell)
    assert at(http, GROUPS, "lgw-1", eve)["cell_code"] == CELL
    lgw = at(http, GROUPS, "lgw-1", ON)
    assert (lgw["within_code"], lgw["cell_code"], lgw["members"]) == (NEW, f"{NEW}001", ["a"])
    assert at(http, GROUPS, "zone-1", eve)["members"] == [COMMUNITY, BESIDE]
    assert at(http, GROUPS, "zone-1", ON)["members"] == [NEW]
    told = [(name, said.version) for name, said in outbox_of(grid_db)]
    assert told == [
        ("compound_changed.v1", 2),
        ("compound_changed.v1", 2),
        ("group_changed.v1", 2),
        ("zone_changed.v1", 2),
    ]
    assert http.get(f"{COMPOUNDS}/other").json["version"] == 1


def test_communities_of_two_zones_leave_the_new_one_in_none_and_it_is_found(
    http: FlaskClient, grid_db: Transactions
) -> None:
    merge(grid_db, {COMMUNITY: NEW, THIRD: NEW})
    assert at(http, GROUPS, "zone-1", ON)["members"] == [BESIDE]
    assert at(http, GROUPS, "zone-2", ON)["members"] == []
    items = http.get(f"/api/v1/grid/assignments/findings?on={ON}&area={NEW}").json["items"]
    assert ("community_in_no_zone", NEW) in [(one["kind"], one["code"]) for one in items]


def test_what_is_recorded_ahead_goes_along_too(http: FlaskClient, grid_db: Transactions) -> None:
    put_again(http, "zone-2", zone(effective_on=str(LATER)))
    put_again(http, "zone-1", zone(COMMUNITY, BESIDE, THIRD, effective_on=str(LATER)))
    merge(grid_db)
    assert at(http, GROUPS, "zone-1", ON)["members"] == [NEW]
    assert at(http, GROUPS, "zone-1", LATER)["members"] == [THIRD, NEW]


def test_a_change_that_is_taken_back_on_its_day_was_never_there(
    http: FlaskClient, grid_db: Transactions
) -> None:
    before = dated_rows(grid_db)
    change_id = merge(grid_db)
    assert dated_rows(grid_db) != before
    revert(grid_db, change_id, ON)
    assert dated_rows(grid_db) == before


def test_a_change_that_is_taken_back_later_holds_until_then(
    http: FlaskClient, grid_db: Transactions
) -> None:
    change_id = merge(grid_db)
    revert(grid_db, change_id, LATER)
    between = date(2027, 2, 28)
    assert at(http, COMPOUNDS, "b", between)["cell_code"] == f"{NEW}002"
    assert at(http, COMPOUNDS, "b", LATER)["cell_code"] == f"{BESIDE}001"
    assert at(http, GROUPS, "zone-1", between)["members"] == [NEW]
    assert at(http, GROUPS, "zone-1", LATER)["members"] == [COMMUNITY, BESIDE]
    assert at(http, GROUPS, "lgw-1", LATER)["within_code"] == COMMUNITY


def test_what_was_recorded_since_stands(http: FlaskClient, grid_db: Transactions) -> None:
    change_id = merge(grid_db)
    day = "2027-02-01"
    new = compound(community_code=NEW, households=7, effective_on=day)
    put_again(http, "b", new)
    put_again(http, "lgw-1", committee("a", within_code=NEW, cell_code=None, effective_on=day))
    revert(grid_db, change_id, LATER)
    b = at(http, COMPOUNDS, "b", LATER)
    assert (b["households"], b["community_code"], b["cell_code"]) == (7, BESIDE, None)
    lgw = at(http, GROUPS, "lgw-1", LATER)
    assert (lgw["within_code"], lgw["cell_code"]) == (COMMUNITY, None)


def test_taking_back_needs_the_change_that_does_it(
    http: FlaskClient, grid_db: Transactions
) -> None:
    change_id = merge(grid_db)
    with Session(grid_db.engine) as session, pytest.raises(NoResultFound):
        unfollow(session, change_id, LATER)
