"""Owns the proof of how a relay makes what it sent unsent again: piece by piece, to an end."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.database import Transactions
from shared.messaging import outbox
from shared.messaging.outbox_reader import OutboxReader
from tests.factories import case_closed, case_filed


@pytest.fixture
def reader(grid_db: Transactions) -> Iterator[OutboxReader]:
    url = grid_db.engine.url.render_as_string(hide_password=False)
    with closing(OutboxReader(url)) as reader:
        yield reader


def say(db: Transactions, *facts: object) -> None:
    db.change(lambda session: [outbox.add(session, fact) for fact in facts])


def test_what_was_sent_of_an_event_is_unsent_piece_by_piece(
    grid_db: Transactions, reader: OutboxReader
) -> None:
    say(grid_db, case_filed(), case_closed(), case_filed(), case_closed(), case_closed())
    positions = [row.position for row in reader.unsent([], 10)]
    reader.mark_sent(positions)
    assert reader.unmark("case_closed.v1", 0, 3) == (positions[2], 1)
    assert reader.unmark("case_closed.v1", positions[3], 3) == (None, 2)
    closed = [positions[1], positions[3], positions[4]]
    assert [row.position for row in reader.unsent([], 10)] == closed


def test_what_comes_meanwhile_does_not_keep_the_walk_from_its_end(
    grid_db: Transactions, reader: OutboxReader
) -> None:
    say(grid_db, case_closed(), case_closed())
    reader.mark_sent([row.position for row in reader.unsent([], 10)])
    first: int | None = 0
    for _ in range(10):
        say(grid_db, case_filed(), case_closed())
        first, _ = reader.unmark("case_closed.v1", first, 3)
        if first is None:
            return
        first += 1
    pytest.fail("one new row each time, and the event is held for ever")


def test_a_piece_that_ends_at_the_last_row_is_followed_by_an_empty_one(
    grid_db: Transactions, reader: OutboxReader
) -> None:
    say(grid_db, case_closed(), case_closed())
    positions = [row.position for row in reader.unsent([], 10)]
    reader.mark_sent(positions)
    assert reader.unmark("case_closed.v1", 0, 2) == (positions[1], 2)
    assert reader.unmark("case_closed.v1", positions[1] + 1, 2) == (None, 0)
