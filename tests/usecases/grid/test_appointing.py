"""Who holds the offices of a post on which day: through the HTTP door, and by the calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.grid.usecases.appointing import BATCH_POSTS, renew_holders
from services.grid.usecases.dispatching import dispatch_waiting
from shared.database import Transactions
from tests.databases import SetClock
from tests.factories import NOON
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.posts import KUAI, OFFICE, SECRETARIES, TIAO, office, post, put
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_cases import CASES, filed
from tests.usecases.grid.test_dispatching import dispatch, sent
from tests.usecases.grid.test_imports import at_once

POSTS = "/api/v1/grid/posts"
TODAY = date(2026, 11, 23)
A, B, C, D = (UUID(int=n) for n in (501, 502, 503, 504))


@pytest.fixture
def db(grid_db: Transactions, clock: SetClock) -> Transactions:
    """A grid with one street and two posts, on the day of NOON."""
    clock.set(NOON)
    load(grid_db, csv_of(communities(30)))
    put(grid_db, KUAI, post())
    put(grid_db, TIAO, office())
    sent(grid_db)
    return grid_db


@pytest.fixture
def http(grid_http: FlaskClient, db: Transactions) -> FlaskClient:
    return grid_http


def on(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def appoint(http: FlaskClient, code: str = KUAI, seen: str = "*", **body: Any) -> Any:
    said = {"office": "first", "since": on(0)} | body
    said["person_id"] = said["person_id"] and str(said["person_id"])
    return http.post(f"{POSTS}/{code}/holders", json=said, headers={"If-Match": seen})


def shown(http: FlaskClient, query: str = "", code: str = KUAI) -> Any:
    return http.get(f"{POSTS}/{code}?{query}").json


def who(view: Any) -> dict[str, str]:
    """Return who is in each office, a deputy for the one who is away."""
    there = sorted(view["holders"], key=lambda one: one["acting"])
    return {one["office"]: one["person_id"] for one in there}


def days_later(clock: SetClock, days: int) -> None:
    clock.set(NOON + timedelta(days=days))


def test_a_person_holds_from_a_day_on_and_who_was_there_until_then(  # X01
    http: FlaskClient, db: Transactions
) -> None:
    changed = appoint(http, person_id=A, since=on(3))
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert who(shown(http))["first"] == str(SECRETARIES[0])
    assert who(shown(http, f"on={on(3)}"))["first"] == str(A)
    firsts = [h for h in shown(http)["holdings"] if h["office"] == "first"]
    assert [(h["since"], h["until"]) for h in firsts] == [(on(0), on(3)), (on(3), None)]
    ((name, said),) = outbox_of(db)
    assert (name, said.version, said.first_responsible_id) == (
        "post_changed.v1",
        2,
        SECRETARIES[0],
    )
    assert [(h.person_id, h.since) for h in said.holders if h.office == "first"][-1] == (
        A,
        TODAY + timedelta(days=3),
    )


def test_the_same_appointment_again_changes_and_says_nothing(
    http: FlaskClient, db: Transactions
) -> None:
    first = appoint(http, person_id=A, since=on(3)).json
    assert appoint(http, person_id=A, since=on(3), seen='"9"').json == first
    assert len(outbox_of(db)) == 1


def test_a_change_is_taken_back_by_a_new_one(http: FlaskClient) -> None:
    before = shown(http)["holdings"]
    appoint(http, person_id=A, since=on(3))
    appoint(http, person_id=SECRETARIES[0], since=on(3))
    after = shown(http)
    assert (after["holdings"], after["version"]) == (before, 3)


def test_a_change_needs_the_version_that_was_seen(http: FlaskClient) -> None:
    said = {"office": "first", "person_id": str(A), "since": on(1)}
    assert http.post(f"{POSTS}/{KUAI}/holders", json=said).status_code == 428
    stale = appoint(http, person_id=A, seen='"7"')
    assert (stale.status_code, stale.json["current"]["version"]) == (412, 1)
    assert appoint(http, "nothing", person_id=A).status_code == 404
    street = bearer(token("street_office", areas=("320508019",)))
    foreign = http.post(f"{POSTS}/{KUAI}/holders", json=said, headers=street | {"If-Match": "*"})
    assert foreign.json["type"] == "urn:linli:problem:area-not-granted"


def test_a_deputy_answers_while_somebody_is_away(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    appoint(http, person_id=D, acting=True, since=on(1), until=on(3))
    firsts = [who(shown(http, f"on={on(n)}"))["first"] for n in range(4)]
    assert firsts == [str(SECRETARIES[0]), str(D), str(D), str(SECRETARIES[0])]
    days_later(clock, 1)
    assert http.get(f"{CASES}/{filed(db).id}").json["territorial"]["first_responsible_id"] == str(D)


@pytest.mark.parametrize("acting", [False, True])
def test_one_person_in_two_offices_on_any_day_is_refused_by_that_day(
    http: FlaskClient, acting: bool
) -> None:
    appoint(http, person_id=A, since=on(5))
    wrong = appoint(http, office="direct", person_id=A, acting=acting, since=on(2), until=on(9))
    assert wrong.json["type"] == "urn:linli:problem:one-person-on-day"
    assert on(5) in wrong.json["detail"]
    assert wrong.json["errors"][0]["field"] == "person_id"
    assert appoint(http, office="coordinator", person_id=A).status_code == 200  # G14


def test_a_period_that_ends_before_it_begins_is_refused(http: FlaskClient) -> None:
    wrong = appoint(http, person_id=A, since=on(5), until=on(5))
    assert wrong.json["type"] == "urn:linli:problem:period-backwards"


def test_a_vacant_post_shows_who_held_it_last_and_is_found(http: FlaskClient) -> None:
    appoint(http, person_id=None)
    view = shown(http)
    assert (view["vacant"], view["first_responsible_id"]) == (["first"], str(SECRETARIES[0]))

    def codes(query: str) -> list[str]:
        return [one["code"] for one in http.get(f"{POSTS}?{query}").json["items"]]

    assert codes("vacant=true") == [KUAI]
    assert codes("vacant=false") == [TIAO]
    assert codes(f"person={SECRETARIES[1]}") == [KUAI]
    assert codes(f"person={SECRETARIES[1]}&on={on(-1)}") == []
    assert codes("kind=department") == [TIAO]


def test_a_vacant_post_gets_no_case_neither_by_hand_nor_by_the_matrix(
    http: FlaskClient, db: Transactions
) -> None:
    put(db, "kuai-3205", post(area_code="3205"))
    appoint(http, person_id=None)
    case = filed(db)
    assert http.get(f"{CASES}/{case.id}").json["state"] == "filed"
    for named in ({}, {"territorial": KUAI}):
        refused = dispatch(http, case, **named)
        assert refused.json["type"] == "urn:linli:problem:post-vacant"
        assert refused.json["errors"][0]["field"] == "territorial"
        assert "第一责任人" in refused.json["detail"]
    assert db.run(dispatch_waiting) == 0
    appoint(http, person_id=A)
    assert db.run(dispatch_waiting) == 1
    owner = http.get(f"{CASES}/{case.id}").json["territorial"]
    assert (owner["post_code"], owner["first_responsible_id"]) == (KUAI, str(A))


def test_sending_back_what_was_read_changes_nobody(http: FlaskClient, clock: SetClock) -> None:
    appoint(http, person_id=D, acting=True, since=on(0), until=on(3))
    view = shown(http)
    assert view["first_responsible_id"] == str(D)
    names = ("name", "kind", "area_code", "first_responsible_id", "directly_responsible_id")
    body = {name: view[name] for name in names} | {"duties": "属地责任"}
    changed = http.put(f"{POSTS}/{KUAI}", json=body, headers={"If-Match": "*"}).json
    assert (changed["duties"], changed["holdings"]) == ("属地责任", view["holdings"])


def test_putting_other_persons_lets_them_hold_from_today_on(http: FlaskClient, db: Any) -> None:
    appoint(http, person_id=A, since=on(5))
    put(db, KUAI, post(first_responsible_id=str(SECRETARIES[1]), directly_responsible_id=str(B)))
    view = shown(http)
    assert who(view) == {"first": str(SECRETARIES[1]), "direct": str(B)}
    assert {h["until"] for h in view["holdings"]} == {None}


def test_a_new_post_needs_both_persons_and_a_change_needs_none(http: FlaskClient) -> None:
    body = {"name": "块", "kind": "territorial", "area_code": "320508019"}
    missing = http.put(f"{POSTS}/new", json=body)
    assert missing.json["type"] == "urn:linli:problem:holders-missing"
    kept = http.put(f"{POSTS}/{KUAI}", json=body, headers={"If-Match": "*"}).json
    assert who(kept) == {"first": str(SECRETARIES[0]), "direct": str(SECRETARIES[1])}


def test_the_kinds_of_posts_are_kept_and_said(  # G11, G27, X01, X02
    http: FlaskClient, db: Transactions
) -> None:
    for kind, classes in (("leading_group", []), ("office", []), ("police", ["theft"])):
        persons = {"first_responsible_id": str(A), "directly_responsible_id": str(B)}
        body = {"name": kind, "kind": kind, "area_code": "320508", "case_classes": classes}
        made = http.put(f"{POSTS}/{kind.replace('_', '-')}", json=body | persons)
        assert (made.status_code, made.json["branch"]) == (201, "functional")
    assert [(said.kind, said.case_classes) for _, said in outbox_of(db)] == [
        ("leading_group", ["leadership"]),
        ("office", ["coordination"]),
        ("police", ["theft"]),
    ]
    # none of them answers for what a resident reports
    assert http.get(f"{CASES}/{filed(db).id}").json["functional"]["post_code"] == TIAO


def test_on_its_day_a_planned_change_is_shown_and_said_once(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    appoint(http, person_id=A, since=on(2))
    appoint(http, person_id=None, office="direct", since=on(4))
    sent(db)
    assert db.run(renew_holders) == 0
    days_later(clock, 2)
    at_once(*[lambda: db.run(renew_holders)] * 2)
    assert db.run(renew_holders) == 0
    ((name, said),) = outbox_of(db)
    assert (name, said.first_responsible_id, said.vacant, said.version) == (
        "post_changed.v1",
        A,
        [],
        4,
    )
    days_later(clock, 9)
    assert db.run(renew_holders) == 1
    last = outbox_of(db)[-1][1]
    assert (last.vacant, last.directly_responsible_id) == (["direct"], SECRETARIES[1])
    with Session(db.engine) as session:
        kept = session.execute(
            text(
                "SELECT changed_by, jsonb_array_length(holders) FROM post_versions v JOIN posts p"
                " ON p.id = post_id WHERE p.code = :code ORDER BY v.version"
            ),
            {"code": KUAI},
        ).all()
    assert [length for _, length in kept] == [2, 3, 3, 3, 3]
    assert [by is None for by, _ in kept] == [False, False, False, True, True]


def test_after_an_outage_each_post_is_renewed_once_by_batches(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    for n in range(BATCH_POSTS + 1):
        put(db, f"many-{n}", post())
        appoint(http, f"many-{n}", person_id=A, since=on(1))
        appoint(http, f"many-{n}", person_id=B, since=on(2))
    sent(db)
    clock.set(datetime(2027, 3, 1, tzinfo=UTC))
    at_once(*[lambda: db.run(renew_holders)] * 3)
    while db.run(renew_holders):
        pass
    said = [data.post_code for _, data in outbox_of(db)]
    assert len(said) == len(set(said)) == BATCH_POSTS + 1
    assert {data.first_responsible_id for _, data in outbox_of(db)} == {B}


def test_of_two_who_appoint_at_once_the_second_is_told(http: FlaskClient, db: Transactions) -> None:
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token()) | {"If-Match": '"1"'}
    bodies = [{"office": "first", "person_id": str(one), "since": on(1)} for one in (A, B)]
    answers = at_once(
        *[
            lambda one=one, body=body: one.post(f"{POSTS}/{KUAI}/holders", json=body, headers=me)
            for one, body in zip(clients, bodies, strict=True)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len(outbox_of(db)) == 1


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("one_at_a_time", "'first', false, '2027-01-01', NULL"),
        ("period", "'first', true, '2027-01-01', '2027-01-01'"),
        ("office", "'second', false, '2027-01-01', NULL"),
    ],
)
def test_the_database_refuses_what_no_post_can_be(
    db: Transactions, constraint: str, values: str
) -> None:
    insert = (
        "INSERT INTO post_holdings (post_id, person_id, office, acting, since, until)"
        f" SELECT id, gen_random_uuid(), {values} FROM posts WHERE code = '{KUAI}'"
    )
    with Session(db.engine) as session, pytest.raises(IntegrityError, match=constraint):
        session.execute(text(insert))


def test_the_database_refuses_one_person_in_both_offices(db: Transactions) -> None:
    insert = (
        "INSERT INTO post_holdings (post_id, person_id, office, acting, since)"
        f" SELECT id, directly_responsible_id, 'first', true, '2027-01-01' FROM posts"
        f" WHERE code = '{TIAO}'"
    )
    with Session(db.engine) as session, pytest.raises(IntegrityError, match="two_persons"):
        session.execute(text(insert))
    assert OFFICE[0] != OFFICE[1]
