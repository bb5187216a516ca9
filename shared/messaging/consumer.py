"""Owns how a worker hears: nameko's consumer, changed where nameko would lose a message.

A delivery ends in one of three ways: its effect is committed and it is acked; it is kept in
`failed_events` and acked; or it goes back to the broker unacked because the process stops.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import eventlet
from nameko.containers import ServiceContainer, WorkerContext
from nameko.extensions import Entrypoint

from shared import metrics
from shared.clock import real_now
from shared.errors import Rejected
from shared.messaging import failures
from shared.messaging.connection import EventConsumer, body_of
from shared.messaging.envelope import Event, Undecodable, unseal
from shared.messaging.housekeeping import Retention
from shared.messaging.parking import BrokerParked
from shared.messaging.patience import PatientTransactions, Stopping, TransactionsProvider
from shared.messaging.retries import Retries

__all__ = ["Consume", "Database", "EventContainer", "consume"]

log = logging.getLogger(__name__)

_OUTCOMES = {"waiting": "retried", "parked": "parked"}
ExcInfo = tuple[type[BaseException], BaseException, Any] | None


class EventContainer(ServiceContainer):
    """nameko's container, for which an `eventlet.Timeout` in a handler is a failure like any.

    It derives from BaseException: nameko lets it pass, the message is never settled, and the
    container goes on looking alive.
    """

    def _run_worker(
        self, worker_ctx: WorkerContext, handle_result: Callable[..., Any] | None
    ) -> None:
        try:
            super()._run_worker(worker_ctx, handle_result)
        except eventlet.Timeout as error:
            if handle_result is not None:
                handle_result(worker_ctx, None, (type(error), error, error.__traceback__))


class Database(TransactionsProvider):
    """A worker's transactions: `self.db.once(event, usecase)`.

    With them comes what every worker does, one that hears nothing too: empty the parked queue,
    and delete what is old.
    """

    broker_parked = BrokerParked()
    retention = Retention()


class Consume(Entrypoint):
    """`@consume("grid.on_finding_raised")`: the method handles each event of that queue once.

    With `batch=200` it takes a list of up to 200 events and handles them in one transaction, by
    `self.db.once_all(events, usecase)`. If that fails, they are handled one by one, in lists of
    one, so that only those that fail alone are kept for another try.
    """

    connection = EventConsumer()
    retries = Retries()

    def __init__(self, queue: str, batch: int = 0, **kwargs: Any) -> None:
        self.queue_name = queue
        self.batch = batch
        super().__init__(**kwargs)

    def setup(self) -> None:
        """Join the worker's connection."""
        metrics.begin_hearing(self.queue_name)
        self.connection.register_provider(self)
        self.retries.register_provider(self)

    def stop(self) -> None:
        """Hear nothing more; what was heard is still settled."""
        self.retries.unregister_provider(self)
        self.connection.unregister_provider(self)

    def handle(self, message: Any) -> None:
        """Hand a message to the handler, or keep it aside when it isn't one of our events."""
        started = time.perf_counter()
        try:
            event = unseal(self.queue_name, message.headers, body_of(message))
        except Undecodable as error:
            self._settle(message, None, started, None, None, (Undecodable, error, None))
        else:
            self.run(event, partial(self._settle, message, event, started))

    def run(self, event: Event, handle_result: Callable[..., Any]) -> None:
        """Call the handler in a worker; waits for a free one. No header reaches nameko."""
        argument = [event] if self.batch else event
        self.container.spawn_worker(self, (argument,), {}, handle_result=handle_result)

    def handle_batch(self, messages: Sequence[Any], done: Callable[[], None]) -> None:
        """Hand several messages to the handler at once; call `done` when all are settled."""
        started = time.perf_counter()
        readable = []
        for message in messages:
            try:
                event = unseal(self.queue_name, message.headers, body_of(message))
            except Undecodable as error:
                self._settle(message, None, started, None, None, (Undecodable, error, None))
            else:
                readable.append((message, event))
        if len(readable) < len(messages):
            self._one_by_one(readable, started, done)
            return
        settle = partial(self._settle_batch, readable, started, done)
        events = [event for _, event in readable]
        self.container.spawn_worker(self, (events,), {}, handle_result=settle)

    def _settle_batch(
        self,
        batch: Sequence[tuple[Any, Event]],
        started: float,
        done: Callable[[], None],
        _context: WorkerContext,
        result: Any,
        exc_info: ExcInfo,
    ) -> tuple[Any, None]:
        messages = [message for message, _ in batch]
        if exc_info is None:
            self.connection.settle_all(messages)
            self._measure([event for _, event in batch], started)
            done()
        elif isinstance(exc_info[1], Stopping):
            self.connection.give_up(messages)
            metrics.EVENTS_HANDLED.labels(self.queue_name, "returned").inc(len(messages))
            done()
        else:
            log.warning(
                "batch failed; its events are handled one by one",
                extra={"queue": self.queue_name, "why": failures.describe(exc_info[1])},
            )
            # not here: a worker that waits for a free worker might wait for itself
            self.container.spawn_managed_thread(
                partial(self._one_by_one, batch, started, done), identifier="a failed batch"
            )
        return result, None

    def _one_by_one(
        self, batch: Sequence[tuple[Any, Event]], started: float, done: Callable[[], None]
    ) -> None:
        """Handle and settle each event alone, in their order."""
        if not batch:
            done()
            return
        message, event = batch[0]

        def settle(*outcome: Any) -> tuple[Any, None]:
            answer = self._settle(message, event, started, *outcome)
            later = partial(self._one_by_one, batch[1:], started, done)
            self.container.spawn_managed_thread(later, identifier="the rest of a batch")
            return answer

        self.run(event, settle)

    def _settle(
        self,
        message: Any,
        event: Event | None,
        started: float,
        _context: WorkerContext | None,
        result: Any,
        exc_info: ExcInfo,
    ) -> tuple[Any, None]:
        stored = self.connection.settle(message, lambda: self._store(message, exc_info))
        if not stored:
            metrics.EVENTS_HANDLED.labels(self.queue_name, "returned").inc()
        self._measure([event] if stored and event and exc_info is None else [], started)
        return result, None

    def _measure(self, effects: Sequence[Event], started: float) -> None:
        now = real_now()
        for event in effects:
            seconds = (now - event.time).total_seconds()
            metrics.EFFECT_SECONDS.labels(self.queue_name).observe(max(seconds, 0))
        metrics.HANDLER_SECONDS.labels(self.queue_name).observe(time.perf_counter() - started)

    def _store(self, message: Any, exc_info: ExcInfo) -> None:
        if exc_info is not None:
            self._keep(message.headers, body_of(message), exc_info[1])

    def _keep(self, headers: Mapping[str, Any] | None, body: bytes, error: BaseException) -> None:
        if isinstance(error, Stopping):
            raise error
        text = failures.describe(error)
        failure = failures.Failure(self.queue_name, headers, body, text, is_hopeless(error))
        state = self.transactions.change(failures.keep, failure)
        outcome = _OUTCOMES.get(state, "duplicate")
        metrics.EVENTS_HANDLED.labels(self.queue_name, outcome).inc()
        log.error("event failed", extra={"queue": self.queue_name, "state": state, "why": text})

    @property
    def transactions(self) -> PatientTransactions:
        """The worker's own database."""
        transactions: PatientTransactions = self.container.config["transactions"]
        return transactions


def is_hopeless(error: BaseException) -> bool:
    """Tell whether trying again can't help: a rule said no, or nobody can read the message."""
    return isinstance(error, Rejected | Undecodable)


consume = Consume.decorator
