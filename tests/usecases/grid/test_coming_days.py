"""What was recorded ahead is said on its day, once."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.usecases.coming_days import tell_of_the_day
from shared.database import Transactions
from tests.databases import SetClock
from tests.observe import outbox_of
from tests.usecases.grid.compounds import (
    BESIDE,
    COMMUNITY,
    COMPOUNDS,
    compound,
    ground,
    make,
    put_again,
    zone,
)
from tests.usecases.grid.test_imports import at_once

EVE = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
DAY = datetime(2026, 12, 31, 16, tzinfo=UTC)
"""24:00 in Shanghai."""


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    """The door of a grid where a zone and a compound change on New Year's Day."""
    ground(grid_db)
    clock.set(datetime(2026, 11, 26, 4, tzinfo=UTC))
    make(grid_http, "zone-1", zone(COMMUNITY))
    put_again(grid_http, "zone-1", zone(BESIDE, effective_on="2027-01-01"))
    make(grid_http, "a", compound())
    put_again(grid_http, "a", compound(households=9, effective_on="2027-01-01"))
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    return grid_http


def test_what_begins_to_hold_is_said_on_its_day_and_once(
    http: FlaskClient, grid_db: Transactions, clock: SetClock
) -> None:
    clock.set(EVE)
    assert grid_db.run(tell_of_the_day) == 0
    clock.set(DAY)
    assert grid_db.run(tell_of_the_day) == 2
    assert grid_db.run(tell_of_the_day) == 0
    said = dict(outbox_of(grid_db))
    assert said["zone_changed.v1"].communities == [BESIDE]
    assert (said["compound_changed.v1"].households, said["compound_changed.v1"].version) == (9, 3)
    assert http.get(f"{COMPOUNDS}/a").headers["ETag"] == '"3"'


def test_two_workers_say_it_once(http: FlaskClient, grid_db: Transactions, clock: SetClock) -> None:
    for n in range(8):
        make(http, f"b{n}", compound())
        put_again(http, f"b{n}", compound(households=9, effective_on="2027-01-01"))
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    clock.set(DAY)
    told = at_once(*[lambda: grid_db.run(tell_of_the_day)] * 2)
    told.append(grid_db.run(tell_of_the_day))
    assert sum(told) == len(outbox_of(grid_db)) == 10


def test_after_an_outage_it_is_said_as_it_is_by_then(
    http: FlaskClient, grid_db: Transactions, clock: SetClock
) -> None:
    put_again(http, "a", compound(households=10, effective_on="2027-02-01"))
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    clock.set(datetime(2027, 2, 3, tzinfo=UTC))
    assert grid_db.run(tell_of_the_day) == 2
    assert dict(outbox_of(grid_db))["compound_changed.v1"].households == 10
    assert grid_db.run(tell_of_the_day) == 0
