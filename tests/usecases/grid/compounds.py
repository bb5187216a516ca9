"""Owns the compounds and groups that the tests of `grid` record, and the ground they lie on."""

from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.database import Transactions
from tests.usecases.grid.register import communities, csv_of, load

COMMUNITY, BESIDE, THIRD = "320508019020", "320508019021", "320508019022"
CELL, OTHER_CELL = f"{COMMUNITY}001", f"{COMMUNITY}002"
STREET = "320508019"
COMPOUNDS, GROUPS = "/api/v1/grid/compounds", "/api/v1/grid/groups"
LEADER = UUID(int=301)


def ground(db: Transactions) -> None:
    """Load a street of 30 communities, with two cells in one and one in another."""
    load(db, csv_of(communities(30)))
    with Session(db.engine) as session, session.begin():
        for code in (CELL, OTHER_CELL, f"{BESIDE}001"):
            add_area(session, code, "cell")
        session.execute(text("UPDATE outbox SET sent_at = now()"))


def add_area(session: Session, code: str, level: str = "community") -> None:
    """Put an area into the register."""
    parent = code[: {"cell": 12, "community": 9}[level]]
    session.execute(
        text(
            "INSERT INTO areas (code, name, level, parent_code, version, created_at, updated_at)"
            " VALUES (:code, :code, :level, :parent, 1, now(), now())"
        ),
        {"code": code, "level": level, "parent": parent},
    )


def end_area(session: Session, code: str, until: str) -> None:
    """Let an area be no more from a day on."""
    session.execute(text("UPDATE areas SET dated = true WHERE code = :code"), {"code": code})
    session.execute(
        text("INSERT INTO area_versions (code, until, name) VALUES (:code, :until, :code)"),
        {"code": code, "until": until},
    )


def compound(**values: Any) -> dict[str, Any]:
    """Return the body of an old estate that nobody takes care of yet."""
    body = {
        "name": "三元一村",
        "community_code": COMMUNITY,
        "kind": "old_estate",
        "households": 1240,
        "floor_area_m2": 86_000,
        "buildings_count": 42,
        "year_built": 1986,
        "renewal": {"state": "listed", "planned_year": 2027, "basis": "2027 年第一批"},
        "property": {"management": "community_run", "company": None},
        "entrances": [
            {"name": "三元路", "main": True, "safety_post": True},
            {"name": "彩香路", "main": True, "safety_post": False},
            {"name": "便门", "main": False, "safety_post": True},
        ],
        "corridor_lights": {"total": 420, "installed": 398},
        "facilities": [{"kind": "bike_shed", "count": 12, "in_use": 11}],
        "cell_code": None,
        "active": True,
    }
    return body | values


def committee(*members: str, **values: Any) -> dict[str, Any]:
    """Return the body of a joint committee of compounds, taken care of by a cell."""
    body = {
        "kind": "joint_committee",
        "name": "第一联工委",
        "within_code": COMMUNITY,
        "members": list(members),
        "cell_code": CELL,
        "leader_id": str(LEADER),
    }
    return body | values


def zone(*members: str, **values: Any) -> dict[str, Any]:
    """Return the body of a zone of communities."""
    body = {
        "kind": "zone",
        "name": "第一管区",
        "within_code": STREET,
        "members": list(members),
    }
    return body | values


def put(http: FlaskClient, code: str, body: Any, **headers: str) -> Any:
    """Record a compound or, where the body has members, a group."""
    place = GROUPS if "members" in body else COMPOUNDS
    return http.put(f"{place}/{code}", json=body, headers=headers)


def put_again(http: FlaskClient, code: str, body: Any) -> Any:
    """Change what is there, whatever its version."""
    answer = put(http, code, body, **{"If-Match": "*"})
    assert answer.status_code == 200, answer.json
    return answer.json


def make(http: FlaskClient, code: str, body: Any) -> Any:
    """Record what wasn't there."""
    answer = put(http, code, body)
    assert answer.status_code == 201, answer.json
    return answer.json
