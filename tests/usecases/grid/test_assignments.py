"""What is assigned to nobody, and which cell takes care of a compound."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from services.grid.domain.compounds import CompoundUnknown
from services.grid.usecases.assignments import assignment_findings, cell_of_compound
from shared.database import Transactions
from tests.databases import SetClock
from tests.tokens import bearer, token
from tests.usecases.grid.compounds import (
    BESIDE,
    CELL,
    COMMUNITY,
    OTHER_CELL,
    STREET,
    THIRD,
    committee,
    compound,
    end_area,
    ground,
    make,
    put_again,
    zone,
)

FINDINGS = "/api/v1/grid/assignments/findings"


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    ground(grid_db)
    clock.set(datetime(2026, 11, 26, 4, tzinfo=UTC))
    return grid_http


def found(http: FlaskClient, query: str = "", **headers: str) -> list[tuple[str, str]]:
    items: list[dict[str, Any]] = http.get(f"{FINDINGS}?{query}", headers=headers).json["items"]
    return [(one["kind"], one["code"]) for one in items]


def test_every_compound_has_a_cell_by_its_committee_or_directly(http: FlaskClient) -> None:  # G02
    assert found(http) == []
    make(http, "a", compound())
    make(http, "b", compound(cell_code=OTHER_CELL))
    assert found(http) == [("compound_without_cell", "a")]
    make(http, "lgw-1", committee("a"))
    assert found(http) == [("compound_in_no_committee", "b")]
    put_again(http, "lgw-1", committee("a", cell_code=None))
    assert found(http) == [
        ("committee_without_cell", "lgw-1"),
        ("compound_in_no_committee", "b"),
        ("compound_without_cell", "a"),
    ]
    assert found(http, "on=2026-11-01") == []


def test_a_community_in_no_zone_is_found_where_its_street_has_zones(http: FlaskClient) -> None:
    make(http, "zone-1", zone(*(f"{STREET}{n:03d}" for n in range(29))))
    assert found(http) == [("community_in_no_zone", f"{STREET}029")]
    mine = bearer(token("community_secretary", areas=(f"{STREET}029",)))
    assert found(http, **mine) == [("community_in_no_zone", f"{STREET}029")]
    assert found(http, f"area={BESIDE}") == []


def test_what_a_reorganisation_ended_is_found_from_that_day(
    http: FlaskClient, grid_db: Transactions
) -> None:
    make(http, "a", compound(cell_code=CELL))
    make(http, "c", compound(community_code=THIRD))
    with Session(grid_db.engine) as session, session.begin():
        end_area(session, CELL, "2027-01-01")
        end_area(session, THIRD, "2027-01-01")
    assert found(http) == [("compound_without_cell", "c")]
    assert found(http, "on=2027-01-01") == [
        ("cell_ended", "a"),
        ("community_ended", "c"),
        ("compound_without_cell", "c"),
    ]
    told = grid_db.read(assignment_findings, COMMUNITY, date(2027, 1, 1))
    assert [(one.kind, one.cell_code) for one in told] == [("cell_ended", CELL)]


def test_a_compound_that_is_no_more_needs_nobody(http: FlaskClient) -> None:
    make(http, "a", compound())
    put_again(http, "a", compound(active=False))
    assert found(http) == []


def test_findings_are_those_of_the_callers_areas(http: FlaskClient) -> None:
    make(http, "a", compound())
    make(http, "b", compound(community_code=BESIDE))
    mine = bearer(token("community_secretary", areas=(BESIDE,)))
    assert found(http, **mine) == [("compound_without_cell", "b")]
    assert found(http, f"area={STREET}", **mine) == [("compound_without_cell", "b")]
    assert found(http, f"area={COMMUNITY}", **mine) == []
    answer = http.get(FINDINGS).json
    assert (answer["total"], answer["by_kind"]) == (2, {"compound_without_cell": 2})


def test_the_cell_of_a_compound_is_its_committees_first(
    http: FlaskClient, grid_db: Transactions
) -> None:  # G02
    make(http, "a", compound(cell_code=OTHER_CELL))
    make(http, "lgw-1", committee("a", effective_on="2026-12-01"))

    def cell(day: date) -> str | None:
        return grid_db.read(cell_of_compound, "a", day)

    assert cell(date(2026, 11, 30)) == OTHER_CELL
    assert cell(date(2026, 12, 1)) == CELL
    with pytest.raises(CompoundUnknown):
        cell(date(2026, 11, 25))
