"""What was there before there were posts stays valid and is worked on."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.usecases.dispatching import dispatch_waiting
from shared.database import Transactions
from tests.usecases.grid.posts import set_up
from tests.usecases.grid.register import csv_of, load
from tests.usecases.grid.test_cases import CASES, CHECKER, RESOLVER, of

OLD = """
    INSERT INTO cases (id, case_number, kind, area_code, title, description, severity, finding_id,
        deadline, state, filed_at, resolved_at, resolved_by, resolution, closed_at, closed_by,
        times_returned, version, created_at)
    VALUES (:id, :number, 'rectification', '320508019020', '旧案', '', 3, gen_random_uuid(),
        now(), :state, now(), :at, :resolver, :words, :closed, :closer, 0, 1, now())
"""


@pytest.fixture
def old(grid_http: FlaskClient, grid_db: Transactions) -> FlaskClient:
    """The door of a grid with a case in each state of step 0003, written by its code."""
    load(grid_db, csv_of())
    with Session(grid_db.engine) as session, session.begin():
        for number, state in enumerate(("filed", "resolved", "closed"), 1):
            done = number > 1
            row = {"id": UUID(int=number), "number": str(number), "state": state}
            row |= {"at": "2026-11-01T00:00Z" if done else None, "words": "已清" if done else None}
            row |= {"resolver": RESOLVER if done else None}
            row |= {"closed": "2026-11-02T00:00Z" if number == 3 else None}
            row |= {"closer": CHECKER if number == 3 else None}
            session.execute(text(OLD), row)
    return grid_http


def test_cases_of_before_are_shown_without_class_and_owners(old: FlaskClient) -> None:
    lines = old.get(CASES).json["items"]
    assert [line["state"] for line in lines] == ["closed", "resolved", "filed"]
    assert {line["case_class"] for line in lines} == {"unclassified"}
    assert {line["territorial"] for line in lines} == {None}


def test_a_case_that_was_filed_is_dispatched_when_there_are_posts(
    old: FlaskClient, grid_db: Transactions
) -> None:
    set_up(grid_db)
    assert grid_db.run(dispatch_waiting) == 1
    assert old.get(f"{CASES}/{UUID(int=1)}").json["state"] == "dispatched"


def test_a_case_that_was_resolved_waits_for_owners_when_it_is_returned(
    old: FlaskClient, grid_db: Transactions
) -> None:
    address = f"{CASES}/{UUID(int=2)}"
    body = {"reason": "仍有"}
    assert old.post(f"{address}/return", json=body, headers=of(CHECKER)).json["state"] == "filed"
    set_up(grid_db)
    assert grid_db.run(dispatch_waiting) == 2
    assert old.get(address).json["state"] == "dispatched"


def test_a_post_that_the_code_of_before_makes_is_shown_by_its_branch(
    old: FlaskClient, grid_db: Transactions
) -> None:
    with Session(grid_db.engine) as session, session.begin():
        session.execute(
            text(
                "INSERT INTO posts (id, code, name, branch, area_code, case_classes,"
                " first_responsible_id, directly_responsible_id, active, version, created_at,"
                " updated_at) VALUES (gen_random_uuid(), 'old', '城管办', 'functional', '320508',"
                " '{}', gen_random_uuid(), gen_random_uuid(), true, 1, now(), now())"
            )
        )
    shown = old.get("/api/v1/grid/posts/old").json
    assert (shown["kind"], shown["duties"], shown["vacant"]) == (
        "department",
        "",
        ["first", "direct"],
    )
