"""What happens to a case, through its use cases and its HTTP door."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.grid.domain.case_number import is_case_number
from services.grid.domain.cases import MoveNotAllowed
from services.grid.models.cases import Case, CaseStep
from services.grid.schemas.cases import ListCases, ResolveCase
from services.grid.usecases.case_reading import list_cases
from services.grid.usecases.case_records import CaseMove
from services.grid.usecases.cases import resolve_case
from services.grid.usecases.filing import open_rectification_case
from shared.database import Transactions
from shared.errors import TooEarly
from shared.ids import new_id
from shared.messaging.envelope import Event, seal, unseal
from tests.databases import SetClock
from tests.factories import NOON, finding_raised
from tests.observe import outbox_of
from tests.tokens import bearer, somebody, token
from tests.usecases.grid.posts import KUAI, TIAO, set_up
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_imports import at_once

CASES = "/api/v1/grid/cases"
RESOLVER, CHECKER = UUID(int=1), UUID(int=2)


@pytest.fixture
def db(grid_db: Transactions, clock: SetClock) -> Transactions:
    """A grid that knows one street with 30 communities and two posts; it is an hour before noon."""
    clock.set(NOON - timedelta(hours=1))
    load(grid_db, csv_of(communities(30)))
    set_up(grid_db)
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    return grid_db


@pytest.fixture
def http(grid_http: FlaskClient, db: Transactions) -> FlaskClient:
    return grid_http


def event_of(finding: Any) -> Event:
    sealed = seal(finding, new_id(), datetime.now(UTC))
    return unseal("grid.on_finding_raised", sealed.headers, sealed.body)


def filed(db: Transactions, **values: Any) -> Case:
    finding = finding_raised(**values)
    assert db.once(event_of(finding), open_rectification_case)
    with Session(db.engine) as session:
        return session.scalars(select(Case).where(Case.finding_id == finding.finding_id)).one()


def count(db: Transactions, model: type) -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def of(person: UUID) -> dict[str, str]:
    return bearer(token(subject=person))


def resolve(http: FlaskClient, case: Case, by: UUID = RESOLVER) -> Any:
    body = {"note": "已清理"}
    return http.post(f"{CASES}/{case.id}/resolve", json=body, headers=of(by))


def give_back(http: FlaskClient, case: Case) -> Any:
    body = {"reason": "仍有纸箱"}
    return http.post(f"{CASES}/{case.id}/return", json=body, headers=of(CHECKER))


def close(http: FlaskClient, case: Case, by: UUID = CHECKER) -> Any:
    body = {"note": "现场已核"}
    return http.post(f"{CASES}/{case.id}/close", json=body, headers=of(by))


def test_a_finding_files_a_case_with_its_deadline_and_says_so(db: Transactions) -> None:  # I05
    finding = finding_raised()
    assert db.once(event_of(finding), open_rectification_case)
    (event_type, said), (after, _) = outbox_of(db)
    assert (event_type, after) == ("case_filed.v1", "case_dispatched.v1")
    assert (said.finding_id, said.area_code) == (finding.finding_id, finding.area_code)
    assert (said.deadline, said.filed_at) == (finding.deadline, NOON - timedelta(hours=1))
    assert (said.title, said.version) == (finding.title, 1)
    assert (said.case_class, said.severity) == ("corridor-clear", finding.severity)
    assert is_case_number(said.case_number)
    assert said.case_number.startswith("32050820261123000001")


def test_numbers_go_on_within_a_district_and_begin_anew_each_day_in_china(
    db: Transactions, clock: SetClock
) -> None:
    first, second = filed(db), filed(db, area_code="320508019003")
    clock.set(datetime(2026, 11, 23, 16, tzinfo=UTC))
    third = filed(db)
    numbers = [case.case_number[6:20] for case in (first, second, third)]
    assert numbers == ["20261123000001", "20261123000002", "20261124000001"]


def test_a_finding_in_an_area_not_yet_imported_waits(db: Transactions) -> None:
    finding = finding_raised(area_code="110101001001")
    with pytest.raises(TooEarly):
        db.once(event_of(finding), open_rectification_case)
    assert count(db, Case) == 0


def test_a_finding_makes_one_case_however_often_it_is_told(db: Transactions) -> None:
    finding, again = finding_raised(), None
    event = event_of(finding)
    assert db.once(event, open_rectification_case)
    assert not db.once(event, open_rectification_case)
    again = event_of(finding)
    assert db.once(again, open_rectification_case)
    assert (count(db, Case), len(outbox_of(db))) == (1, 2)


@pytest.mark.parametrize("same_event", [True, False])
def test_a_finding_delivered_twice_at_once_makes_one_case(
    db: Transactions, same_event: bool
) -> None:
    for _ in range(5):
        before = count(db, Case)
        finding = finding_raised()
        one = event_of(finding)
        other = one if same_event else event_of(finding)
        ran = at_once(
            lambda event=one: db.once(event, open_rectification_case),
            lambda event=other: db.once(event, open_rectification_case),
        )
        assert sum(ran) == (1 if same_event else 2)
        assert count(db, Case) == before + 1


def test_cases_filed_at_once_have_different_numbers_without_a_gap(db: Transactions) -> None:
    jobs: list[Callable[[], Any]] = [
        lambda n=n: filed(db, area_code=f"3205080190{n:02d}") for n in range(8)
    ]
    cases = at_once(*jobs)
    sequences = sorted(int(case.case_number[14:20]) for case in cases)
    assert sequences == list(range(1, 9))


def test_a_case_is_resolved_returned_resolved_and_closed_with_a_history(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    case = filed(db)
    assert resolve(http, case).json["state"] == "resolved"
    returned = give_back(http, case).json
    assert (returned["state"], returned["times_returned"]) == ("dispatched", 1)
    assert (returned["resolved_at"], returned["resolution"]) == (None, None)
    assert resolve(http, case).status_code == 200
    clock.set(NOON)
    closed = close(http, case).json
    assert (closed["state"], closed["overdue"], closed["version"]) == ("closed", False, 6)
    steps = http.get(f"{CASES}/{case.id}").json["steps"]
    assert [step["step"] for step in steps] == [
        "filed",
        "dispatched",
        "resolved",
        "returned",
        "resolved",
        "closed",
    ]
    assert [step["person_id"] for step in steps[1:4]] == [None, str(RESOLVER), str(CHECKER)]
    assert steps[3]["note"] == "仍有纸箱"


def test_each_step_is_said_with_the_new_version(http: FlaskClient, db: Transactions) -> None:
    case = filed(db)
    resolve(http, case)
    give_back(http, case)
    resolve(http, case)
    close(http, case)
    said = outbox_of(db)
    assert [name for name, _ in said] == [
        "case_filed.v1",
        "case_dispatched.v1",
        "case_resolved.v1",
        "case_returned.v1",
        "case_resolved.v1",
        "case_closed.v1",
    ]
    assert [data.version for _, data in said] == [1, 2, 3, 4, 5, 6]
    assert said[2][1].resolved_by == RESOLVER
    assert (said[3][1].returned_by, said[3][1].reason) == (CHECKER, "仍有纸箱")
    assert (said[5][1].closed_by, said[5][1].overdue) == (CHECKER, False)
    assert {data.territorial.post_code for _, data in said[1:]} == {KUAI}
    assert {data.functional.post_code for _, data in said[1:]} == {TIAO}


def test_a_case_closed_after_its_deadline_is_overdue(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    case = filed(db)
    resolve(http, case)
    clock.set(NOON + timedelta(microseconds=1))
    assert close(http, case).json["overdue"] is True
    assert outbox_of(db)[-1][1].overdue is True


def test_who_resolved_a_case_may_not_close_it(http: FlaskClient, db: Transactions) -> None:
    case = filed(db)
    resolve(http, case)
    answer = close(http, case, by=RESOLVER)
    assert answer.status_code == 422
    assert answer.json["type"] == "urn:linli:problem:checked-by-own-resolver"
    assert http.get(f"{CASES}/{case.id}").json["state"] == "resolved"
    assert len(outbox_of(db)) == 3


def test_a_move_from_another_state_is_a_conflict_that_names_the_way(
    http: FlaskClient, db: Transactions
) -> None:
    case = filed(db)
    answer = close(http, case)
    assert answer.status_code == 409
    assert answer.json["type"] == "urn:linli:problem:move-not-allowed"
    assert "已派遣" in answer.json["detail"]
    assert "报告处理完毕" in answer.json["detail"]
    assert count(db, CaseStep) == 2


def test_of_two_people_who_resolve_at_once_one_is_told_no(db: Transactions) -> None:
    case = filed(db)

    def attempt(person: UUID) -> UUID | None:
        try:
            move = CaseMove(case.id, somebody(subject=person))
            view = db.run(resolve_case, move, ResolveCase("已清理"))
        except MoveNotAllowed:
            return None
        return view.resolved_by

    outcomes = at_once(lambda: attempt(RESOLVER), lambda: attempt(CHECKER))
    (winner,) = [person for person in outcomes if person]
    with Session(db.engine) as session:
        assert session.get_one(Case, case.id).resolved_by == winner
    assert [name for name, _ in outbox_of(db)][1:] == ["case_dispatched.v1", "case_resolved.v1"]
    assert count(db, CaseStep) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"note": ""},
        {"note": "x" * 2001},
        {"note": "a\x00b"},
        {"note": "x", "more": 1},
        {"note": "x", "resolved_by": str(RESOLVER)},
    ],
)
def test_a_bad_request_changes_nothing(
    http: FlaskClient, db: Transactions, body: dict[str, str]
) -> None:
    case = filed(db)
    assert http.post(f"{CASES}/{case.id}/resolve", json=body).status_code == 422
    assert http.get(f"{CASES}/{case.id}").json["version"] == 2


def test_a_note_of_2000_characters_is_kept_whole(http: FlaskClient, db: Transactions) -> None:
    case = filed(db)
    body = {"note": "长" * 2000}
    assert http.post(f"{CASES}/{case.id}/resolve", json=body).json["resolution"] == "长" * 2000


@pytest.mark.parametrize(
    "move", ["", *("/resolve", "/return", "/close", "/file", "/refuse", "/dispatch")]
)
def test_an_unknown_case_is_not_found(http: FlaskClient, move: str) -> None:
    bodies = {
        "/resolve": {"note": "x"},
        "/return": {"reason": "x"},
        "/close": {"note": "x"},
        "/file": {"note": "x"},
        "/refuse": {"reason": "x"},
        "/dispatch": {},
    }
    url = f"{CASES}/{uuid4()}{move}"
    answer = http.post(url, json=bodies[move]) if move else http.get(url)
    assert answer.status_code == 404


def test_lists_go_from_the_newest_by_area_and_state(http: FlaskClient, db: Transactions) -> None:
    cases = [filed(db, area_code=f"3205080190{n:02d}") for n in (1, 2, 1)]
    resolve(http, cases[0])
    newest_first = [str(case.id) for case in reversed(cases)]

    def ids(query: str) -> list[str]:
        return [item["id"] for item in http.get(f"{CASES}?{query}").json["items"]]

    assert ids("") == newest_first
    assert ids("area=320508") == newest_first
    assert ids("area=320508019001") == [newest_first[0], newest_first[2]]
    assert ids("area=33") == []
    assert ids("state=resolved") == [newest_first[2]]
    assert ids("area=320508019002&state=closed") == []


def test_lists_go_by_filing_or_deadline_and_then_leave_out_what_was_not_taken_up(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    later = filed(db, deadline=NOON + timedelta(days=3))
    clock.set(NOON)
    sooner = filed(db, deadline=NOON + timedelta(days=1))
    report = {"area_code": "320508019001", "case_class": "exposed-litter"}
    report |= {"place": "8 幢", "description": "两袋垃圾"}
    assert http.post("/api/v1/grid/reports", json=report).status_code == 201

    def ids(query: str) -> list[str]:
        return [item["id"] for item in http.get(f"{CASES}?{query}").json["items"]]

    assert len(ids("")) == 3
    assert ids("sort=-filed_at") == ids("sort=deadline") == [str(sooner.id), str(later.id)]
    clock.set(NOON + timedelta(days=2))
    assert ids("sort=deadline&overdue=true") == [str(sooner.id)]


def test_pages_together_are_the_whole_list_once(http: FlaskClient, db: Transactions) -> None:
    cases = [filed(db) for _ in range(5)]
    first = http.get(f"{CASES}?limit=2").json
    second = http.get(f"{CASES}?limit=2&after={first['next']}").json
    third = http.get(f"{CASES}?limit=2&after={second['next']}").json
    seen = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert seen == [str(case.id) for case in reversed(cases)]
    assert third["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "state=open",
        "overdue=false",
        "owner=x",
        "sort=title",
        "case_class=A",
        "area=abc",
        "limit=0",
        "limit=201",
        "after=x",
        "after=eA==",
    ],
)
def test_what_a_list_cannot_mean_is_refused(http: FlaskClient, query: str) -> None:
    assert http.get(f"{CASES}?{query}").status_code == 422


def test_the_filter_by_area_uses_its_index(db: Transactions) -> None:
    with Session(db.engine) as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(
            text("EXPLAIN SELECT id FROM cases WHERE area_code >= '3205' AND area_code < '3205:'")
        )
        assert "ix_cases_area_code" in " ".join(plan)
    assert db.run(list_cases, ListCases(area="3205"), somebody()).items == []


@pytest.mark.parametrize(
    "change", ["UPDATE case_steps SET note = ''", "DELETE FROM case_steps", "TRUNCATE case_steps"]
)
def test_the_database_refuses_to_change_history(db: Transactions, change: str) -> None:
    filed(db)
    with Session(db.engine) as session, pytest.raises(IntegrityError, match="append-only"):
        session.execute(text(change))


def test_the_database_refuses_a_check_by_the_resolver(http: FlaskClient, db: Transactions) -> None:
    case = filed(db)
    resolve(http, case)
    close(http, case)
    with Session(db.engine) as session, pytest.raises(IntegrityError, match="ck_cases_checked"):
        session.execute(text("UPDATE cases SET closed_by = resolved_by"))
