"""Owns the way from the outbox to the broker: in order, confirmed, never lost, one at a time.

A row is marked only when the broker has confirmed it. What is unconfirmed when a connection
dies is published again; its hearers know it by its id. Any failure ends the session, with both
connections, and a new one begins: there is one way to start and one way to recover.
"""

import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from itertools import takewhile
from typing import Any

import pika
from pika.adapters.select_connection import IOLoop
from pika.spec import Basic, BasicProperties

from shared import metrics
from shared.config import each_url
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.outbox_reader import OutboxReader, UnsentRow
from shared.messaging.outlets import Outlets
from shared.messaging.topology import UnknownEvent, event_named, events_of, exchange_of

log = logging.getLogger(__name__)

WINDOW = 2_000
"""How many messages may be unconfirmed at once."""

CONFIRM_SECONDS = 30.0
"""How long the oldest unconfirmed message may wait before the connection counts as dead."""

GATHER_SECONDS = 0.004
"""How long rows and confirms are gathered: many small commits become one read and one mark."""

HOLD_SECONDS = 5.0
"""How long a message that was refused, or found no queue, waits for its next try."""

LOOK_BACK_ROWS = 20_000
"""So many of the newest rows are uncertain when a relay begins: another may have sent them, and
not have seen any more that a binding was missing."""

UNMARK_ROWS = 5_000
"""How many rows one statement walks that makes sent events unsent again."""

COMPLAIN_SECONDS = 60.0

_TICK_SECONDS = 0.2
_POLL_SECONDS = 1.0
_DRAIN_SECONDS = 5.0
_LONGEST_BACKOFF = 5.0
_PERSISTENT = 2


class RelayFailed(Exception):
    """The session can't go on; the message says why."""


