"""The responsibility matrix: linted, activated, asked."""

from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.grid.domain.case_classes import STREET_PROBLEMS
from services.grid.schemas.matrices import ShowOwners
from services.grid.usecases.dispatching import dispatch_waiting
from services.grid.usecases.owning import get_owners
from shared.database import Transactions
from tests.databases import SetClock
from tests.factories import COMMUNITY, NOON
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.posts import KUAI, OFFICE, SECRETARIES, TIAO, office, post, put, set_up
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_appointing import appoint, on
from tests.usecases.grid.test_cases import CASES, filed
from tests.usecases.grid.test_dispatching import sent
from tests.usecases.grid.test_imports import at_once

ROOT = "/api/v1/grid"
MATRIX = f"{ROOT}/matrices/320508"
TODAY = date(2026, 11, 23)
CELL = f"{COMMUNITY}001"


@pytest.fixture
def db(grid_db: Transactions, clock: SetClock) -> Transactions:
    """A grid with one street of 30 communities, one with two cells, on the day of NOON."""
    clock.set(NOON)
    load(grid_db, csv_of(communities(30)))
    with Session(grid_db.engine) as session, session.begin():
        for number in ("001", "002"):
            session.execute(
                text(
                    "INSERT INTO areas (code, name, level, parent_code, version, created_at,"
                    " updated_at) VALUES (:code, '网格', 'cell', :parent, 1, now(), now())"
                ),
                {"code": COMMUNITY + number, "parent": COMMUNITY},
            )
    sent(grid_db)
    return grid_db


@pytest.fixture
def http(grid_http: FlaskClient, db: Transactions) -> FlaskClient:
    return grid_http


def activate(http: FlaskClient, seen: str | None = None, **body: Any) -> Any:
    headers = {"If-Match": seen} if seen else {}
    return http.post(f"{MATRIX}/activate", json=body, headers=headers)


def owners(http: FlaskClient, area: str = CELL, **query: str) -> Any:
    asked = {"area": area, "case_class": "exposed-litter"} | query
    return http.get(f"{ROOT}/owners", query_string=asked).json


def findings(http: FlaskClient, query: str = "", area: str = "320508") -> Any:
    return http.get(f"{ROOT}/matrices/{area}/findings?{query}").json


def of_areas(db: Transactions, statement: str, **values: Any) -> None:
    with Session(db.engine) as session, session.begin():
        session.execute(text(statement), values)


def lasts(db: Transactions, code: str, since: date | None, until: date | None) -> None:
    """Let an area be there in a period only."""
    of_areas(db, "UPDATE areas SET dated = true WHERE code = :code", code=code)
    of_areas(
        db,
        "INSERT INTO area_versions (code, since, until, name) VALUES (:code, :since, :until, 'x')",
        code=code,
        since=since,
        until=until,
    )


def test_a_matrix_with_errors_is_refused_with_each_of_them(  # G06, G07, G09
    http: FlaskClient, db: Transactions
) -> None:
    put(db, KUAI, post(area_code="320508019020"))
    put(db, TIAO, office(case_classes=["exposed-litter"]))
    sent(db)
    refused = activate(http)
    assert (refused.status_code, refused.json["type"]) == (
        422,
        "urn:linli:problem:matrix-has-errors",
    )
    assert refused.json["error_count"] == len(refused.json["errors"]) == 30
    gap = [e for e in refused.json["errors"] if "“条”" in e["detail"]]
    assert [(e["field"], e["value"]) for e in gap] == [("gap", "320508")]
    assert gap[0]["detail"].startswith("姑苏区（320508）：")
    assert "graffiti" in gap[0]["detail"] and "exposed-litter" not in gap[0]["detail"]
    assert http.get(MATRIX).status_code == 404
    assert outbox_of(db) == []
    with Session(db.engine) as session:
        assert session.scalar(text("SELECT count(*) FROM matrices")) == 0


