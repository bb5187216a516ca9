"""Population figures, through their HTTP door."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.database import Transactions
from tests.databases import SetClock
from tests.factories import COMMUNITY
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.compounds import compound, make
from tests.usecases.grid.figures import APPROVER, RECORDER, approved, figure, recorded
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_imports import at_once

POPULATION = "/api/v1/grid/population"
FIGURES = f"{POPULATION}/figures"
STREET = "320508019"


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    """The door of a grid that knows one street of 30 communities, and a compound in it."""
    clock.set(datetime(2026, 11, 26, 2, tzinfo=UTC))
    load(grid_db, csv_of(communities(30)))
    make(grid_http, "sanyuan-1", compound())
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("DELETE FROM outbox"))
    return grid_http


def decide(http: FlaskClient, figure_id: Any, decision: str = "approve", **body: str) -> Any:
    headers = bearer(token(subject=APPROVER))
    return http.post(f"{FIGURES}/{figure_id}/{decision}", json=body or None, headers=headers)


def sums(http: FlaskClient, area: str = STREET, **query: str) -> Any:
    return http.get(POPULATION, query_string={"area": area, **query}).json


def test_a_figure_holds_and_is_said_once_another_person_approved_it(  # V01
    http: FlaskClient, grid_db: Transactions
) -> None:
    made = http.post(FIGURES, json=figure())
    assert (made.status_code, made.json["state"]) == (201, "awaiting")
    assert sums(http)["residents"] == 0
    assert outbox_of(grid_db) == []
    done = decide(http, made.json["id"])
    assert (done.status_code, done.json["state"], done.json["version"]) == (200, "approved", 2)
    ((name, said),) = outbox_of(grid_db)
    assert name == "population_recorded.v1"
    assert (said.area_code, said.residents, said.version) == (COMMUNITY, 5213, 2)
    assert said.approved_by == APPROVER
    assert sums(http)["residents"] == 5213


def test_the_sum_says_how_many_communities_have_no_figure(
    http: FlaskClient, grid_db: Transactions
) -> None:
    approved(grid_db)
    approved(grid_db, area_code="320508019021", residents=1000, registered=900, households=400)
    approved(grid_db, compound_code="sanyuan-1", residents=700)
    summed = sums(http)
    assert (summed["communities"], summed["communities_without_figure"]) == (30, 28)
    numbers = [summed[name] for name in ("residents", "registered", "households")]
    assert numbers == [6213, 5008, 2416]
    assert [one["figure"] for one in summed["items"]].count(None) == 28
    assert sums(http, "320508019021")["residents"] == 1000


def test_each_day_has_the_figure_of_its_time(http: FlaskClient, grid_db: Transactions) -> None:
    approved(grid_db)
    approved(grid_db, day="2025-06-30", residents=6000, source_kind="police", source="派出所")
    days = ("2020-10-31", "2020-11-01", "2025-06-29", "2025-06-30", "2026-11-26")
    assert [sums(http, on=day)["residents"] for day in days] == [0, 5213, 5213, 6000, 6000]
    assert sums(http, on="2020-10-31")["communities_without_figure"] == 30


def test_a_correction_is_a_new_figure_of_the_day_and_the_old_stays_readable(
    http: FlaskClient, grid_db: Transactions
) -> None:
    approved(grid_db)
    waiting = http.post(FIGURES, json=figure(residents=5300)).json
    assert waiting["previous"]["residents"] == 5213
    assert decide(http, waiting["id"]).json["previous"] is None
    assert sums(http)["residents"] == 5300
    shown = http.get(FIGURES, query_string={"area": COMMUNITY}).json["items"]
    assert [one["residents"] for one in shown] == [5300, 5213]


def test_the_same_figure_again_is_no_other(http: FlaskClient, grid_db: Transactions) -> None:
    first = http.post(FIGURES, json=figure())
    again = http.post(FIGURES, json=figure())
    assert (again.status_code, again.json["id"]) == (200, first.json["id"])
    decide(http, first.json["id"])
    assert http.post(FIGURES, json=figure()).status_code == 200
    corrected = http.post(FIGURES, json=figure(residents=1))
    assert corrected.status_code == 201
    decide(http, corrected.json["id"])
    assert http.post(FIGURES, json=figure()).status_code == 201, "the old one is to hold again"


def test_a_refused_figure_says_why_and_never_holds(
    http: FlaskClient, grid_db: Transactions
) -> None:
    waiting = recorded(grid_db)
    done = decide(http, waiting.id, "refuse", reason="户数有误")
    assert (done.json["state"], done.json["refusal"]) == ("refused", "户数有误")
    assert sums(http)["residents"] == 0
    assert outbox_of(grid_db) == []
    listed = http.get(FIGURES, query_string={"state": "refused"}).json["items"]
    assert [one["refusal"] for one in listed] == ["户数有误"]
    assert http.post(FIGURES, json=figure()).status_code == 201


def test_who_recorded_a_figure_does_not_approve_it(
    http: FlaskClient, grid_db: Transactions
) -> None:
    waiting = recorded(grid_db)
    me = bearer(token("street_office", areas=(STREET,), subject=RECORDER))
    refused = http.post(f"{FIGURES}/{waiting.id}/approve", headers=me)
    assert refused.status_code == 422
    assert refused.json["type"] == "urn:linli:problem:approved-by-own-recorder"
    with Session(grid_db.engine) as session, pytest.raises(IntegrityError, match="another_person"):
        session.execute(
            text(
                "UPDATE population_figures SET state = 'approved', decided_by = recorded_by,"
                " decided_at = recorded_at"
            )
        )


def test_a_decision_is_made_once(http: FlaskClient, grid_db: Transactions) -> None:
    waiting = recorded(grid_db)
    decide(http, waiting.id)
    for decision, body in (("approve", {}), ("refuse", {"reason": "有误"})):
        again = decide(http, waiting.id, decision, **body)
        assert (again.status_code, again.json["type"]) == (
            409,
            "urn:linli:problem:figure-decided",
        )


def test_of_two_who_decide_at_once_one_does(http: FlaskClient, grid_db: Transactions) -> None:
    waiting = recorded(grid_db)
    clients = [http.application.test_client() for _ in range(2)]
    answers = at_once(
        *[
            lambda one=one: one.post(f"{FIGURES}/{waiting.id}/approve", headers=bearer(token()))
            for one in clients
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(outbox_of(grid_db)) == 1


def test_of_two_who_record_one_figure_at_once_one_does(http: FlaskClient) -> None:
    clients = [http.application.test_client() for _ in range(2)]
    headers = bearer(token())
    answers = at_once(
        *[lambda one=one: one.post(FIGURES, json=figure(), headers=headers) for one in clients]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 201]


def test_the_database_lets_nobody_change_a_figure(http: FlaskClient, grid_db: Transactions) -> None:
    approved(grid_db)
    recorded(grid_db, residents=1)
    for change in (
        "UPDATE population_figures SET residents = 2",
        "UPDATE population_figures SET version = 9 WHERE state = 'approved'",
        "DELETE FROM population_figures",
    ):
        with Session(grid_db.engine) as session, pytest.raises(IntegrityError, match="append-only"):
            session.execute(text(change))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"residents": -1}, "residents"),
        ({"households": 1_000_001}, "households"),
        ({"registered": 1.5}, "registered"),
        ({"day": "2026-11-27"}, "day"),
        ({"day": "1900-01-01"}, "day"),
        ({"day": "昨天"}, "day"),
        ({"area_code": "320508019999"}, "area_code"),
        ({"area_code": STREET}, "area_code"),
        ({"source_kind": "rumour"}, "source_kind"),
        ({"source": " "}, "source"),
        ({"compound_code": "三元"}, "compound_code"),
        ({"compound_code": "sanyuan-9"}, "compound_code"),
        ({"compound_code": "sanyuan-1", "area_code": "320508019021"}, "compound_code"),
    ],
)
def test_what_no_figure_can_be_is_refused_by_its_field(
    http: FlaskClient, values: dict[str, Any], field: str
) -> None:
    answer = http.post(FIGURES, json=figure(**values))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_sum_over_more_than_the_callers_areas_is_refused(http: FlaskClient) -> None:
    secretary = bearer(token("community_secretary", areas=(COMMUNITY,)))
    assert http.get(f"{POPULATION}?area={COMMUNITY}", headers=secretary).status_code == 200
    assert http.get(f"{POPULATION}?area={STREET}", headers=secretary).status_code == 403


def test_a_community_that_is_not_there_that_day_is_not_counted(
    http: FlaskClient, grid_db: Transactions
) -> None:
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE areas SET dated = true WHERE code = '320508019020'"))
        session.execute(
            text(
                "INSERT INTO area_versions (code, since, until, name)"
                " VALUES ('320508019020', NULL, '2026-01-01', '旧名社区')"
            )
        )
    approved(grid_db)
    before, after = sums(http, on="2025-12-31"), sums(http, on="2026-01-01")
    assert (before["communities"], before["residents"]) == (30, 5213)
    assert "旧名社区" in [one["name"] for one in before["items"]]
    assert (after["communities"], after["residents"]) == (29, 0)
    refused = http.post(FIGURES, json=figure(day="2026-01-01"))
    assert refused.json["errors"][0]["field"] == "area_code"
