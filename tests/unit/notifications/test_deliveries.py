"""Tests of domain/deliveries.py: the moves, and how often a letter is tried."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from services.notifications.domain.deliveries import (
    MOST_ATTEMPTS,
    MOVES,
    DeliveryMoveNotAllowed,
    DeliveryState,
    after_failure,
    moved,
)

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)


@pytest.mark.parametrize(("state", "to"), list(product(STATES, STATES)))
def test_a_delivery_moves_as_the_table_says_and_not_otherwise(
    state: DeliveryState, to: DeliveryState
):
    if to in MOVES[state]:
        assert moved(state, to) == to
    else:
        with pytest.raises(DeliveryMoveNotAllowed):
            moved(state, to)


def test_what_was_sent_or_cancelled_stays_so():
    assert MOVES["sent"] == MOVES["cancelled"] == frozenset()


def test_what_is_unreachable_is_tried_again_ever_later_and_then_given_up():
    tries = [after_failure("unreachable", n, NOW) for n in range(1, MOST_ATTEMPTS + 1)]
    waits = [(due - NOW).total_seconds() for state, due in tries if state == "waiting"]
    assert waits == [30, 120, 600, 3_600, 21_600]
    assert tries[-1] == ("failed", NOW)


def test_what_is_refused_is_given_up_at_once():
    assert after_failure("refused", 1, NOW) == ("failed", NOW)
    assert after_failure("refused", 1, NOW + timedelta(days=1))[0] == "failed"