def test_a_matrix_without_errors_is_kept_shown_and_said(
    http: FlaskClient, db: Transactions
) -> None:
    set_up(db)
    put(db, "tiao-b", office(area_code=COMMUNITY, case_classes=["litter", "stalls"]))
    sent(db)
    done = activate(http, effective_on=on(3))
    assert (done.status_code, done.headers["ETag"]) == (200, '"1"')
    assert http.get(MATRIX).json == done.json
    assert http.get(f"{MATRIX}?on={on(2)}").status_code == 404
    assert (done.json["lines"], done.json["posts"], done.json["cells"]) == (4, 3, 31)
    lines = http.get(f"{MATRIX}/lines").json["items"]
    assert [(x["area_code"], x["branch"], x["case_class"], x["post_code"]) for x in lines] == [
        ("320508", "functional", None, TIAO),
        ("320508", "territorial", None, KUAI),
        (COMMUNITY, "functional", "litter", "tiao-b"),
        (COMMUNITY, "functional", "stalls", "tiao-b"),
    ]
    few = http.get(f"{MATRIX}/lines?area=320508019&branch=functional").json["items"]
    assert {x["post_code"] for x in few} == {"tiao-b"}
    ((name, said),) = outbox_of(db)
    assert (name, said.district_code, said.version) == ("matrix_activated.v1", "320508", 1)
    assert said.effective_on == TODAY + timedelta(days=3)


def test_before_its_first_activation_posts_answer_and_then_the_matrix(
    http: FlaskClient, db: Transactions
) -> None:
    set_up(db)
    activate(http, effective_on=on(3))
    put(db, "near", post(area_code=COMMUNITY))
    found = [owners(http, on=on(n))["territorial"]["post_code"] for n in (0, 2, 3)]
    assert found == ["near", "near", KUAI]
    assert activate(http, '"1"', effective_on=on(5)).json["version"] == 2
    found = [owners(http, on=on(n))["territorial"]["post_code"] for n in (2, 3, 4, 5)]
    assert found == ["near", KUAI, KUAI, "near"]
    views = [http.get(f"{MATRIX}?on={on(n)}").json["version"] for n in (3, 5)]
    assert views == [1, 2]


def test_holders_are_those_of_the_day_whatever_the_matrix_keeps(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    set_up(db)
    activate(http)
    appoint(http, person_id=UUID(int=9), since=on(2))
    assert owners(http, on=on(1))["territorial"]["first_responsible_id"] == str(SECRETARIES[0])
    assert owners(http, on=on(2))["territorial"]["first_responsible_id"] == str(UUID(int=9))
    clock.set(NOON + timedelta(days=2))
    shown = http.get(f"{CASES}/{filed(db).id}").json
    assert shown["territorial"]["first_responsible_id"] == str(UUID(int=9))


def test_a_post_of_the_matrix_that_is_stopped_lets_its_cases_wait(
    http: FlaskClient, db: Transactions
) -> None:
    set_up(db)
    put(db, "near", post(area_code=COMMUNITY))
    activate(http)
    put(db, "near", post(area_code=COMMUNITY, active=False))
    assert owners(http)["territorial"]["missing"] == ["first", "direct"]
    case = filed(db)
    assert http.get(f"{CASES}/{case.id}").json["state"] == "filed"
    assert db.run(dispatch_waiting) == 0
    (stopped,) = [x for x in findings(http)["items"] if x["kind"] == "inactive"]
    assert (stopped["posts"], stopped["area_code"]) == (["near"], COMMUNITY)
    activate(http, "*")
    assert db.run(dispatch_waiting) == 1


def test_each_next_activation_needs_the_version_that_was_seen(
    http: FlaskClient, db: Transactions
) -> None:
    set_up(db)
    assert activate(http, "*").status_code == 404
    activate(http)
    assert activate(http).status_code == 428
    stale = activate(http, '"7"')
    assert (stale.status_code, stale.json["current"]["version"]) == (412, 1)
    assert activate(http, '"1"').json["version"] == 2


def test_of_two_who_activate_at_once_one_does(http: FlaskClient, db: Transactions) -> None:
    set_up(db)
    sent(db)
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token())
    answers = at_once(
        *[lambda one=one: one.post(f"{MATRIX}/activate", json={}, headers=me) for one in clients]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 428]
    assert [name for name, _ in outbox_of(db)] == ["matrix_activated.v1"]


