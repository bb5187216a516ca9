"""Owns the relay's side of the outbox: one connection that locks, listens, reads and marks.

It is a plain autocommit psycopg connection: the advisory lock lives and dies with it, so a
relay that lost the lock also lost its means to mark.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import psycopg

from shared.messaging.outbox import CHANNEL

_LOCK = 7_236_002
"""Advisory lock of the one active relay of a database; the number means nothing."""

# "position > last seen" would lose rows: numbers are given at insert, and rows become visible
# at commit, so a smaller number can appear after a larger one was sent. The subquery makes a
# hash of the thousands that are under way; "= ANY" compares each row with all of them
_UNSENT = """
    SELECT position, event_id::text, event_type, headers, body FROM outbox
    WHERE sent_at IS NULL AND position NOT IN (SELECT unnest(%b::bigint[]))
        AND event_type <> ALL(%b::text[])
    ORDER BY position LIMIT %b
"""
_MARK = """
    UPDATE outbox SET sent_at = clock_timestamp() WHERE position = ANY(%b) AND sent_at IS NULL
"""

_NEWEST = "SELECT coalesce(max(position), 0) FROM outbox"
# by position, as there is no index on sent_at: marking is the relay's hottest statement
_UNMARK = """
    WITH walked AS (
        SELECT position FROM outbox WHERE position >= %b::bigint ORDER BY position LIMIT %b
    ), unmarked AS (
        UPDATE outbox SET sent_at = NULL FROM walked
        WHERE outbox.position = walked.position AND sent_at IS NOT NULL AND event_type = %b
        RETURNING outbox.position
    )
    SELECT (SELECT max(position) FROM walked HAVING count(*) = %b), (SELECT count(*) FROM unmarked)
"""


@dataclass(frozen=True, slots=True)
class UnsentRow:
    """An event that waits for the broker."""

    position: int
    event_id: str
    event_type: str
    headers: dict[str, str]
    body: bytes


class OutboxReader:
    """Reads and marks the outbox of one service."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            psycopg.OperationalError: when the database can't be reached.
        """
        self._connection = psycopg.connect(
            url.replace("postgresql+psycopg://", "postgresql://"),
            autocommit=True,
            connect_timeout=5,
            application_name="linli relay",
            options="-c timezone=UTC",
            tcp_user_timeout=10_000,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            prepare_threshold=1,
        )
        self.notified = False
        self._connection.add_notify_handler(self._on_notify)
        self._connection.execute(f"LISTEN {CHANNEL}")

    def fileno(self) -> int:
        """Return the descriptor that becomes readable at a notification."""
        return self._connection.fileno()

    def become_active(self) -> bool:
        """Try to be the one relay that publishes; tell whether this one is."""
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        return bool(row and row[0])

    def unsent(
        self, except_for: Collection[int], limit: int, held: Collection[str] = ()
    ) -> list[UnsentRow]:
        """Return the oldest unsent rows, without those under way and without events held."""
        values = (list(except_for), list(held), limit)
        rows = self._connection.execute(_UNSENT, values, binary=True)
        return [UnsentRow(*row) for row in rows]

    def mark_sent(self, positions: Sequence[int]) -> None:
        """Note in one statement that the broker has taken these over."""
        self._connection.execute(_MARK, (list(positions),))

    def newest(self) -> int:
        """Return the highest position, 0 when the outbox is empty."""
        row = self._connection.execute(_NEWEST).fetchone()
        return int(row[0]) if row else 0

    def unmark(self, event_type: str, first: int, rows: int) -> tuple[int | None, int]:
        """Make unsent again what was sent of an event among so many rows from a position on.

        Returns the last position it came to, None when that is the end, and how many it was. Rows
        that come later were never sent; under load there are always some.
        """
        values = (first, rows, event_type, rows)
        row = self._connection.execute(_UNMARK, values).fetchone()
        return row or (None, 0)

    def take_notifications(self) -> bool:
        """Read what arrived on the socket; tell whether the outbox has new rows.

        Raises:
            psycopg.OperationalError: when the connection was lost.
        """
        self._connection.pgconn.consume_input()
        while self._connection.pgconn.notifies():
            self.notified = True
        notified, self.notified = self.notified, False
        return notified

    def close(self) -> None:
        """Close the connection; the lock goes to a standby."""
        self._connection.close()

    def _on_notify(self, _: psycopg.Notify) -> None:
        self.notified = True
