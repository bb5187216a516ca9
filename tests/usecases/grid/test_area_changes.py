"""Changes of areas through their HTTP door: on a day, with all that lies under, and undone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.usecases.area_changes import announce_due
from services.grid.usecases.area_days import day_of, goes_on_as
from services.grid.usecases.dispatching import dispatch_waiting
from shared.clock import real_now
from shared.database import Transactions
from tests.factories import NOON
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.posts import TIAO, office, post, put
from tests.usecases.grid.register import CHAIN, csv_of, load
from tests.usecases.grid.test_cases import filed
from tests.usecases.grid.test_imports import at_once

AREAS = "/api/v1/grid/areas"
CHANGES = "/api/v1/grid/area-changes"
STREET = "320508019"
ONE, TWO = STREET + "020", STREET + "021"
TODAY = day_of(real_now())
NEXT_MONTH = TODAY + timedelta(days=30)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions) -> FlaskClient:
    """The door of a grid with two communities of one street."""
    load(grid_db, csv_of([*CHAIN, f"{TWO},三元二村社区居委会,community,{STREET}"]))
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    return grid_http


def do(http: FlaskClient, path: str, on: date = TODAY, **body: Any) -> Any:
    asked = {"effective_on": on.isoformat(), "basis": "姑苏府发〔2026〕18号"} | body
    return http.post(path, json=asked)


def cell(http: FlaskClient, community: str, name: str, on: date = TODAY, **more: Any) -> str:
    made = do(http, AREAS, on, parent_code=community, name=name, **more)
    assert made.status_code == 201, made.json
    return str(made.json["effects"][0]["code"])


def merge(http: FlaskClient, on: date, code: str = ONE, name: str = "三元社区居委会") -> Any:
    return do(http, f"{AREAS}/merge", on, codes=[ONE, TWO], into={"code": code, "name": name})


def area(http: FlaskClient, code: str, on: date | None = None) -> Any:
    return http.get(f"{AREAS}/{code}" + (f"?on={on}" if on else ""))


def children(http: FlaskClient, code: str, on: date) -> list[tuple[str, str]]:
    items = http.get(f"{AREAS}?parent={code}&on={on}").json["items"]
    return [(one["code"], one["name"]) for one in items]


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["type"].removeprefix("urn:linli:problem:")


def said(db: Transactions) -> list[Any]:
    return [event for name, event in outbox_of(db) if name == "area_changed.v1"]


def test_cells_are_numbered_in_their_community_and_said(  # G01
    http: FlaskClient, grid_db: Transactions
) -> None:
    assert [cell(http, ONE, f"第{n}网格") for n in "一二"] == [ONE + "001", ONE + "002"]
    assert cell(http, ONE, "临时网格", code=ONE + "900") == ONE + "900"
    assert cell(http, ONE, "第三网格") == ONE + "901"
    assert [event.area_code for event in said(grid_db)][:2] == [ONE + "001", ONE + "002"]
    shown = area(http, ONE + "001").json
    assert (shown["level"], shown["parent_code"], shown["version"]) == ("cell", ONE, 1)
    assert shown["since"] == TODAY.isoformat()
    assert area(http, ONE).json["children_count"] == 4


def test_a_code_is_never_used_again(http: FlaskClient) -> None:
    code = cell(http, ONE, "第一网格", YESTERDAY)
    assert do(http, f"{AREAS}/{code}/abolish").status_code == 201
    again = do(http, AREAS, parent_code=ONE, name="第一网格", code=code)
    assert problem(again) == (422, "area-code-taken")
    assert cell(http, ONE, "第二网格") == ONE + "002"


def test_a_name_holds_from_its_day_on(http: FlaskClient, grid_db: Transactions) -> None:
    made = do(http, f"{AREAS}/{ONE}/rename", NEXT_MONTH, name="三元社区居委会")
    assert made.status_code == 201
    before, after = NEXT_MONTH - timedelta(days=1), NEXT_MONTH
    assert area(http, ONE, before).json["name"] == "三元一村社区居委会"
    assert area(http, ONE, after).json["name"] == "三元社区居委会"
    assert (ONE, "三元社区居委会") in children(http, STREET, after)
    assert (ONE, "三元一村社区居委会") in children(http, STREET, before)
    found = http.get(f"{AREAS}?parent={STREET}&q=三元社区&on={after}").json["items"]
    assert [one["code"] for one in found] == [ONE]
    assert http.get(f"{AREAS}?parent={STREET}&q=三元社区").json["items"] == []
    tree = http.get(f"{AREAS}/{STREET}/tree?on={after}").json["children"]
    assert [one["name"] for one in tree] == ["三元社区居委会", "三元二村社区居委会"]
    assert said(grid_db) == []


def test_two_communities_become_one_with_their_cells(http: FlaskClient) -> None:
    for community in (ONE, TWO):
        for name in ("东网格", "西网格"):
            cell(http, community, name, YESTERDAY)
    done = merge(http, NEXT_MONTH)
    assert done.status_code == 201, done.json
    before, after = NEXT_MONTH - timedelta(days=1), NEXT_MONTH
    assert [code for code, _ in children(http, STREET, before)] == [ONE, TWO]
    assert children(http, STREET, after) == [(ONE, "三元社区居委会")]
    assert children(http, ONE, after) == [
        (ONE + "001", "东网格"),
        (ONE + "002", "西网格"),
        (ONE + "003", "东网格"),
        (ONE + "004", "西网格"),
    ]
    assert len(children(http, TWO, before)) == 2
    assert area(http, TWO + "001").json["successors"] == [ONE + "003"]
    assert area(http, ONE + "003", after).json["predecessors"] == [TWO + "001"]
    gone = area(http, TWO, after)
    assert problem(gone) == (404, "area-not-then")
    assert NEXT_MONTH.isoformat() in gone.json["detail"]


def test_a_change_is_told_on_its_day_once_by_whichever_worker(
    http: FlaskClient, grid_db: Transactions
) -> None:
    merge(http, NEXT_MONTH, STREET + "090")
    assert said(grid_db) == []
    day = datetime.combine(NEXT_MONTH, datetime.min.time(), UTC)
    with Session(grid_db.engine) as session, session.begin():
        assert announce_due(session, day - timedelta(hours=9)) == 0
    told = at_once(*[lambda: in_session(grid_db, day)] * 2)
    assert sorted(told) == [0, 3]
    events = {event.area_code: event for event in said(grid_db)}
    assert events[ONE].until == events[TWO].until == NEXT_MONTH
    assert events[ONE].successors == [STREET + "090"]
    new = events[STREET + "090"]
    assert (new.name, new.since, new.until) == ("三元社区居委会", NEXT_MONTH, None)
    assert in_session(grid_db, day) == 0


def in_session(db: Transactions, now: datetime) -> int:
    with Session(db.engine) as session, session.begin():
        return announce_due(session, now)


def test_a_split_says_what_goes_where(http: FlaskClient) -> None:
    east, west = cell(http, ONE, "东网格", YESTERDAY), cell(http, ONE, "西网格", YESTERDAY)
    stays = {"code": ONE, "name": "三元东社区居委会", "children": [east]}
    goes = {"code": STREET + "090", "name": "三元西社区居委会"}
    missing = do(http, f"{AREAS}/{ONE}/split", into=[stays, goes])
    assert problem(missing) == (422, "child-not-placed")
    done = do(http, f"{AREAS}/{ONE}/split", into=[stays, goes | {"children": [west]}])
    assert done.status_code == 201, done.json
    assert children(http, ONE, TODAY) == [(east, "东网格")]
    assert children(http, STREET + "090", TODAY) == [(STREET + "090002", "西网格")]
    assert area(http, ONE, YESTERDAY).json["name"] == "三元一村社区居委会"
    assert area(http, ONE).json["successors"] == [STREET + "090"]


def test_a_move_takes_all_along(http: FlaskClient, grid_db: Transactions) -> None:
    load(grid_db, csv_of(["320508020,平江街道,street,320508"]))
    cell(http, ONE, "东网格", YESTERDAY)
    done = do(http, f"{AREAS}/{ONE}/move", to_code="320508020090")
    assert done.status_code == 201, done.json
    assert children(http, "320508020090", TODAY) == [("320508020090001", "东网格")]
    assert area(http, ONE, YESTERDAY).status_code == 200
    assert problem(area(http, ONE, TODAY)) == (404, "area-not-then")
    same = do(http, f"{AREAS}/{TWO}/move", to_code=STREET + "077")
    assert problem(same) == (422, "not-another-parent")


def test_an_area_with_others_in_it_is_not_abolished(http: FlaskClient) -> None:
    cell(http, ONE, "东网格", YESTERDAY)
    assert problem(do(http, f"{AREAS}/{ONE}/abolish")) == (409, "area-not-empty")
    assert do(http, f"{AREAS}/{TWO}/abolish").status_code == 201


def test_a_change_that_has_not_come_is_undone_as_if_it_had_never_been(
    http: FlaskClient, grid_db: Transactions
) -> None:
    cell(http, TWO, "东网格", YESTERDAY)
    done = merge(http, NEXT_MONTH)
    undone = do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH)
    assert undone.status_code == 201, undone.json
    for day in (NEXT_MONTH - timedelta(days=1), NEXT_MONTH):
        assert [code for code, _ in children(http, STREET, day)] == [ONE, TWO]
        assert children(http, TWO, day) == [(TWO + "001", "东网格")]
        assert children(http, ONE, day) == []
    again = do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH)
    assert problem(again) == (409, "reverted-already")
    assert merge(http, NEXT_MONTH).status_code == 201


def test_a_change_that_held_is_undone_from_a_later_day(http: FlaskClient) -> None:
    cell(http, TWO, "东网格", YESTERDAY - timedelta(days=9))
    done = merge(http, YESTERDAY)
    early = do(http, f"{CHANGES}/{done.json['id']}/revert", YESTERDAY - timedelta(days=1))
    assert problem(early) == (409, "reverted-too-early")
    undone = do(http, f"{CHANGES}/{done.json['id']}/revert", TODAY)
    assert undone.status_code == 201, undone.json
    assert [code for code, _ in children(http, STREET, YESTERDAY)] == [ONE]
    assert [code for code, _ in children(http, STREET, TODAY)] == [ONE, TWO]
    assert children(http, TWO, TODAY) == [(TWO + "001", "东网格")]
    assert children(http, ONE, TODAY) == []
    assert http.get(f"{CHANGES}/{done.json['id']}").json["reverted_by"] == undone.json["id"]


def test_what_was_changed_again_is_not_undone(http: FlaskClient) -> None:
    done = merge(http, YESTERDAY)
    assert do(http, f"{AREAS}/{ONE}/rename", name="三元新社区居委会").status_code == 201
    undone = do(http, f"{CHANGES}/{done.json['id']}/revert", NEXT_MONTH)
    assert problem(undone) == (409, "changed-later")


def test_a_change_comes_after_the_last_one(http: FlaskClient) -> None:
    assert merge(http, NEXT_MONTH).status_code == 201
    assert problem(do(http, f"{AREAS}/{ONE}/rename", name="三元")) == (409, "changed-later")
    assert problem(do(http, f"{AREAS}/{TWO}/rename", name="三元")) == (409, "changed-later")
    late = do(http, f"{AREAS}/{TWO}/rename", NEXT_MONTH + timedelta(days=1), name="三元")
    assert problem(late) == (422, "area-not-that-day")


def test_of_two_who_merge_at_once_one_does(http: FlaskClient) -> None:
    clients = [http.application.test_client() for _ in range(2)]
    body = {"effective_on": NEXT_MONTH.isoformat(), "basis": "批文", "codes": [ONE, TWO]}
    me = bearer(token())
    answers = at_once(
        *[
            lambda one=one, n=n: one.post(
                f"{AREAS}/merge",
                json=body | {"into": {"code": f"{STREET}09{n}", "name": "三元社区居委会"}},
                headers=me,
            )
            for n, one in enumerate(clients)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422]


def test_a_street_changes_cells_and_no_communities(http: FlaskClient) -> None:
    street = bearer(token("street_office", areas=(STREET,)))
    body = {"effective_on": TODAY.isoformat(), "basis": "街道通知", "name": "东网格"}
    made = http.post(AREAS, json=body | {"parent_code": ONE}, headers=street)
    assert made.status_code == 201, made.json
    refused = http.post(f"{AREAS}/{ONE}/rename", json=body, headers=street)
    assert problem(refused) == (403, "national-area-by-district")
    elsewhere = bearer(token("street_office", areas=("320508020",)))
    refused = http.post(AREAS, json=body | {"parent_code": ONE}, headers=elsewhere)
    assert problem(refused) == (403, "area-not-granted")


def test_a_load_of_the_register_keeps_the_names_of_before(
    http: FlaskClient, grid_db: Transactions
) -> None:
    load(grid_db, csv_of([f"{ONE},三元一村新居委会,community,{STREET}"]))
    assert area(http, ONE, YESTERDAY).json["name"] == "三元一村社区居委会"
    assert area(http, ONE).json["name"] == "三元一村新居委会"
    load(grid_db, csv_of([f"{ONE},三元一村居委会,community,{STREET}"]))
    assert area(http, ONE, YESTERDAY).json["name"] == "三元一村社区居委会"
    assert area(http, ONE).json["name"] == "三元一村居委会"
    (change, *_) = http.get(CHANGES).json["items"]
    assert problem(do(http, f"{CHANGES}/{change['id']}/revert")) == (409, "not-revertible")


def test_a_load_of_the_register_does_not_bring_back_what_has_ended(
    http: FlaskClient, grid_db: Transactions
) -> None:
    merge(http, TODAY)
    body = csv_of([f"{TWO},三元二村社区居委会,community,{STREET}"])
    refused = http.post(f"{AREAS}/imports", data=body, content_type="text/csv")
    assert refused.status_code == 422
    assert [(one["row"], one["field"]) for one in refused.json["errors"]] == [(2, "code")]


def test_nothing_is_reported_in_a_community_that_has_ended(http: FlaskClient) -> None:
    merge(http, TODAY)
    report = {"area_code": TWO, "case_class": "graffiti", "place": "东门", "description": "小广告"}
    refused = http.post("/api/v1/grid/reports", json=report)
    assert problem(refused) == (422, "area-not-that-day")
    assert http.post("/api/v1/grid/reports", json=report | {"area_code": ONE}).status_code == 201


def test_what_ended_goes_on_as_its_successor(http: FlaskClient, grid_db: Transactions) -> None:
    first = merge(http, YESTERDAY, STREET + "090")
    assert grid_db.read(goes_on_as, ONE, YESTERDAY - timedelta(days=1)) == ONE
    assert grid_db.read(goes_on_as, ONE, TODAY) == STREET + "090"
    undone = do(http, f"{CHANGES}/{first.json['id']}/revert", TODAY)
    assert undone.status_code == 201, undone.json
    assert grid_db.read(goes_on_as, ONE, YESTERDAY) == STREET + "090"
    assert grid_db.read(goes_on_as, ONE, TODAY) == ONE
    do(http, f"{AREAS}/{ONE}/abolish", NEXT_MONTH)
    assert grid_db.read(goes_on_as, ONE, NEXT_MONTH) == ONE


def test_a_case_of_an_area_that_has_ended_goes_to_who_has_it_now(
    http: FlaskClient, grid_db: Transactions
) -> None:
    put(grid_db, TIAO, office())
    put(grid_db, "kuai-one", post(area_code=ONE))
    case = filed(grid_db, area_code=TWO, deadline=NOON)
    assert grid_db.run(dispatch_waiting) == 0
    merge(http, TODAY)
    assert grid_db.run(dispatch_waiting) == 1
    shown = http.get(f"/api/v1/grid/cases/{case.id}").json
    assert (shown["area_code"], shown["territorial"]["post_code"]) == (TWO, "kuai-one")


def test_who_works_where_an_area_goes_on_works_on_its_open_cases(
    http: FlaskClient, grid_db: Transactions
) -> None:
    put(grid_db, TIAO, office())
    put(grid_db, "kuai-street", post(area_code=STREET))
    case = filed(grid_db, area_code=TWO, deadline=NOON)
    cases = "/api/v1/grid/cases"
    me = bearer(token("community_secretary", areas=(ONE,)))
    assert http.get(f"{cases}/{case.id}", headers=me).status_code == 404
    merge(http, TODAY)
    assert http.get(f"{cases}/{case.id}", headers=me).status_code == 200
    for query in ("", f"?area={ONE}"):
        items = http.get(cases + query, headers=me).json["items"]
        assert [one["id"] for one in items] == [str(case.id)]
    note = {"note": "已清理"}
    assert http.post(f"{cases}/{case.id}/resolve", json=note, headers=me).status_code == 200
    other = bearer(token("community_secretary", areas=(STREET + "099",)))
    assert http.get(cases, headers=other).json["items"] == []
    assert http.get(f"{cases}/{case.id}", headers=other).status_code == 404
