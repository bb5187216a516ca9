"""Buildings of compounds, through their HTTP door."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.database import Transactions
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.compounds import BESIDE, COMPOUNDS, compound, ground, make, put, put_again
from tests.usecases.grid.test_imports import at_once

CODE = "sanyuan-1"
DARK = compound(corridor_lights=None)


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions) -> FlaskClient:
    ground(grid_db)
    make(grid_http, CODE, DARK)
    return grid_http


def building(**values: Any) -> dict[str, Any]:
    lights = {"total": 24, "installed": 20}
    body = {"name": "8 幢", "units": 4, "floors": 6, "households": 48, "corridor_lights": lights}
    return body | values


def put_building(http: FlaskClient, number: str, body: Any, **headers: str) -> Any:
    return http.put(f"{COMPOUNDS}/{CODE}/buildings/{number}", json=body, headers=headers)


def lights(http: FlaskClient) -> Any:
    return http.get(f"{COMPOUNDS}/{CODE}").json["corridor_lights"]


def test_the_corridor_lights_of_a_compound_are_the_sum_of_its_buildings(
    http: FlaskClient, grid_db: Transactions
) -> None:  # G31
    assert put_building(http, "8", building()).status_code == 201
    put_building(http, "9-甲", building(corridor_lights={"total": 10, "installed": 10}))
    put_building(http, "10", building(corridor_lights=None))
    assert lights(http) == {"total": 34, "installed": 30}
    put_building(http, "9-甲", building(active=False), **{"If-Match": "*"})
    assert lights(http) == {"total": 24, "installed": 20}
    told = [(said.version, said.lights_installed) for _, said in outbox_of(grid_db)]
    assert told == [(1, None), (2, 20), (3, 30), (4, 20)]
    put_building(http, "8", building(corridor_lights=None), **{"If-Match": "*"})
    assert lights(http) is None


def test_corridor_lights_have_one_source(http: FlaskClient) -> None:  # G31
    put_building(http, "8", building())
    refused = put(http, CODE, compound(), **{"If-Match": "*"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (409, "corridor_lights")
    same = compound(corridor_lights={"total": 24, "installed": 20})
    assert put(http, CODE, same).status_code == 200
    assert put(http, CODE, DARK).json["corridor_lights"] == {"total": 24, "installed": 20}
    make(http, "other", compound())
    address = f"{COMPOUNDS}/other/buildings/1"
    assert http.put(address, json=building()).status_code == 409
    assert http.put(address, json=building(corridor_lights=None)).status_code == 201


def test_a_building_is_listed_and_the_same_again_changes_nothing(
    http: FlaskClient, grid_db: Transactions
) -> None:
    first = put_building(http, "8", building())
    again = put_building(http, "8", building())
    assert (again.status_code, again.json) == (200, first.json)
    put_building(http, "7", building(corridor_lights=None))
    page = http.get(f"{COMPOUNDS}/{CODE}/buildings?limit=1").json
    assert [one["number"] for one in page["items"]] == ["7"]
    rest = http.get(f"{COMPOUNDS}/{CODE}/buildings?limit=1&after={page['next']}").json
    assert rest["items"] == [first.json]
    with Session(grid_db.engine) as session:
        kept = session.scalar(text("SELECT count(*) FROM building_versions"))
    assert (kept, len(outbox_of(grid_db))) == (2, 2)


def test_a_change_needs_the_version_that_was_seen(http: FlaskClient) -> None:
    put_building(http, "8", building())
    other = building(floors=7)
    assert put_building(http, "8", other).status_code == 428
    assert put_building(http, "8", other, **{"If-Match": '"4"'}).status_code == 412
    assert put_building(http, "8", other, **{"If-Match": '"1"'}).json["version"] == 2
    assert put_building(http, "88", other, **{"If-Match": "*"}).status_code == 404


def test_of_two_buildings_recorded_at_once_both_count(http: FlaskClient) -> None:
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token())
    answers = at_once(
        *[
            lambda one=one, n=n: one.put(
                f"{COMPOUNDS}/{CODE}/buildings/{n}", json=building(), headers=me
            )
            for n, one in enumerate(clients)
        ]
    )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert lights(http) == {"total": 48, "installed": 40}


def test_lights_of_buildings_stay_when_the_compound_changes(http: FlaskClient) -> None:
    put_building(http, "8", building())
    changed = put_again(http, CODE, compound(households=7, corridor_lights=None))
    assert changed["corridor_lights"] == {"total": 24, "installed": 20}


@pytest.mark.parametrize(
    ("number", "body", "field"),
    [
        ("8 b", building(), "number"),
        ("8-", building(), "number"),
        ("8", building(corridor_lights={"total": 1, "installed": 2}), "corridor_lights.installed"),
        ("8", building(name="电话13812345678"), "name"),
        ("8", building(floors=-1), "floors"),
    ],
)
def test_what_a_building_can_not_be_is_refused_by_its_field(
    http: FlaskClient, number: str, body: Any, field: str
) -> None:
    answer = put_building(http, number, body)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_buildings_of_a_compound_elsewhere_are_not_found(http: FlaskClient) -> None:
    there = bearer(token("community_secretary", areas=(BESIDE,)))
    assert put_building(http, "8", building(), **there).status_code == 404
    assert http.get(f"{COMPOUNDS}/{CODE}/buildings", headers=there).status_code == 404
