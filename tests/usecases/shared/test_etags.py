"""Owns the proof that of two writers the slower is told, and that readers are spared the known."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from services.grid.usecases.filing import open_rectification_case
from shared.auth.access import allow_everyone
from shared.database import Transactions
from shared.http.app import create_app
from shared.http.etags import IfMatchHeader, IfMatchRequired, expected_version
from shared.http.routes import Routes
from shared.register.learning import learn_areas
from tests.databases import SetClock
from tests.factories import COMMUNITY, NOON, finding_raised
from tests.tokens import bearer, token
from tests.usecases.grid.posts import set_up
from tests.usecases.grid.register import csv_of, load
from tests.usecases.inspections.stories import area, imported
from tests.usecases.inspections.test_http import CHECKLIST, INSPECTION, ROOT

CASES = "/api/v1/grid/cases"
NOTE = {"note": "纸箱已清运"}


@pytest.fixture
def case(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> str:
    """The address of a case that was filed an hour before noon."""
    clock.set(NOON - timedelta(hours=1))
    load(grid_db, csv_of())
    set_up(grid_db)
    grid_db.run(open_rectification_case, finding_raised())
    (line,) = grid_http.get(CASES).json["items"]
    return f"{CASES}/{line['id']}"


def resolve(http: FlaskClient, case: str, **headers: str) -> TestResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(f"{case}/resolve", json=NOTE, headers=sent)


def test_a_case_is_shown_with_its_version_as_tag(grid_http: FlaskClient, case: str) -> None:
    assert grid_http.get(case).headers["ETag"] == '"2"'
    assert resolve(grid_http, case).headers["ETag"] == '"3"'
    assert grid_http.get(case).headers["ETag"] == '"3"'


@pytest.mark.parametrize("seen", ['"2"', "*", '"9", "2"', 'W/"9", "2"'])
def test_a_change_of_the_version_that_was_seen_is_made(
    grid_http: FlaskClient, case: str, seen: str
) -> None:
    assert resolve(grid_http, case, If_Match=seen).status_code == 200


@pytest.mark.parametrize("seen", ['"3"', 'W/"2"', '"2x"', '""'])
def test_a_change_of_another_version_is_refused_with_the_current_one(
    grid_http: FlaskClient, grid_db: Transactions, case: str, seen: str
) -> None:
    shown = grid_http.get(case).json
    answer = resolve(grid_http, case, If_Match=seen)
    assert (answer.status_code, answer.headers["ETag"]) == (412, '"2"')
    assert answer.json["type"] == "urn:linli:problem:stale"
    assert answer.json["current"] == shown
    assert grid_http.get(case).json == shown


def test_a_header_that_is_no_tag_is_a_mistake_of_the_caller(
    grid_http: FlaskClient, case: str
) -> None:
    answer = resolve(grid_http, case, If_Match="2")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["If-Match"]


def test_of_two_writers_at_once_who_saw_the_same_one_is_told_what_the_other_made(
    grid_http: FlaskClient, grid_db: Transactions, case: str
) -> None:
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("SELECT 1 FROM cases FOR UPDATE"))
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(resolve, grid_http.application.test_client(), case, **headers)
                for headers in (
                    {"If_Match": '"2"', **bearer(token(subject=UUID(int=1)))},
                    {"If_Match": '"2"', **bearer(token(subject=UUID(int=2)))},
                )
            ]
            session.rollback()
            answers = sorted((one.result() for one in both), key=lambda one: one.status_code)
    assert [answer.status_code for answer in answers] == [200, 412]
    assert answers[1].json["current"] == answers[0].json
    assert answers[1].headers["ETag"] == answers[0].headers["ETag"] == '"3"'


def test_who_may_not_see_a_case_is_not_told_its_version(grid_http: FlaskClient, case: str) -> None:
    elsewhere = bearer(token("grid_officer", areas=("11",)))
    assert resolve(grid_http, case, If_Match='"9"', **elsewhere).status_code == 404


@pytest.mark.parametrize(
    ("known", "status"),
    [('"2"', 304), ('W/"2"', 304), ("*", 304), ('"0", "2"', 304), ('"3"', 200), ("2x", 200)],
)
def test_a_reader_who_knows_this_version_gets_no_body(
    grid_http: FlaskClient, case: str, known: str, status: int
) -> None:
    answer = grid_http.get(case, headers={"If-None-Match": known})
    assert (answer.status_code, answer.headers["ETag"]) == (status, '"2"')
    assert bool(answer.data) == (status == 200)


def test_a_reader_gets_a_change_at_once(grid_http: FlaskClient, case: str) -> None:
    tag = grid_http.get(case).headers["ETag"]
    resolve(grid_http, case)
    assert grid_http.get(case, headers={"If-None-Match": tag}).status_code == 200


def test_an_area_shows_another_tag_when_what_it_lies_in_is_renamed(
    grid_http: FlaskClient, grid_db: Transactions, case: str
) -> None:
    address = f"/api/v1/grid/areas/{COMMUNITY}"
    tag = grid_http.get(address).headers["ETag"]
    assert grid_http.get(address, headers={"If-None-Match": tag}).status_code == 304
    load(grid_db, csv_of(["32,江苏,province,"]))
    assert grid_http.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_what_inspections_shows_is_tagged(
    inspections_http: FlaskClient, inspections_db: Transactions
) -> None:
    inspections_db.run(learn_areas, [imported(area())])
    inspections_http.post(f"{ROOT}/checklists", json=CHECKLIST)
    made = inspections_http.post(f"{ROOT}/inspections", json=INSPECTION).json
    finding = made["findings"][0]["id"]
    for path, tag in (
        (f"areas/{COMMUNITY}", '"1"'),
        ("checklists/compound-order", '"1"'),
        (f"findings/{finding}", '"1"'),
        (f"inspections/{made['id']}", None),
    ):
        shown = inspections_http.get(f"{ROOT}/{path}")
        assert shown.headers["ETag"] == (tag or shown.headers["ETag"])
        known = {"If-None-Match": shown.headers["ETag"]}
        assert inspections_http.get(f"{ROOT}/{path}", headers=known).status_code == 304


def test_where_no_change_may_be_blind_the_header_is_asked_for(grid_db: Transactions) -> None:
    routes = Routes("things", __name__)

    @routes.put("/things/<name>")
    @routes.arguments(IfMatchRequired, location="headers")
    @routes.response(200)
    def put_thing(seen: IfMatchHeader, name: str) -> dict[str, list[str]]:
        return {"seen": sorted(expected_version(seen) or ())}

    rules = {"put_thing": allow_everyone()}
    http = create_app("grid", [routes], grid_db, rules).test_client()
    blind = http.put("/api/v1/grid/things/x", headers=bearer(token()))
    assert blind.status_code == 428
    assert blind.json["type"] == "urn:linli:problem:precondition-required"
    seen = http.put("/api/v1/grid/things/x", headers=bearer(token()) | {"If-Match": '"3"'})
    assert seen.json == {"seen": ["3"]}
