"""Owns the life of a delivery: the table of moves, when it is tried again, when given up."""

from datetime import datetime, timedelta
from typing import Literal

from shared.errors import Conflict, NotFound

DeliveryState = Literal["waiting", "sending", "sent", "failed", "cancelled"]
Failure = Literal["refused", "unreachable"]
Outcome = Literal["sent", "refused", "unreachable", "cancelled"]

LEASE = timedelta(minutes=5)
"""So long a worker has to send what it took; then it counts as lost, and is sent again."""

_RETRY_AFTER = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
MOST_ATTEMPTS = len(_RETRY_AFTER) + 1

MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    "waiting": frozenset(("sending", "cancelled")),
    # again "sending": its lease ended
    "sending": frozenset(("sending", "waiting", "sent", "failed", "cancelled")),
    "failed": frozenset(("waiting",)),
    "sent": frozenset(),
    "cancelled": frozenset(),
}


class DeliveryUnknown(NotFound):
    """No delivery has that id."""

    zh = "未找到该投递记录"
    en = "There is no such delivery"


class DeliveryMoveNotAllowed(Conflict):
    """The delivery is in a state from which it can't get there."""

    zh = "投递状态为 {state}，不能变为 {to}"
    en = "A delivery that is {state} can't become {to}"


def moved(state: DeliveryState, to: DeliveryState) -> DeliveryState:
    """Return the new state.

    Raises:
        DeliveryMoveNotAllowed
    """
    if to not in MOVES[state]:
        raise DeliveryMoveNotAllowed(state=state, to=to)
    return to


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after so many failed attempts, None when that was the last."""
    return None if attempts >= MOST_ATTEMPTS else now + _RETRY_AFTER[attempts - 1]


def after_failure(outcome: Outcome, attempts: int, now: datetime) -> tuple[DeliveryState, datetime]:
    """Return the state after an attempt that failed, and when it is due.

    A recipient who was refused for good is given up at once; what else failed is tried 30 s, 2 min,
    10 min, 1 h and 6 h later.
    """
    again = next_try(attempts, now) if outcome == "unreachable" else None
    return ("failed", now) if again is None else ("waiting", again)