def test_what_can_not_be_activated_is_refused(http: FlaskClient, db: Transactions) -> None:
    set_up(db)
    past = activate(http, effective_on=on(-1))
    assert past.json["errors"][0]["field"] == "effective_on"
    street = http.post(f"{ROOT}/matrices/320508019/activate", json={})
    assert street.json["type"] == "urn:linli:problem:not-a-district"
    other = http.post(f"{ROOT}/matrices/320599/activate", json={})
    assert other.json["type"] == "urn:linli:problem:area-not-registered"


def test_the_database_keeps_an_activated_matrix_as_it_was(
    http: FlaskClient, db: Transactions
) -> None:
    set_up(db)
    activate(http)
    for statement in ("UPDATE matrix_lines SET case_class = 'x'", "DELETE FROM matrix_versions"):
        with Session(db.engine) as session, pytest.raises(IntegrityError, match="append-only"):
            session.execute(text(statement))


def test_who_answers_is_asked_by_area_class_and_day(http: FlaskClient, db: Transactions) -> None:
    put(db, TIAO, office(area_code="3205", case_classes=["exposed-litter"]))
    answer = owners(http)
    assert answer["functional"]["post_code"] == TIAO
    assert answer["functional"]["directly_responsible_id"] == str(OFFICE[1])
    assert answer["territorial"]["missing"] == ["post"]
    assert owners(http, case_class="other")["functional"]["missing"] == ["post"]
    assert owners(http, on=on(-1))["functional"]["missing"] == ["first", "direct"]
    unknown = http.get(f"{ROOT}/owners?area=320508999&case_class=other")
    assert unknown.json["type"] == "urn:linli:problem:area-not-registered"


def test_where_several_units_are_needed_one_leads_others_assist_and_the_office_coordinates(  # G13
    http: FlaskClient, db: Transactions
) -> None:
    put(db, TIAO, office(case_classes=["exposed-litter"]))
    helps = {"case_classes": ["market"], "assists": ["exposed-litter", "other"]}
    put(db, "tiao-market", office(area_code="320508019", **helps))
    put(db, "tiao-stopped", office(active=False, **helps))
    put(db, "ban-320508", office(kind="office", case_classes=[]))
    address = f"{ROOT}/owners/joint?area=320508019020&case_class="
    joint = http.get(address + "exposed-litter").json
    assert joint["functional"]["post_code"] == TIAO
    assert [one["post_code"] for one in joint["assisting"]] == ["tiao-market"]
    assert joint["assisting"][0]["first_responsible_id"] == str(OFFICE[0])
    assert joint["coordinating"]["post_code"] == "ban-320508"
    assert http.get(address + "graffiti").json["assisting"] == []
    elsewhere = http.get(f"{ROOT}/owners/joint?area=320508&case_class=exposed-litter").json
    assert elsewhere["assisting"] == []
    body = office(case_classes=["exposed-litter"], assists=["other", "exposed-litter"])
    refused = http.put(f"{ROOT}/posts/{TIAO}", json=body, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "assists.1")
    refused = http.put(f"{ROOT}/posts/kuai-x", json=post(assists=["other"]))
    assert refused.json["type"] == "urn:linli:problem:assists-of-kind"


