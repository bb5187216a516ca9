"""Compounds, through their HTTP door."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.database import Transactions
from tests.databases import SetClock
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.compounds import (
    BESIDE,
    CELL,
    COMMUNITY,
    COMPOUNDS,
    committee,
    compound,
    end_area,
    ground,
    make,
    put,
    put_again,
)
from tests.usecases.grid.test_imports import at_once

CODE = "sanyuan-1"
SUMMARY = "/api/v1/grid/summaries/compounds"


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    ground(grid_db)
    clock.set(datetime(2026, 11, 26, 4, tzinfo=UTC))
    return grid_http


def test_a_compound_is_recorded_shown_and_said(
    http: FlaskClient, grid_db: Transactions
) -> None:  # G21
    made = put(http, CODE, compound())
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    shown = http.get(f"{COMPOUNDS}/{CODE}").json
    assert shown == made.json
    assert compound().items() <= shown.items()
    assert (shown["size_class"], shown["since"]) == ("large", "2026-11-26")
    ((name, said),) = outbox_of(grid_db)
    assert name == "compound_changed.v1"
    assert (str(said.compound_id), said.version) == (shown["id"], 1)
    assert (said.main_entrances, said.guarded_main_entrances) == (2, 1)
    assert [(p.area_code, p.since, p.until) for p in said.places] == [
        (COMMUNITY, date(2026, 11, 26), None)
    ]


def test_the_same_again_changes_and_says_nothing(http: FlaskClient, grid_db: Transactions) -> None:
    first = put(http, CODE, compound())
    for headers in ({}, {"If-Match": '"7"'}):
        again = put(http, CODE, compound(effective_on="2026-12-24"), **headers)
        assert (again.status_code, again.json) == (200, first.json)
    assert len(outbox_of(grid_db)) == 1


def test_a_change_needs_the_version_that_was_seen(http: FlaskClient) -> None:
    put(http, CODE, compound())
    other = compound(households=5)
    assert put(http, CODE, other).status_code == 428
    stale = put(http, CODE, other, **{"If-Match": '"9"'})
    assert (stale.status_code, stale.json["current"]["version"]) == (412, 1)
    changed = put(http, CODE, other, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    assert put(http, "none", other, **{"If-Match": "*"}).status_code == 404


def test_of_two_who_record_one_compound_at_once_one_does(
    http: FlaskClient, grid_db: Transactions
) -> None:
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token())
    answers = at_once(
        *[
            lambda one=one, n=n: one.put(
                f"{COMPOUNDS}/{CODE}", json=compound(households=n), headers=me
            )
            for n, one in enumerate(clients)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 428]
    assert len(outbox_of(grid_db)) == 1


def test_of_two_who_change_one_version_at_once_one_does(
    http: FlaskClient, grid_db: Transactions
) -> None:
    put(http, CODE, compound())
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token()) | {"If-Match": '"1"'}
    answers = at_once(
        *[
            lambda one=one, n=n: one.put(
                f"{COMPOUNDS}/{CODE}", json=compound(households=n), headers=me
            )
            for n, one in enumerate(clients)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert [said.version for _, said in outbox_of(grid_db)] == [1, 2]


def test_what_is_recorded_ahead_holds_from_its_day(
    http: FlaskClient, grid_db: Transactions
) -> None:  # G22
    make(http, CODE, compound())
    company = {"management": "professional", "company": "金阊物业"}
    ahead = put_again(http, CODE, compound(property=company, effective_on="2027-01-01"))
    assert (ahead["property"], ahead["since"]) == (company, "2027-01-01")

    def on(day: str) -> Any:
        return http.get(f"{COMPOUNDS}/{CODE}?on={day}")

    assert on("2026-11-25").status_code == 404
    assert on("2026-12-31").json["property"]["management"] == "community_run"
    assert on("2027-01-01").json["property"] == company
    today = http.get(f"{COMPOUNDS}/{CODE}").json
    assert (today["property"]["management"], today["next_change_on"]) == (
        "community_run",
        "2027-01-01",
    )
    assert [said.management for _, said in outbox_of(grid_db)] == ["community_run"] * 2


def test_a_change_before_a_recorded_one_is_refused_with_its_day(http: FlaskClient) -> None:
    make(http, CODE, compound())
    put_again(http, CODE, compound(households=9, effective_on="2027-01-01"))
    refused = put(http, CODE, compound(households=8), **{"If-Match": "*"})
    assert refused.status_code == 409
    assert refused.json["errors"][0]["field"] == "effective_on"
    assert "2027-01-01" in refused.json["detail"]
    before = put(http, CODE, compound(effective_on="2026-01-01"), **{"If-Match": "*"})
    assert before.status_code == 409


def test_a_compound_that_moves_has_both_places_in_what_is_said(
    http: FlaskClient, grid_db: Transactions
) -> None:
    make(http, CODE, compound(cell_code=CELL))
    put_again(http, CODE, compound(community_code=BESIDE, effective_on="2026-12-01"))
    *_, (_, said) = outbox_of(grid_db)
    assert (said.area_code, said.cell_code) == (COMMUNITY, CELL)
    assert [(p.area_code, p.cell_code, p.until) for p in said.places] == [
        (COMMUNITY, CELL, date(2026, 12, 1)),
        (BESIDE, None, None),
    ]


def test_a_compound_leaves_its_joint_committee_before_it_moves_or_ends(http: FlaskClient) -> None:
    make(http, CODE, compound())
    make(http, "lgw-1", committee(CODE))
    for change in ({"community_code": BESIDE}, {"active": False}):
        refused = put(http, CODE, compound(**change), **{"If-Match": "*"})
        assert (refused.status_code, "lgw-1" in refused.json["detail"]) == (409, True)
    put_again(http, "lgw-1", committee())
    put_again(http, CODE, compound(community_code=BESIDE))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"community_code": "320508019099"}, "community_code"),
        ({"community_code": "320508019099", "active": False}, "community_code"),
        ({"cell_code": f"{BESIDE}001"}, "cell_code"),
        ({"cell_code": f"{COMMUNITY}009"}, "cell_code"),
        ({"renewal": {"state": "listed"}}, "renewal.planned_year"),
        ({"renewal": {"state": "none", "basis": "批次"}}, "renewal.planned_year"),
        ({"property": {"management": "professional"}}, "property.company"),
        ({"property": {"management": "none", "company": "某物业"}}, "property.company"),
        ({"property": {"management": "self_managed", "company": "13812345678"}},
         "property.company"),
        ({"corridor_lights": {"total": 1, "installed": 2}}, "corridor_lights.installed"),
        ({"facilities": [{"kind": "telephone", "count": 1, "in_use": 2}]},
         "facilities.0.in_use"),
        ({"facilities": [{"kind": "telephone", "count": 1, "in_use": 1}] * 2}, "facilities.1"),
        ({"entrances": [{"name": "南", "main": True, "safety_post": True}] * 2}, "entrances.1"),
        ({"households": -1}, "households"),
        ({"kind": "castle"}, "kind"),
        ({"effective_on": "0001-01-01"}, "effective_on"),
    ],
)  # fmt: skip
def test_what_a_compound_can_not_be_is_refused_by_its_field(
    http: FlaskClient, values: dict[str, Any], field: str
) -> None:
    answer = put(http, CODE, compound(**values))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_compound_can_end_after_its_community(http: FlaskClient, grid_db: Transactions) -> None:
    make(http, CODE, compound())
    with Session(grid_db.engine) as session, session.begin():
        end_area(session, COMMUNITY, "2026-11-26")
    refused = put(http, CODE, compound(households=1), **{"If-Match": "*"})
    assert refused.json["errors"][0]["field"] == "community_code"
    assert put_again(http, CODE, compound(active=False))["active"] is False


def test_a_compound_is_recorded_and_seen_only_where_one_may(http: FlaskClient) -> None:
    here = bearer(token("community_secretary", areas=(COMMUNITY,)))
    there = bearer(token("community_secretary", areas=(BESIDE,)))
    assert put(http, CODE, compound(), **here).status_code == 201
    assert put(http, "other", compound(), **there).status_code == 403
    taken = put(http, CODE, compound(community_code=BESIDE), **there, **{"If-Match": "*"})
    assert taken.status_code == 403
    assert http.get(f"{COMPOUNDS}/{CODE}", headers=there).status_code == 404
    assert http.get(COMPOUNDS, headers=there).json["items"] == []
    assert len(http.get(COMPOUNDS, headers=here).json["items"]) == 1
    assert put(http, "b", compound(), **bearer(token("inspector"))).status_code == 403


def test_compounds_are_listed_by_area_kind_and_renewal(http: FlaskClient) -> None:  # G21
    make(http, "a", compound())
    make(http, "b", compound(community_code=BESIDE))
    none = {"state": "none"}
    make(http, "c", compound(kind="commodity", renewal=none))

    def codes(query: str) -> list[str]:
        return [one["code"] for one in http.get(f"{COMPOUNDS}?{query}").json["items"]]

    assert codes("") == ["a", "b", "c"]
    assert codes("renewal=listed") == ["a", "b"]
    assert codes(f"area={COMMUNITY}") == ["a", "c"]
    assert codes("kind=commodity&management=community_run") == ["c"]
    assert codes("on=2026-11-25") == []
    first = http.get(f"{COMPOUNDS}?limit=2").json
    assert codes(f"limit=2&after={first['next']}") == ["c"]


def test_the_summary_counts_by_size_and_gives_rates(http: FlaskClient) -> None:  # G21, G22
    make(http, "a", compound())
    make(http, "b", compound(households=299, property={"management": "none"}))
    make(http, "c", compound(community_code=BESIDE, kind="commodity", entrances=[]))
    make(http, "d", compound(active=False))
    summary = http.get(f"{SUMMARY}?area=3205").json
    assert (summary["compounds"], summary["households"]) == (3, 2779)
    assert summary["counts"]["by_size"] == {
        "small": 1, "medium": 0, "large": 2, "very_large": 0,
    }  # fmt: skip
    assert summary["counts"]["by_renewal"]["listed"] == 3
    assert summary["counts"]["by_kind"]["old_estate"] == 2
    assert summary["property_coverage"] == {"count": 1, "total": 2, "rate": 0.5}
    inner = http.get(f"{SUMMARY}?area={BESIDE}").json
    assert inner["safety_posts"] == {"count": 0, "total": 0, "rate": None}
    mine = bearer(token("inspector", areas=(BESIDE,)))
    assert http.get(f"{SUMMARY}", headers=mine).json["compounds"] == 1
    assert http.get(f"{SUMMARY}?area=3205", headers=mine).status_code == 403
    assert http.get(f"{SUMMARY}?on=2026-11-01").json["compounds"] == 0


def test_safety_posts_are_counted_at_main_entrances_alone(http: FlaskClient) -> None:  # G30
    make(http, "a", compound())
    make(http, "b", compound())
    summary = http.get(f"{SUMMARY}").json
    assert summary["safety_posts"] == {"count": 2, "total": 4, "rate": 0.5}


def test_the_share_of_corridor_lights_leaves_out_what_nobody_counted(
    http: FlaskClient,
) -> None:  # G31
    make(http, "a", compound())
    make(http, "b", compound(corridor_lights=None))
    summary = http.get(f"{SUMMARY}").json
    assert summary["corridor_lights"] == {"count": 398, "total": 420, "rate": 0.9476}


def test_facilities_in_use_are_told_by_kind(http: FlaskClient) -> None:  # G32
    make(http, "a", compound())
    both = [
        {"kind": "bike_shed", "count": 4, "in_use": 1},
        {"kind": "telephone", "count": 0, "in_use": 0},
    ]
    make(http, "b", compound(facilities=both))
    assert http.get(f"{SUMMARY}").json["facilities"] == [
        {"kind": "bike_shed", "in_use": {"count": 12, "total": 16, "rate": 0.75}},
        {"kind": "telephone", "in_use": {"count": 0, "total": 0, "rate": None}},
    ]


def test_what_was_recorded_of_a_compound_is_kept(http: FlaskClient, grid_db: Transactions) -> None:
    make(http, CODE, compound())
    put_again(http, CODE, compound(households=9, effective_on="2027-01-01"))
    with Session(grid_db.engine) as session:
        rows = session.execute(text("SELECT version, states FROM compound_versions ORDER BY 1"))
        told = [(version, [one["households"] for one in states]) for version, states in rows]
        assert told == [(1, [1240]), (2, [1240, 9])]
        with pytest.raises(IntegrityError, match="append-only"):
            session.execute(text("DELETE FROM compound_versions"))
