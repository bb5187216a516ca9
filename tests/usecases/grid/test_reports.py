"""What residents report: sent by anyone, followed by a number, taken up or refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.usecases.reports import REPORTS_PER_HOUR
from shared.database import Transactions
from tests.databases import SetClock
from tests.factories import COMMUNITY, NOON
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.posts import SECRETARIES, set_up
from tests.usecases.grid.register import csv_of, load
from tests.usecases.grid.test_cases import CASES, CHECKER, RESOLVER, of

REPORTS = "/api/v1/grid/reports"
REPORT = {
    "area_code": COMMUNITY,
    "case_class": "exposed-litter",
    "place": "8 幢北侧绿化带",
    "description": "几袋生活垃圾，已有两天",
}
OFFICER = UUID(int=9)


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    """The door of a grid with posts, at noon; who asks has no token."""
    clock.set(NOON)
    load(grid_db, csv_of())
    set_up(grid_db)
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    grid_http.environ_base.pop("HTTP_AUTHORIZATION")
    return grid_http


def report(http: FlaskClient, key: str | None = None, **values: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return http.post(REPORTS, json=REPORT | values, headers=headers)


def reported(http: FlaskClient) -> tuple[str, str]:
    """Return the tracking number of a new report, and the address of its case."""
    number = report(http).json["tracking_number"]
    (line,) = http.get(f"{CASES}?state=reported", headers=of(OFFICER)).json["items"]
    return number, f"{CASES}/{line['id']}"


def move(http: FlaskClient, case: str, name: str, by: UUID = OFFICER, **body: Any) -> Any:
    return http.post(f"{case}/{name}", json=body, headers=of(by))


def test_anybody_reports_and_follows_it_by_a_number(  # G17, G18
    http: FlaskClient, grid_db: Transactions
) -> None:
    made = report(http)
    assert made.status_code == 201
    assert made.headers["Location"] == f"{REPORTS}/{made.json['tracking_number']}"
    shown = http.get(made.headers["Location"])
    assert (shown.status_code, shown.json) == (200, made.json)
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.json["state_words"] == {"zh": "已收到，待核实", "en": "received, to be verified"}
    assert shown.json["expected_by"] is None
    ((name, said),) = outbox_of(grid_db)
    assert (name, said.kind, said.title) == ("case_reported.v1", "street_problem", "暴露垃圾")


def test_an_officer_verifies_files_and_the_resident_sees_each_step(
    http: FlaskClient, grid_db: Transactions
) -> None:
    number, case = reported(http)
    filed = move(http, case, "file", note="属实", severity=4).json
    assert (filed["state"], filed["severity"], filed["version"]) == ("dispatched", 4, 3)
    # within one natural day: to the end of the day after, in Shanghai
    assert datetime.fromisoformat(filed["deadline"]) == datetime(2026, 11, 24, 16, tzinfo=UTC)
    move(http, case, "resolve", RESOLVER, note="已清走")
    move(http, case, "return", CHECKER, reason="还剩一袋")
    move(http, case, "resolve", RESOLVER, note="都清走了")
    move(http, case, "close", CHECKER, note="现场已核", reply="已清走，谢谢您")
    shown = http.get(f"{REPORTS}/{number}").json
    assert [step["step"] for step in shown["steps"]] == [
        "reported",
        "filed",
        "dispatched",
        "resolved",
        "returned",
        "resolved",
        "closed",
    ]
    assert (shown["state"], shown["answer"]) == ("closed", "已清走，谢谢您")
    assert shown["expected_by"] == filed["deadline"]
    assert [name for name, _ in outbox_of(grid_db)][:3] == [
        "case_reported.v1",
        "case_filed.v1",
        "case_dispatched.v1",
    ]


def test_nothing_that_is_shown_to_the_public_names_anybody(http: FlaskClient) -> None:
    number, case = reported(http)
    move(http, case, "file", note="内部意见")
    move(http, case, "resolve", RESOLVER, note="处理人的话")
    move(http, case, "close", CHECKER, note="核查人的话")
    shown = http.get(f"{REPORTS}/{number}").text
    for hidden in (OFFICER, RESOLVER, CHECKER, *SECRETARIES):
        assert str(hidden) not in shown
    for hidden in ("内部意见", "处理人的话", "核查人的话", "绿化带", "生活垃圾"):
        assert hidden not in shown
    assert case.rpartition("/")[2] not in shown


def test_a_report_that_is_not_taken_up_says_why(http: FlaskClient, grid_db: Transactions) -> None:
    number, case = reported(http)
    refused = move(http, case, "refuse", reason="垃圾已按时清走").json
    assert (refused["state"], refused["refused_by"]) == ("refused", str(OFFICER))
    shown = http.get(f"{REPORTS}/{number}").json
    assert (shown["state"], shown["answer"]) == ("refused", "垃圾已按时清走")
    name, said = outbox_of(grid_db)[-1]
    assert (name, said.version, said.reason) == ("case_refused.v1", 2, "垃圾已按时清走")
    assert move(http, case, "file", note="属实").status_code == 409


def test_a_report_sent_twice_with_one_key_is_one(http: FlaskClient, grid_db: Transactions) -> None:
    key = str(uuid4())
    first, again = report(http, key), report(http, key)
    assert (first.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(outbox_of(grid_db)) == 1
    assert report(http, key, place="9 幢").status_code == 409
    assert report(http).json["tracking_number"] != first.json["tracking_number"]


def test_a_typing_slip_is_told_apart_from_a_number_that_nobody_has(http: FlaskClient) -> None:
    number = report(http).json["tracking_number"]
    assert http.get(f"{REPORTS}/{number.lower().replace('-', '')}").status_code == 200
    other = "1" if number[0] != "1" else "2"
    slip = http.get(f"{REPORTS}/{other}{number[1:]}")
    unknown = http.get(f"{REPORTS}/0000-0000-0000-00000")
    assert (slip.status_code, unknown.status_code) == (404, 404)
    assert slip.json["type"] == "urn:linli:problem:tracking-number-mistyped"
    assert unknown.json["type"] == "urn:linli:problem:report-unknown"


def test_a_number_lies_nowhere_in_the_database(http: FlaskClient, grid_db: Transactions) -> None:
    letters = report(http, str(uuid4())).json["tracking_number"].replace("-", "")
    with Session(grid_db.engine) as session:
        for table in ("reports", "cases", "case_steps", "outbox", "idempotency_keys"):
            rows = session.scalars(text(f"SELECT t::text FROM {table} t")).all()
            assert rows and not any(letters in row for row in rows)


def test_one_address_reports_thirty_times_an_hour(http: FlaskClient) -> None:
    def from_address(address: str) -> int:
        headers = {"X-Real-IP": address}
        return int(http.post(REPORTS, json=REPORT, headers=headers).status_code)

    answers = [from_address("61.155.8.8") for _ in range(REPORTS_PER_HOUR + 1)]
    assert answers == [201] * REPORTS_PER_HOUR + [429]
    assert from_address("61.155.8.9") == 201


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"area_code": "320508019021"}, "area_code"),
        ({"area_code": "320508019"}, "area_code"),
        ({"case_class": "corridor-clear"}, "case_class"),
        ({"description": "x" * 2001}, "description"),
        ({"place": ""}, "place"),
        ({"phone": "13800138000"}, "phone"),
    ],
)
def test_what_a_report_can_not_hold_is_refused_by_its_field(
    http: FlaskClient, grid_db: Transactions, values: dict[str, str], field: str
) -> None:
    answer = report(http, **values)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert outbox_of(grid_db) == []


def test_only_who_works_in_the_area_verifies(http: FlaskClient) -> None:
    _, case = reported(http)
    beside = bearer(token("grid_officer", areas=("320508019021",)))
    assert http.post(f"{case}/file", json={"note": "x"}, headers=beside).status_code == 404
    office = bearer(token("street_office"))
    assert http.post(f"{case}/file", json={"note": "x"}, headers=office).status_code == 403
    tagged = http.get(case, headers=of(OFFICER)).headers["ETag"]
    stale = of(OFFICER) | {"If-Match": '"9"'}
    assert http.post(f"{case}/file", json={"note": "x"}, headers=stale).status_code == 412
    seen = of(OFFICER) | {"If-Match": tagged}
    assert http.post(f"{case}/file", json={"note": "x"}, headers=seen).status_code == 200


def test_it_waits_for_the_business_day_and_not_for_the_machine(
    http: FlaskClient, clock: SetClock
) -> None:
    _, case = reported(http)
    clock.set(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))
    deadline = move(http, case, "file", note="属实").json["deadline"]
    assert datetime.fromisoformat(deadline) == datetime(2027, 1, 1, 16, tzinfo=UTC)
    assert datetime.fromisoformat(deadline) - NOON > timedelta(days=30)