def test_findings_are_shown_of_a_district_a_city_and_a_part(  # G08, G10, G11, G14, X01, X03
    http: FlaskClient, db: Transactions
) -> None:
    set_up(db)
    appoint(http, office="direct", person_id=None, since=on(4), until=on(6))
    whole = findings(http)
    assert (whole["errors"], whole["warnings"]) == (1, 3)
    vacancy = whole["items"][0]
    assert (vacancy["kind"], vacancy["posts"], vacancy["office"]) == ("vacancy", [KUAI], "direct")
    assert (vacancy["first_day"], vacancy["last_day"]) == (on(4), on(5))
    assert (vacancy["area_code"], vacancy["area_name"], vacancy["cells"]) == (
        "320508",
        "姑苏区",
        31,
    )
    kinds = [one["kind"] for one in whole["items"][1:]]
    assert sorted(kinds) == ["no_coordinator", "no_leading_group", "no_office"]
    assert findings(http, area="3205")["errors"] == 1
    part = findings(http, f"area={COMMUNITY}")
    assert [(one["kind"], one["area_code"]) for one in part["items"]] == [("vacancy", COMMUNITY)]
    assert findings(http, f"from={on(6)}")["errors"] == 0
    beside = http.get(f"{MATRIX}/findings?area=3206")
    assert beside.json["errors"][0]["field"] == "area"


def test_a_community_that_is_merged_away_and_one_that_comes_are_told(
    http: FlaskClient, db: Transactions
) -> None:
    for n in range(30):
        code = f"320508019{n:03d}"
        put(db, f"kuai-{n}", post(area_code=code))
    put(db, TIAO, office())
    assert findings(http)["errors"] == 0
    of_areas(
        db,
        "INSERT INTO areas (code, name, level, parent_code, version, created_at, updated_at)"
        " VALUES ('320508019100', '合并后社区', 'community', '320508019', 1, now(), now())",
    )
    lasts(db, COMMUNITY, None, TODAY + timedelta(days=5))
    for cell in ("001", "002"):
        lasts(db, COMMUNITY + cell, None, TODAY + timedelta(days=5))
    lasts(db, "320508019100", TODAY + timedelta(days=5), None)
    found = findings(http)
    (new,) = [x for x in found["items"] if x["severity"] == "error"]
    assert (new["kind"], new["area_code"], new["first_day"]) == (
        "reorganisation",
        "320508019100",
        on(5),
    )
    (old,) = [x for x in found["items"] if x["kind"] == "area_ended"]
    assert (old["posts"], old["first_day"]) == (["kuai-20"], on(5))
    put(db, "kuai-new", post(area_code="320508019100"))
    assert activate(http).status_code == 200


def test_classes_of_cases_so_far_need_an_owner_too(http: FlaskClient, db: Transactions) -> None:
    put(db, KUAI, post())
    put(db, TIAO, office(case_classes=["other"]))
    filed(db, item_code="corridor-clear")
    (gap,) = [x for x in findings(http)["items"] if x["kind"] == "gap"]
    assert {"corridor-clear", "unclassified"} <= set(gap["case_classes"])
    assert "other" not in gap["case_classes"]


def test_wherever_and_whenever_an_activated_matrix_is_asked_all_four_persons_are_there(  # G07
    http: FlaskClient, db: Transactions
) -> None:
    set_up(db)
    put(db, "near", post(area_code=COMMUNITY))
    put(db, "near-b", office(area_code="320508019", case_classes=["graffiti", "other"]))
    for code in (KUAI, "near", "near-b"):
        appoint(http, code, person_id=UUID(int=31), since=on(2), until=on(5), acting=True)
        appoint(http, code, office="direct", person_id=UUID(int=32), since=on(4))
    assert activate(http, effective_on=on(1)).status_code == 200
    for days, number, one in product(range(1, 8), (0, 20, 29), STREET_PROBLEMS):
        area = f"320508019{number:03d}"
        wanted = ShowOwners(area, one, TODAY + timedelta(days=days))
        answer = db.run(get_owners, wanted)
        assert (answer.territorial.missing, answer.functional.missing) == ([], [])