class RelaySession:
    """One life of the relay: from two fresh connections until one of them fails or it is told to
    stop."""

    def __init__(self, service: str, amqp_url: str, outbox: OutboxReader, outlets: Outlets) -> None:
        self._exchange = exchange_of(service)
        self._outbox = outbox
        self._outlets = outlets
        self._under_way: OrderedDict[int, tuple[UnsentRow, float, int]] = OrderedDict()
        self._confirmed: list[int] = []
        self._held: dict[int, float] = {}
        self._returned: set[str] = set()
        self._complained: dict[str, float] = {}
        self._blocked = False
        self._flush_due = self._pump_due = self._mark_due = False
        self._polled_at = 0.0
        self._drain_until: float | None = None
        self._tag = 0
        self._channel: Any = None
        self._loop = IOLoop()
        parameters = pika.URLParameters(amqp_url)
        parameters.heartbeat = 20
        parameters.blocked_connection_timeout = 120
        parameters.socket_timeout = parameters.stack_timeout = 10
        parameters.client_properties = {"connection_name": f"{service} relay"}
        self._connection = pika.SelectConnection(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_failed,
            on_close_callback=self._on_failed,
            custom_ioloop=self._loop,
        )

    @property
    def open(self) -> bool:
        """Tell whether messages can be published."""
        return self._channel is not None and self._channel.is_open and not self._blocked

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop.

        Raises:
            RelayFailed: when the broker closed the channel or connection, or doesn't confirm.
            psycopg.OperationalError: when the database was lost.
        """
        self._stop = stop
        self._loop.add_handler(self._outbox.fileno(), self._on_notify, IOLoop.READ)
        self._tick()
        try:
            self._loop.start()
        finally:
            self._abort()
            # its descriptors would pile up over the sessions of a long outage
            self._loop.close()

    def _abort(self) -> None:
        """Leave without waiting: the broker notices the closed socket at once."""
        transport = getattr(self._connection, "_transport", None)
        if transport is not None:
            transport.abort()

    def _on_open(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(lambda *_: self._set_blocked(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._set_blocked(False))
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_failed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._on_ready(channel))

    def _on_ready(self, channel: Any) -> None:
        self._channel = channel
        log.info("publishing", extra={"exchange": self._exchange})
        self._pump()

    def _on_failed(self, _: Any, reason: Any) -> None:
        # a missing exchange closes the channel alone: `linli provision` makes it
        raise RelayFailed(f"{type(reason).__name__}: {reason}")

    def _set_blocked(self, blocked: bool) -> None:
        self._blocked = blocked
        log.warning("broker blocked" if blocked else "broker unblocked")

    def _on_notify(self, _fd: int, _events: int) -> None:
        if self._outbox.take_notifications() and not self._pump_due:
            self._pump_due = True
            self._loop.call_later(GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._pump_due = False
        self._pump()

    def _tick(self) -> None:
        self._loop.call_later(_TICK_SECONDS, self._tick)
        now = time.monotonic()
        if self._under_way:
            _, published_at, _ = next(iter(self._under_way.values()))
            if now - published_at > CONFIRM_SECONDS and not self._blocked:
                raise RelayFailed(f"no confirm for {CONFIRM_SECONDS:g} s")
        if self._stop.is_set():
            self._drain(now)
        elif now - self._polled_at >= _POLL_SECONDS:
            self._pump()

    def _drain(self, now: float) -> None:
        self._drain_until = self._drain_until or now + _DRAIN_SECONDS
        if not (self._under_way or self._confirmed) or now > self._drain_until:
            self._loop.stop()

    def _pump(self) -> None:
        """Publish as many unsent rows as the window lets through."""
        if not self.open or self._drain_until is not None:
            return
        free = WINDOW - len(self._under_way)
        standing = self._outlets.standing()
        if free < WINDOW // 4 or standing is None:
            return
        for event, first in standing.back.items():
            self._say_again(event, first)
        now = self._polled_at = time.monotonic()
        self._held = {p: until for p, until in self._held.items() if until > now}
        known = [row.position for row, _, _ in self._under_way.values()]
        under_way = [*known, *self._confirmed, *self._held]
        rows = self._outbox.unsent(under_way, free, standing.held)
        for row in rows:
            self._publish(row, now, standing.epochs.get(row.event_type, 0))
        for event_type, count in Counter(row.event_type for row in rows).items():
            metrics.RELAY_PUBLISHED.labels(event_type).inc(count)
        self._join_writes()

    def _say_again(self, event: str, first: int | None) -> None:
        """Make a part of what was sent of an event unsent, or let it go when all of it is."""
        self._mark()  # what is confirmed and not marked yet is among it
        last: int | None = None
        if first is not None:
            last, count = self._outbox.unmark(event, first, UNMARK_ROWS)
            metrics.RELAY_SENT_AGAIN.labels(event).inc(count)
        if last is None:
            self._outlets.mended(event)
        else:
            self._outlets.walked(event, last + 1)

    def _join_writes(self) -> None:
        """Let what was published leave in one system call: pika makes one of each message."""
        waiting = self._connection._transport._tx_buffers
        if len(waiting) > 1:
            joined = b"".join(waiting)
            waiting.clear()
            waiting.append(joined)

    def _publish(self, row: UnsentRow, now: float, epoch: int) -> None:
        self._tag += 1
        self._under_way[self._tag] = (row, now, epoch)
        properties = BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=_PERSISTENT,
            message_id=row.event_id,
            type=row.event_type,
            headers=row.headers,
        )
        self._channel.basic_publish(
            self._exchange, row.event_type, row.body, properties, mandatory=True
        )

    def _on_return(
        self, _: Any, method: Basic.Return, properties: BasicProperties, _body: bytes
    ) -> None:
        """Remember what found no queue; its confirm follows."""
        self._returned.add(str(properties.message_id))

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        acked = isinstance(method, Basic.Ack)
        last = method.delivery_tag
        # in the order of tags, so that the first one beyond ends the search
        tags = (
            list(takewhile(lambda tag: tag <= last, self._under_way)) if method.multiple else [last]
        )
        now = time.monotonic()
        for tag in tags[:1]:
            metrics.RELAY_CONFIRM_SECONDS.observe(now - self._under_way[tag][1])
        for tag in tags:
            row, _, epoch = self._under_way.pop(tag)
            self._settle(row, acked, now, epoch)
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_later(0, self._flush)

    def _settle(self, row: UnsentRow, acked: bool, now: float, epoch: int) -> None:
        unroutable = row.event_id in self._returned
        self._returned.discard(row.event_id)
        if not acked:
            metrics.RELAY_REFUSED.inc()
            self._held[row.position] = now + HOLD_SECONDS
        elif unroutable and is_heard(row.event_type):
            metrics.RELAY_UNROUTABLE.labels(row.event_type).inc()
            self._complain(row.event_type, now)
            self._held[row.position] = now + HOLD_SECONDS
        elif self._outlets.sent(row.event_type, row.position, epoch):
            self._confirmed.append(row.position)

    def _complain(self, event_type: str, now: float) -> None:
        """Log once a minute, not once a row: a lost binding may hold back thousands."""
        if now - self._complained.get(event_type, -COMPLAIN_SECONDS) >= COMPLAIN_SECONDS:
            self._complained[event_type] = now
            log.error("no queue for an event that is heard", extra={"event": event_type})

    def _flush(self) -> None:
        self._flush_due = False
        self._pump()
        # the broker works while the database marks, and more is confirmed meanwhile
        if not self._mark_due:
            self._mark_due = True
            self._loop.call_later(GATHER_SECONDS, self._mark)

    def _mark(self) -> None:
        self._mark_due = False
        if self._confirmed:
            self._outbox.mark_sent(self._confirmed)
            metrics.RELAY_CONFIRMED.inc(len(self._confirmed))
            self._confirmed.clear()


def is_heard(event_type: str) -> bool:
    """Tell whether somebody should receive this event; unknown ones count as heard."""
    try:
        return bool(event_named(event_type).hearers)
    except UnknownEvent:
        return True


class Relay:
    """Runs sessions until it is told to stop; a second relay of a service stands by."""

    def __init__(self, service: str, database_url: str, amqp_url: str, outlets: Outlets) -> None:
        self._service = service
        self._outlets = outlets
        self._database_url = database_url
        self._amqp_urls = deque(each_url(amqp_url))
        self._session: RelaySession | None = None
        self._standby = False
        self.stop = threading.Event()
        for event in events_of(service):
            metrics.begin_saying(event.name)

    def publishing_or_standing_by(self) -> bool:
        """Tell whether this relay does what it is there for."""
        session = self._session
        return self._standby or (session is not None and session.open)

    def run(self) -> None:
        """Publish, recover and stand by until `stop` is set."""
        looking = threading.Thread(
            target=self._outlets.keep_looking, args=(self.stop,), name="outlets", daemon=True
        )
        looking.start()
        backoff = 0.5
        while not self.stop.is_set():
            started = time.monotonic()
            try:
                self._live()
            except Exception as error:  # noqa: BLE001 - the relay outlives any failure of a session
                log.warning("relay starts again", extra={"why": f"{type(error).__name__}: {error}"})
                lived = time.monotonic() - started
                self._amqp_urls.rotate(-1)
                backoff = 0.5 if lived > _LONGEST_BACKOFF else min(backoff * 2, _LONGEST_BACKOFF)
                self.stop.wait(backoff)

    def _live(self) -> None:
        outbox = OutboxReader(self._database_url)
        try:
            while not outbox.become_active():
                self._standby = True
                if self.stop.wait(1.0):
                    return
            self._standby = False
            metrics.RELAY_ACTIVE.set(1)
            self._outlets.begin(outbox.newest() - LOOK_BACK_ROWS)
            url = self._amqp_urls[0]
            self._session = RelaySession(self._service, url, outbox, self._outlets)
            self._session.run(self.stop)
        finally:
            self._session, self._standby = None, False
            metrics.RELAY_ACTIVE.set(0)
            outbox.close()
