"""Owns how a worker meets a database that is away: it keeps its messages and waits.

Nobody's attempts are used up by an outage, and prefetch stops the flow from the broker.
"""

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from nameko.extensions import DependencyProvider

from shared import metrics, tracing
from shared.database import DatabaseUnavailable, Transactions
from shared.messaging.envelope import Event

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_SHORTEST_WAIT, _LONGEST_WAIT = 1.0, 10.0


class Stopping(Exception):
    """The process stops while it waits for its database; the message goes back to the broker."""


class PatientTransactions:
    """Transactions that wait for the database for as long as it takes, unless the process stops."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._stop = threading.Event()

    def once(self, event: Event, usecase: Callable[..., object]) -> None:
        """Run a use case for an event unless it ran before."""
        with tracing.effect_span(event.queue, [event.headers]):
            ran = self._patiently(lambda: self._transactions.once(event, usecase))
            outcome = "handled" if ran else "duplicate"
            log.info("event " + outcome, extra={"queue": event.queue, "event": str(event.id)})
        metrics.EVENTS_HANDLED.labels(event.queue, outcome).inc()

    def once_all(self, events: Sequence[Event], usecase: Callable[..., object]) -> None:
        """Run a use case for those of a batch of events for which it didn't run before."""
        queue = events[0].queue
        headers = [event.headers for event in events]
        with tracing.effect_span(queue, headers):
            ran = self._patiently(lambda: self._transactions.once_all(events, usecase))
            facts = {"queue": queue, "events": len(events), "new": ran}
            log.info("batch handled", extra=facts | _traces(headers))
        metrics.EVENTS_HANDLED.labels(queue, "handled").inc(ran)
        metrics.EVENTS_HANDLED.labels(queue, "duplicate").inc(len(events) - ran)
        metrics.BATCH_EVENTS.labels(queue).observe(len(events))

    def run(self, usecase: Callable[..., Result], *request: Any) -> Result:
        """Run a use case of a timer."""
        return self._patiently(lambda: self._transactions.run(usecase, *request))

    def change(self, change: Callable[..., Result], *request: Any) -> Result:
        """Run `change(session, *request)` of the delivery itself; it takes no business time."""
        return self._patiently(lambda: self._transactions.change(change, *request))

    def reachable(self) -> bool:
        """Tell whether the database answers."""
        return self._transactions.reachable()

    def stop(self) -> None:
        """End all waiting."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Tell whether the process is stopping."""
        return self._stop.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait, and tell whether the process goes on."""
        return not self._stop.wait(seconds)

    def _patiently(self, work: Callable[[], Result]) -> Result:
        longest = _SHORTEST_WAIT
        while True:
            try:
                return work()
            except DatabaseUnavailable as error:
                log.warning("database unavailable; waiting", extra={"why": str(error)})
                longest = min(longest * 1.5, _LONGEST_WAIT)
                wait = random.uniform(_SHORTEST_WAIT, longest)  # nosec B311: spreads the tries
                if not self.pause(wait):
                    raise Stopping from error


def _traces(headers: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the traces of a batch that holds several, for its log line; nothing for one."""
    traces = sorted({tracing.trace_of(one.get("traceparent", "")) for one in headers})
    return {"traces": traces} if len(traces) > 1 else {}


class TransactionsProvider(DependencyProvider):
    """Gives a worker's handlers their transactions."""

    def get_dependency(self, worker_ctx: Any) -> PatientTransactions:
        """Return the transactions; no I/O here, an error in this hook would kill the worker."""
        transactions: PatientTransactions = self.container.config["transactions"]
        return transactions
