"""Zones, joint committees, resident groups and sectors, through their HTTP door."""

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
from tests.tokens import bearer, client_token, token
from tests.usecases.grid.compounds import (
    BESIDE,
    CELL,
    COMMUNITY,
    COMPOUNDS,
    GROUPS,
    OTHER_CELL,
    STREET,
    THIRD,
    committee,
    compound,
    end_area,
    ground,
    make,
    put,
    put_again,
    zone,
)
from tests.usecases.grid.test_imports import at_once


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    """The door of a grid with three compounds in one community and one in another."""
    ground(grid_db)
    clock.set(datetime(2026, 11, 26, 4, tzinfo=UTC))
    for code in ("a", "b", "c"):
        make(grid_http, code, compound())
    make(grid_http, "elsewhere", compound(community_code=BESIDE))
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    return grid_http


def on(http: FlaskClient, code: str, day: str) -> Any:
    return http.get(f"{GROUPS}/{code}?on={day}")


def test_a_joint_committee_is_set_up_shown_and_said(
    http: FlaskClient, grid_db: Transactions
) -> None:  # G02
    made = put(http, "lgw-1", committee("b", "a"))
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    assert made.json["members"] == ["a", "b"]
    assert http.get(f"{GROUPS}/lgw-1").json == made.json
    ((name, said),) = outbox_of(grid_db)
    assert (name, said.kind, said.cell_code) == ("group_changed.v1", "joint_committee", CELL)
    assert (said.members, str(said.group_id)) == (["a", "b"], made.json["id"])


@pytest.mark.parametrize("kind", ["resident_group", "sector"])
def test_resident_groups_and_sectors_are_units_under_the_community(
    http: FlaskClient, kind: str
) -> None:  # G20
    body = committee("a", "b", kind=kind, cell_code=None)
    make(http, "one", body)
    make(http, "lgw-1", committee("a"))
    found = http.get(f"{GROUPS}?kind={kind}&area={COMMUNITY}").json["items"]
    assert [one["members"] for one in found] == [["a", "b"]]
    assert put(http, "two", committee(kind=kind)).json["errors"][0]["field"] == "cell_code"


def test_the_whole_set_holds_from_its_day_and_what_was_stays(
    http: FlaskClient, grid_db: Transactions
) -> None:
    make(http, "zone-1", zone(COMMUNITY, BESIDE, effective_on="2026-11-01"))
    put_again(http, "zone-1", zone(COMMUNITY, THIRD, effective_on="2027-01-01"))
    assert on(http, "zone-1", "2026-10-31").status_code == 404
    assert on(http, "zone-1", "2026-12-31").json["members"] == [COMMUNITY, BESIDE]
    assert on(http, "zone-1", "2027-01-01").json["members"] == [COMMUNITY, THIRD]
    (_, first), (name, said) = outbox_of(grid_db)
    assert (name, said.communities, said.version) == ("zone_changed.v1", first.communities, 2)
    assert [(one.code, one.since, one.until) for one in said.periods] == [
        (COMMUNITY, date(2026, 11, 1), None),
        (BESIDE, date(2026, 11, 1), date(2027, 1, 1)),
        (THIRD, date(2027, 1, 1), None),
    ]
    refused = put(http, "zone-1", zone(), **{"If-Match": "*"})
    assert (refused.status_code, "2027-01-01" in refused.json["detail"]) == (409, True)


def test_the_same_again_changes_and_says_nothing(http: FlaskClient, grid_db: Transactions) -> None:
    first = put(http, "lgw-1", committee("a", "b"))
    again = put(http, "lgw-1", committee("b", "a"))
    assert (again.status_code, again.json) == (200, first.json)
    assert len(outbox_of(grid_db)) == 1


def test_a_change_needs_the_version_that_was_seen(http: FlaskClient) -> None:
    put(http, "lgw-1", committee("a"))
    other = committee("b")
    assert put(http, "lgw-1", other).status_code == 428
    stale = put(http, "lgw-1", other, **{"If-Match": '"9"'})
    assert (stale.status_code, stale.json["current"]["members"]) == (412, ["a"])
    assert put(http, "lgw-1", other, **{"If-Match": '"1"'}).json["version"] == 2
    assert put(http, "lgw-2", other, **{"If-Match": "*"}).status_code == 404


