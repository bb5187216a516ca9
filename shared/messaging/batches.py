"""Owns what waits for a batch handler: its own channel's messages, handed over one batch at a time.

A batch is what has arrived when the one before is settled: one message when little happens, up to
the handler's size when much does. Nobody waits for a batch to fill.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

HandOver = Callable[[Sequence[Any], Callable[[], None]], None]
"""Takes messages, and what to call when every one of them is settled."""


class Buffer:
    """The messages of one batch handler on one channel; it ends with that channel."""

    def __init__(self, size: int, hand_over: HandOver, forget: Callable[[int], None]) -> None:
        self._size = size
        self._hand_over = hand_over
        self._forget = forget
        self._waiting: deque[Any] = deque()
        self._under_way = False

    def add(self, message: Any) -> None:
        """Take a message; hand over at once when no batch is under way."""
        self._waiting.append(message)
        if not self._under_way:
            self._next()

    def close(self) -> None:
        """Forget what waits: its channel is gone, and the broker delivers it again."""
        self._forget(len(self._waiting))
        self._waiting.clear()

    def _next(self) -> None:
        count = min(self._size, len(self._waiting))
        self._under_way = count > 0
        if count:
            batch = [self._waiting.popleft() for _ in range(count)]
            self._hand_over(batch, self._next)
