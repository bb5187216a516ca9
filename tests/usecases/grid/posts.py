"""Owns the posts that the tests of `grid` set up."""

from datetime import date
from typing import Any
from uuid import UUID

from services.grid.schemas.posts import PutPost
from services.grid.usecases.owning import post_named
from services.grid.usecases.posts import PostChange, PostPut, put_post
from shared.database import Transactions
from tests.tokens import somebody

KUAI, TIAO = "kuai-320508", "tiao-320508"
SECRETARIES = UUID(int=101), UUID(int=102)
OFFICE = UUID(int=201), UUID(int=202)


def post(**values: Any) -> dict[str, Any]:
    """Return the body of a post that answers by place for 姑苏区."""
    body = {
        "name": "姑苏区（块）",
        "branch": "territorial",
        "area_code": "320508",
        "case_classes": [],
        "first_responsible_id": str(SECRETARIES[0]),
        "directly_responsible_id": str(SECRETARIES[1]),
        "active": True,
    }
    return body | values


def office(**values: Any) -> dict[str, Any]:
    """Return the body of a post that answers by subject for 姑苏区, for every class."""
    persons = {
        "first_responsible_id": str(OFFICE[0]),
        "directly_responsible_id": str(OFFICE[1]),
    }
    return post(name="城管办（条）", branch="functional", **persons) | values


def put(db: Transactions, code: str, body: dict[str, Any]) -> PostPut:
    """Set up a post, or change it whatever its version."""
    ids = {name: UUID(body[name]) for name in ("first_responsible_id", "directly_responsible_id")}
    known = db.read(post_named, code, date(2026, 11, 23)) is not None
    change = PostChange(code, somebody(), conditional=known)
    return db.run(put_post, change, PutPost(**(body | ids)))


def set_up(db: Transactions) -> None:
    """Give every case of 姑苏区 two owners."""
    put(db, KUAI, post())
    put(db, TIAO, office())
