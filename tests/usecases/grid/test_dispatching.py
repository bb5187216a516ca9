"""Who gets a case: by the matrix, by a person, when a post appears."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.usecases.dispatching import BATCH_CASES, dispatch_waiting
from shared import metrics
from shared.database import Transactions
from tests.databases import SetClock
from tests.factories import NOON
from tests.observe import outbox_of
from tests.usecases.grid.posts import KUAI, OFFICE, SECRETARIES, TIAO, office, post, put
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_cases import CASES, close, filed, of, resolve
from tests.usecases.grid.test_imports import at_once

SOMEBODY = UUID(int=7)


@pytest.fixture
def db(grid_db: Transactions, clock: SetClock) -> Transactions:
    """A grid that knows one street and no posts; it is an hour before noon."""
    load(grid_db, csv_of(communities(30)))
    sent(grid_db)
    clock.set(NOON - timedelta(hours=1))
    return grid_db


@pytest.fixture
def http(grid_http: FlaskClient, db: Transactions) -> FlaskClient:
    return grid_http


def sent(db: Transactions) -> None:
    with Session(db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))


def dispatch(http: FlaskClient, case: Any, **named: str) -> Any:
    return http.post(f"{CASES}/{case.id}/dispatch", json=named, headers=of(SOMEBODY))


def ids(http: FlaskClient, query: str) -> list[str]:
    return [item["id"] for item in http.get(f"{CASES}?{query}").json["items"]]


def test_a_filed_case_goes_to_both_its_owners_at_once(  # G07, G08, G09
    http: FlaskClient, db: Transactions
) -> None:
    put(db, KUAI, post(area_code="320508019020"))
    put(db, TIAO, office(case_classes=["corridor-clear"]))
    sent(db)
    case = filed(db)
    shown = http.get(f"{CASES}/{case.id}").json
    assert (shown["state"], shown["case_class"]) == ("dispatched", "corridor-clear")
    assert shown["territorial"]["post_code"] == KUAI
    assert shown["functional"]["directly_responsible_id"] == str(OFFICE[1])
    (_, first), (name, said) = outbox_of(db)
    assert (first.territorial, first.functional, first.version) == (None, None, 1)
    assert (name, said.dispatched_by, said.version) == ("case_dispatched.v1", None, 2)
    assert said.territorial.first_responsible_id == SECRETARIES[0]


@pytest.mark.parametrize("missing", ["territorial", "functional"])
def test_with_one_owner_missing_a_case_waits_where_it_is_seen(
    http: FlaskClient, db: Transactions, missing: str
) -> None:
    put(db, KUAI, post() if missing == "functional" else office())
    case = filed(db)
    assert ids(http, "state=filed") == [str(case.id)]
    answer = dispatch(http, case)
    assert answer.status_code == 409
    assert answer.json["type"] == "urn:linli:problem:no-owner-found"
    assert [error["field"] for error in answer.json["errors"]] == [missing]


def test_who_dispatches_by_hand_names_posts_or_leaves_them_to_the_matrix(
    http: FlaskClient, db: Transactions
) -> None:
    case = filed(db)
    put(db, KUAI, post())
    put(db, TIAO, office(case_classes=["litter"]))
    assert dispatch(http, case).json["errors"][0]["field"] == "functional"
    done = dispatch(http, case, functional=TIAO).json
    assert (done["state"], done["functional"]["post_code"]) == ("dispatched", TIAO)
    assert done["territorial"]["post_code"] == KUAI
    assert outbox_of(db)[-1][1].dispatched_by == SOMEBODY
    assert dispatch(http, case).status_code == 409


@pytest.mark.parametrize(
    ("functional", "refusal"),
    [
        ("nothing", "post-not-known"),
        ("stopped", "post-inactive"),
        (KUAI, "post-of-other-branch"),
        ("beside", "post-elsewhere"),
    ],
)
def test_a_post_that_can_not_own_the_case_is_refused_by_its_field(
    http: FlaskClient, db: Transactions, functional: str, refusal: str
) -> None:
    case = filed(db)
    put(db, KUAI, post())
    put(db, "stopped", office(active=False))
    put(db, "beside", office(area_code="320508019021"))
    answer = dispatch(http, case, functional=functional)
    assert answer.status_code == 422
    assert answer.json["type"] == f"urn:linli:problem:{refusal}"
    assert answer.json["errors"][0]["field"] == "functional"


def test_a_case_keeps_the_owners_of_its_day(http: FlaskClient, db: Transactions) -> None:
    put(db, KUAI, post())
    put(db, TIAO, office())
    case = filed(db)
    before = http.get(f"{CASES}/{case.id}").json
    put(db, KUAI, post(name="另一岗位", first_responsible_id=str(SOMEBODY)))
    put(db, TIAO, office(active=False))
    assert http.get(f"{CASES}/{case.id}").json == before
    assert resolve(http, case).json["territorial"] == before["territorial"]


def test_what_waited_is_dispatched_when_its_posts_appear(
    http: FlaskClient, db: Transactions
) -> None:
    here, elsewhere = filed(db), filed(db, area_code="320508019003")
    assert db.run(dispatch_waiting) == 0
    put(db, KUAI, post(area_code="320508019020"))
    put(db, TIAO, office())
    sent(db)
    assert db.run(dispatch_waiting) == 1
    assert db.run(dispatch_waiting) == 0
    assert ids(http, "state=dispatched") == [str(here.id)]
    assert ids(http, "state=filed") == [str(elsewhere.id)]
    assert [(name, said.dispatched_by) for name, said in outbox_of(db)] == [
        ("case_dispatched.v1", None)
    ]
    assert metrics.CASES_WITHOUT_OWNER.collect()[0].samples[0].value == 1


def test_a_case_that_nobody_owns_keeps_no_other_waiting(db: Transactions) -> None:
    for _ in range(3):
        filed(db, area_code="320508019001")
    for _ in range(2):
        filed(db)
    put(db, KUAI, post(area_code="320508019020"))
    put(db, TIAO, office())
    assert db.run(dispatch_waiting) == 2


def test_two_workers_share_what_waits_and_each_case_is_dispatched_once(db: Transactions) -> None:
    for _ in range(12):
        filed(db)
    put(db, KUAI, post())
    put(db, TIAO, office())
    sent(db)
    at_once(*[lambda: db.run(dispatch_waiting)] * 4)
    db.run(dispatch_waiting)
    said = [data.case_id for name, data in outbox_of(db) if name == "case_dispatched.v1"]
    assert len(said) == len(set(said)) == 12


def test_a_batch_is_bounded(db: Transactions) -> None:
    for _ in range(BATCH_CASES + 1):
        filed(db)
    put(db, KUAI, post())
    put(db, TIAO, office())
    assert [db.run(dispatch_waiting) for _ in range(3)] == [BATCH_CASES, 1, 0]


def test_cases_are_listed_by_class_owner_and_lateness(
    http: FlaskClient, db: Transactions, clock: SetClock
) -> None:
    put(db, KUAI, post(area_code="320508019020"))
    put(db, TIAO, office())
    mine, other = filed(db), filed(db, item_code="litter", area_code="320508019003")
    assert ids(http, "case_class=litter") == [str(other.id)]
    for person in SECRETARIES:
        assert ids(http, f"owner={person}") == [str(mine.id)]
    assert ids(http, f"owner={SOMEBODY}") == []
    assert ids(http, "overdue=true") == []
    clock.set(NOON + timedelta(seconds=1))
    assert ids(http, "overdue=true") == [str(other.id), str(mine.id)]
    resolve(http, mine)
    close(http, mine)
    assert ids(http, "overdue=true") == [str(other.id)]
    assert ids(http, f"owner={OFFICE[0]}&state=closed") == [str(mine.id)]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            "SELECT c.id FROM cases c JOIN case_persons p ON p.case_id = c.id"
            " WHERE p.person_id = '00000000-0000-0000-0000-000000000007'"
            " ORDER BY c.id DESC LIMIT 51",
            "pk_case_persons",
        ),
        ("SELECT id FROM cases WHERE case_class = 'x' ORDER BY id DESC", "ix_cases_case_class"),
        (
            "SELECT id FROM cases WHERE state IN ('filed', 'dispatched', 'resolved')"
            " AND deadline < now()",
            "ix_cases_open_deadline",
        ),
        (
            "SELECT id FROM cases WHERE state = 'dispatched' AND deadline IS NOT NULL"
            " ORDER BY deadline, id LIMIT 51",
            "ix_cases_state_deadline",
        ),
        (
            "SELECT area_code, case_class, count(*) FROM cases WHERE state = 'filed'"
            " GROUP BY area_code, case_class",
            "ix_cases_waiting",
        ),
    ],
)
def test_a_list_uses_its_index(db: Transactions, query: str, index: str) -> None:
    with Session(db.engine) as session:
        for method in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "hashagg"):
            session.execute(text(f"SET LOCAL enable_{method} = off"))
        assert index in " ".join(session.scalars(text(f"EXPLAIN {query}")))
