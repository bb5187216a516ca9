"""Posts, through their HTTP door."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.database import Transactions
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.grid.posts import KUAI, TIAO, office, post
from tests.usecases.grid.register import csv_of, load
from tests.usecases.grid.test_imports import at_once

POSTS = "/api/v1/grid/posts"


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions) -> FlaskClient:
    """The door of a grid that knows one area of each level."""
    load(grid_db, csv_of())
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE outbox SET sent_at = now()"))
    return grid_http


def put(http: FlaskClient, body: Any, code: str = KUAI, **headers: str) -> Any:
    return http.put(f"{POSTS}/{code}", json=body, headers=headers)


def test_a_post_is_set_up_shown_and_said(http: FlaskClient, grid_db: Transactions) -> None:  # G10
    made = put(http, office(case_classes=["litter", "graffiti", "litter"]), TIAO)
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    shown = http.get(f"{POSTS}/{TIAO}")
    assert shown.json == made.json
    assert shown.json["case_classes"] == ["graffiti", "litter"]
    ((name, said),) = outbox_of(grid_db)
    assert name == "post_changed.v1"
    assert (said.post_code, said.branch, said.version) == (TIAO, "functional", 1)
    assert said.first_responsible_id == UUID(shown.json["first_responsible_id"])


def test_the_same_again_changes_and_says_nothing(http: FlaskClient, grid_db: Transactions) -> None:
    first = put(http, post())
    for again in (put(http, post()), put(http, post(), **{"If-Match": '"7"'})):
        assert (again.status_code, again.json) == (200, first.json)
    assert len(outbox_of(grid_db)) == 1


def test_a_change_needs_the_version_that_was_seen(http: FlaskClient, grid_db: Transactions) -> None:
    put(http, post())
    assert put(http, post(active=False)).status_code == 428
    stale = put(http, post(active=False), **{"If-Match": '"9"'})
    assert (stale.status_code, stale.json["current"]["version"]) == (412, 1)
    changed = put(http, post(active=False), **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    assert put(http, post(name="块"), **{"If-Match": "*"}).json["version"] == 3
    assert [said.active for _, said in outbox_of(grid_db)] == [True, False, True]


def test_a_version_of_what_does_not_exist_is_not_found(http: FlaskClient) -> None:
    assert put(http, post(), **{"If-Match": "*"}).status_code == 404
    assert http.get(f"{POSTS}/{KUAI}").status_code == 404


def test_of_two_who_set_up_one_post_at_once_one_does(
    http: FlaskClient, grid_db: Transactions
) -> None:
    clients = [http.application.test_client() for _ in range(2)]
    me = bearer(token())
    answers = at_once(
        *[
            lambda one=one, n=n: one.put(f"{POSTS}/{KUAI}", json=post(name=f"块{n}"), headers=me)
            for n, one in enumerate(clients)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 428]
    assert len(outbox_of(grid_db)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (post(area_code="320599"), "area_code"),
        (post(area_code="32"), "area_code"),
        (post(case_classes=["litter"]), "case_classes"),
        (office(case_classes=["Litter"]), "case_classes.0"),
        (post(directly_responsible_id=post()["first_responsible_id"]), "directly_responsible_id"),
        (post(branch="both"), "branch"),
        (post(name=""), "name"),
        (post(duties="有事找张主任 138 1234 5678"), "duties"),
        (post(basis="zhang@example.cn"), "basis"),
        (post(kind="department"), "branch"),
        (office(kind="office", case_classes=["litter"]), "case_classes"),
        (office(case_classes=["leadership"]), "case_classes"),
    ],
)
def test_what_a_post_can_not_be_is_refused_by_its_field(
    http: FlaskClient, body: Any, field: str
) -> None:
    answer = put(http, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_code_with_odd_signs_is_refused(http: FlaskClient) -> None:
    assert put(http, post(), "Kuai").json["errors"][0]["field"] == "code"


def test_an_office_sets_up_posts_where_it_is_and_takes_none_from_another(
    http: FlaskClient,
) -> None:
    street = bearer(token("street_office", areas=("320508019",)))
    assert put(http, post(area_code="320508019020"), **street).status_code == 201
    assert put(http, post(), "kuai-2", **street).status_code == 403
    put(http, post(), "kuai-3")
    moved = put(http, post(area_code="320508019"), "kuai-3", **street, **{"If-Match": "*"})
    assert moved.status_code == 403
    assert http.get(f"{POSTS}/kuai-3", headers=street).status_code == 200


def test_posts_are_listed_by_area_and_branch(http: FlaskClient) -> None:
    put(http, post(), "b")
    put(http, post(area_code="320508019020"), "c")
    put(http, office(), "a")

    def codes(query: str) -> list[str]:
        return [one["code"] for one in http.get(f"{POSTS}?{query}").json["items"]]

    assert codes("") == ["a", "b", "c"]
    assert codes("area=320508019") == ["c"]
    assert codes("area=3205&branch=territorial") == ["b", "c"]
    first = http.get(f"{POSTS}?limit=2").json
    assert [one["code"] for one in http.get(f"{POSTS}?after={first['next']}").json["items"]] == [
        "c"
    ]


def test_what_a_post_was_is_kept(http: FlaskClient, grid_db: Transactions) -> None:
    put(http, post())
    put(http, post(name="块"), **{"If-Match": '"1"'})
    with Session(grid_db.engine) as session:
        rows = session.execute(text("SELECT version, name FROM post_versions ORDER BY version"))
        assert [tuple(row) for row in rows] == [(1, "姑苏区（块）"), (2, "块")]
        with pytest.raises(IntegrityError, match="append-only"):
            session.execute(text("DELETE FROM post_versions"))
