"""Owns the proof that pages of a list hold every row once, in any order of its columns."""

import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from shared.database import Transactions
from shared.http.listing import Key, Listing, newest


class Base(DeclarativeBase):
    """The registry of this module's table."""


class Thing(Base):
    """A row; only the id is unique."""

    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int]


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for."""

    sort: str | None = None
    limit: int = 2
    after: str | None = None


THINGS = Listing(
    "things",
    {
        "id": [Key(Thing.id)],
        "-id": [newest(Thing.id)],
        "name": [Key(Thing.name), Key(Thing.size), Key(Thing.id)],
        "-name": [newest(Thing.name), newest(Thing.size), newest(Thing.id)],
        "mixed": [newest(Thing.name), Key(Thing.size), newest(Thing.id)],
    },
)
ORDERS: dict[str, Any] = {
    "id": lambda t: t.id,
    "-id": lambda t: -t.id,
    "name": lambda t: (t.name, t.size, t.id),
    "-name": lambda t: (-ord(t.name), -t.size, -t.id),
    "mixed": lambda t: (-ord(t.name), t.size, -t.id),
}


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    chance = random.Random(7)
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("CREATE TABLE things (id int, name text, size int)"))
        rows = [(n, chance.choice("abc"), chance.randint(0, 2)) for n in range(40)]
        session.add_all(Thing(id=n, name=name, size=size) for n, name, size in rows)
    return grid_db


@pytest.mark.parametrize("limit", [1, 3, 39, 40, 41])
@pytest.mark.parametrize("sort", ORDERS)
def test_pages_hold_every_row_once_in_the_order_asked_for(
    db: Transactions, sort: str, limit: int
) -> None:
    read: list[Thing] = []
    after = None
    with Session(db.engine) as session:
        while after or not read:
            page = THINGS.page(session, select(Thing), Wanted(sort, limit, after))
            assert 1 <= len(page.items) <= limit
            read += page.items
            after = page.next
    assert sorted(thing.id for thing in read) == list(range(40))
    key = ORDERS[sort]
    assert all(key(one) < key(other) for one, other in pairwise(read))


@pytest.mark.parametrize("sort", ["id", "-id"])
def test_a_page_deep_in_a_list_begins_from_the_index(db: Transactions, sort: str) -> None:
    with Session(db.engine) as session:
        session.execute(
            text("INSERT INTO things SELECT n, 'd', 1 FROM generate_series(50, 9999) n")
        )
        session.execute(text("CREATE UNIQUE INDEX ix_things ON things (id)"))
        session.execute(text("ANALYZE things"))
        middle = session.get_one(Thing, 5_000)
        wanted = Wanted(sort, 2, THINGS.mark(Wanted(sort), middle))
        statements: list[tuple[str, Any]] = []
        event.listen(
            session.connection(),
            "before_cursor_execute",
            lambda _c, _cursor, statement, parameters, *_: statements.append(
                (statement, parameters)
            ),
        )
        page = THINGS.page(session, select(Thing), wanted)
        statement, parameters = statements[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters)
        assert "Index Cond" in "\n".join(plan.scalars())
        assert [thing.id for thing in page.items] == DEEP[sort]


DEEP = {"id": [5_001, 5_002], "-id": [4_999, 4_998]}


def test_a_mark_shows_nothing_that_the_query_leaves_out(db: Transactions) -> None:
    mine = select(Thing).where(Thing.name == "a")
    with Session(db.engine) as session:
        everything = THINGS.page(session, select(Thing), Wanted("id", 5))
        rest = THINGS.page(session, mine, Wanted("id", 200, everything.next))
    assert {thing.name for thing in rest.items} == {"a"}
    assert min(thing.id for thing in rest.items) > 4
