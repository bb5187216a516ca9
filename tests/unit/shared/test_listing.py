"""Owns the proof of the marks of lists: they lead on in the same list, and nowhere else."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.http.listing import Key, Listing, newest
from shared.http.paging import BadCursor


class Base(DeclarativeBase):
    """The registry of this module's table."""


class Thing(Base):
    """A row with a column of each type that lists are sorted by."""

    __tablename__ = "things"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int]
    made_at: Mapped[datetime]


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for."""

    name: str | None = None
    size: int | None = None
    sort: str | None = None
    limit: int = 2
    after: str | None = None


ALL = (newest(Thing.made_at), Key(Thing.name), Key(Thing.size), Key(Thing.id))
THINGS = Listing("things", {"-made_at": ALL, "name": ALL})
OTHERS = Listing("others", {"-made_at": ALL})
ROW = Thing(id=UUID(int=7), name="三元", size=3, made_at=datetime(2026, 11, 23, 4, tzinfo=UTC))
VALUES = (ROW.made_at, ROW.name, ROW.size, ROW.id)


def mark_of(thing: Thing = ROW, **asked: Any) -> str:
    return THINGS.mark(Wanted(**asked), thing)


def read(mark: str, listing: Listing = THINGS, **asked: Any) -> tuple[Any, ...]:
    return tuple(listing.place(Wanted(**asked, after=mark)) or ())


def sealed(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


@given(
    st.uuids(),
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.integers(-(2**63), 2**63 - 1),
    st.datetimes(timezones=st.just(UTC)),
)
def test_a_mark_stands_for_the_values_of_the_last_row(
    id_: UUID, name: str, size: int, made_at: datetime
) -> None:
    thing = Thing(id=id_, name=name, size=size, made_at=made_at)
    assert read(mark_of(thing)) == (made_at, name, size, id_)


def test_a_mark_leads_on_whatever_the_size_of_the_next_page() -> None:
    assert read(mark_of(limit=2), limit=200) == VALUES
    assert read(mark_of(name="x", size=1), name="x", size=1) == VALUES


def test_the_first_order_holds_when_none_is_named() -> None:
    assert read(mark_of(sort="-made_at")) == read(mark_of(), sort="-made_at") == VALUES


@pytest.mark.parametrize(
    ("listing", "asked"),
    [
        (OTHERS, {}),
        (THINGS, {"sort": "name"}),
        (THINGS, {"name": "x"}),
        (THINGS, {"size": 1}),
    ],
)
def test_a_mark_of_another_list_order_or_filter_is_refused(
    listing: Listing, asked: dict[str, Any]
) -> None:
    with pytest.raises(BadCursor) as refused:
        read(mark_of(), listing, **asked)
    assert refused.value.field == "after"


def test_a_mark_of_the_same_list_of_another_thing_is_refused() -> None:
    mark = THINGS.mark(Wanted(), ROW, of=UUID(int=1))
    assert tuple(THINGS.place(Wanted(after=mark), of=UUID(int=1)) or ()) == VALUES
    for other in (UUID(int=2), None):
        with pytest.raises(BadCursor):
            THINGS.place(Wanted(after=mark), of=other)


BOUND = json.loads(base64.urlsafe_b64decode(mark_of()))[0]
GOOD = [BOUND, "2026-11-23T04:00:00+00:00", "三元", 3, str(UUID(int=7))]


def test_what_is_put_together_as_a_mark_is_read_as_one() -> None:
    assert read(sealed(GOOD)) == VALUES


@pytest.mark.parametrize(
    "said",
    [
        None, 7, "x", [], {}, [BOUND], GOOD[:4], [*GOOD, 1], [None, *GOOD[1:]],
        [BOUND, "yesterday", *GOOD[2:]], [BOUND, 5, *GOOD[2:]], [BOUND, None, *GOOD[2:]],
        [*GOOD[:2], "a\0", *GOOD[3:]], [*GOOD[:2], "\ud800", *GOOD[3:]], [*GOOD[:2], 5, *GOOD[3:]],
        [*GOOD[:3], 2**63, GOOD[4]], [*GOOD[:3], -(2**63) - 1, GOOD[4]], [*GOOD[:3], 1.5, GOOD[4]],
        [*GOOD[:3], True, GOOD[4]], [*GOOD[:3], "3", GOOD[4]], [*GOOD[:4], "7"], [*GOOD[:4], None],
    ],
)  # fmt: skip
def test_a_mark_with_other_values_than_the_columns_have_is_refused(said: Any) -> None:
    with pytest.raises(BadCursor):
        read(sealed(said))


@pytest.mark.parametrize("mark", ["", "!", "abc", "区划", "\ud800", "W10", "W" * 5_000])
def test_what_is_no_mark_is_refused(mark: str) -> None:
    with pytest.raises(BadCursor):
        read(mark)


@given(st.text())
def test_any_text_is_refused_as_a_mark(mark: str) -> None:
    with pytest.raises(BadCursor):
        read(mark)


def test_without_a_mark_the_list_begins_at_its_first_row() -> None:
    assert THINGS.place(replace(Wanted(), limit=5)) is None