def test_a_compound_is_in_one_joint_committee_at_a_time(http: FlaskClient) -> None:
    make(http, "lgw-1", committee("a"))
    put_again(http, "lgw-1", committee(effective_on="2027-01-01"))
    refused = put(http, "lgw-2", committee("a", effective_on="2026-12-31"))
    assert refused.status_code == 409
    assert all(word in refused.json["detail"] for word in ("lgw-1", "2026-12-31"))
    make(http, "lgw-2", committee("a", effective_on="2027-01-01"))


def test_of_two_groups_that_take_one_compound_at_once_one_does(
    http: FlaskClient, grid_db: Transactions
) -> None:
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token())
    answers = at_once(
        *[
            lambda one=one, n=n: one.put(f"{GROUPS}/lgw-{n}", json=committee("a", "b"), headers=me)
            for n, one in enumerate(clients)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(outbox_of(grid_db)) == 1


def test_of_two_who_change_one_group_at_once_one_does(http: FlaskClient) -> None:
    make(http, "lgw-1", committee())
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token()) | {"If-Match": '"1"'}
    answers = at_once(
        *[
            lambda one=one, n=n: one.put(f"{GROUPS}/lgw-1", json=committee(n), headers=me)
            for n, one in zip("ab", clients, strict=True)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


def test_a_group_ends_from_a_day_on(http: FlaskClient, grid_db: Transactions) -> None:
    make(http, "lgw-1", committee("a"))
    refused = put(http, "lgw-1", committee("a", active=False), **{"If-Match": "*"})
    assert refused.json["errors"][0]["field"] == "active"
    ended = put_again(http, "lgw-1", committee(active=False, cell_code=None))
    assert (ended["active"], ended["members"]) == (False, [])
    make(http, "lgw-2", committee("a"))
    assert [said.active for _, said in outbox_of(grid_db)] == [True, False, True]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (committee("a", "nowhere"), "members.1"),
        (committee("elsewhere"), "members.0"),
        (committee("a", "a"), "members.1"),
        (committee(cell_code=f"{BESIDE}001"), "cell_code"),
        (committee(cell_code=f"{COMMUNITY}009"), "cell_code"),
        (committee(within_code=STREET, cell_code=None), "within_code"),
        (committee(within_code="320508019099", cell_code=None), "within_code"),
        (committee(within_code="320508019099", cell_code=None, active=False), "within_code"),
        (committee(name="张 13812345678"), "name"),
        (zone(within_code=COMMUNITY), "within_code"),
        (zone("320508019099"), "members.0"),
        (zone("a"), "members.0"),
        (zone(CELL), "members.0"),
        (zone(STREET), "members.0"),
        (zone(cell_code=CELL), "cell_code"),
        (zone(kind="club"), "kind"),
    ],
)
def test_what_a_group_can_not_be_is_refused_by_its_field(
    http: FlaskClient, body: Any, field: str
) -> None:
    answer = put(http, "one", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_community_that_is_no_more_joins_no_zone(
    http: FlaskClient, grid_db: Transactions
) -> None:
    with Session(grid_db.engine) as session, session.begin():
        end_area(session, THIRD, "2027-01-01")
    make(http, "zone-1", zone(THIRD))
    later = zone(THIRD, effective_on="2027-01-01")
    assert put(http, "zone-2", later).json["errors"][0]["field"] == "members.0"


def test_a_group_keeps_its_kind(http: FlaskClient) -> None:
    make(http, "one", committee())
    assert put(http, "one", zone(), **{"If-Match": "*"}).status_code == 409


def test_a_compound_that_will_move_does_not_join(http: FlaskClient) -> None:
    put_again(http, "a", compound(community_code=BESIDE, effective_on="2027-01-01"))
    assert put(http, "lgw-1", committee("a")).json["errors"][0]["field"] == "members.0"


def test_zones_are_drawn_by_the_offices(http: FlaskClient) -> None:
    secretary = bearer(token("community_secretary", areas=(STREET,)))
    refused = put(http, "zone-1", zone(), **secretary)
    assert (refused.status_code, refused.json["type"]) == (
        403,
        "urn:linli:problem:zones-by-offices",
    )
    assert put(http, "lgw-1", committee(), **secretary).status_code == 201
    office = bearer(token("street_office", areas=(STREET,)))
    assert put(http, "zone-1", zone(), **office).status_code == 201
    client = bearer(client_token("grid.groups:write", areas=(STREET,)))
    assert put(http, "zone-2", zone(), **client).status_code == 201


def test_a_group_is_set_up_and_seen_only_where_one_may(http: FlaskClient) -> None:
    there = bearer(token("street_office", areas=(BESIDE,)))
    make(http, "lgw-1", committee("a"))
    assert put(http, "lgw-2", committee(), **there).status_code == 403
    taken = committee(within_code=BESIDE, cell_code=None)
    assert put(http, "lgw-1", taken, **there, **{"If-Match": "*"}).status_code == 403
    assert http.get(f"{GROUPS}/lgw-1", headers=there).status_code == 404
    assert http.get(GROUPS, headers=there).json["items"] == []
    assert put(http, "lgw-1", committee(), **bearer(token("grid_officer"))).status_code == 403


def test_who_works_in_a_community_sees_its_zone(http: FlaskClient) -> None:
    shown = make(http, "zone-1", zone(COMMUNITY, effective_on="2026-11-01"))
    make(http, "zone-2", zone(THIRD))
    secretary = bearer(token("zone_secretary", areas=(COMMUNITY, BESIDE)))
    found = http.get(GROUPS, headers=secretary).json["items"]
    assert found == [shown]
    assert http.get(f"{GROUPS}/zone-1", headers=secretary).status_code == 200
    assert http.get(f"{GROUPS}/zone-2", headers=secretary).status_code == 404
    of_community = http.get(f"{GROUPS}?kind=zone&area={THIRD}").json["items"]
    assert [one["code"] for one in of_community] == ["zone-2"]
    assert http.get(f"{GROUPS}?area={BESIDE}").json["items"] == []
    put_again(http, "zone-1", zone(BESIDE, effective_on="2027-01-01"))
    assert http.get(f"{GROUPS}?area={COMMUNITY}&on=2027-01-01").json["items"] == []


def test_of_a_compound_that_moves_and_joins_at_once_one_happens(http: FlaskClient) -> None:
    movers, joiners = (http.application.test_client() for _ in range(2))
    me = bearer(token())
    away = compound(community_code=BESIDE)
    any_version = {**me, "If-Match": "*"}
    answers = at_once(
        lambda: movers.put(f"{COMPOUNDS}/a", json=away, headers=any_version),
        lambda: joiners.put(f"{GROUPS}/lgw-1", json=committee("a"), headers=me),
    )
    moved, joined = (answer.status_code for answer in answers)
    assert (moved, joined) in ((200, 422), (409, 201))


def test_the_database_refuses_one_member_in_two_groups_of_a_kind(
    http: FlaskClient, grid_db: Transactions
) -> None:
    make(http, "lgw-1", committee("a"))
    make(http, "lgw-2", committee("b"))
    with Session(grid_db.engine) as session:
        with pytest.raises(IntegrityError, match="ex_group_members_one_of_a_kind"):
            session.execute(
                text(
                    "INSERT INTO group_members (code, kind, member, since)"
                    " VALUES ('lgw-2', 'joint_committee', 'a', '2030-01-01')"
                )
            )
        session.rollback()
        with pytest.raises(IntegrityError, match="append-only"):
            session.execute(text("DELETE FROM group_versions"))


def test_another_cell_takes_over_from_a_day(http: FlaskClient) -> None:  # G02
    make(http, "lgw-1", committee("a"))
    put_again(http, "lgw-1", committee("a", cell_code=OTHER_CELL, effective_on="2027-01-01"))
    assert on(http, "lgw-1", "2026-12-31").json["cell_code"] == CELL
    assert on(http, "lgw-1", "2027-01-01").json["cell_code"] == OTHER_CELL
