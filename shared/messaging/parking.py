"""Owns what the broker gave up on: `parked.<service>` is emptied into `failed_events`.

A message gets there that killed its process 20 times, or was in flight at as many lost
connections; innocents are among them, so it is kept for a person to look at and replay.
"""

from functools import partial
from typing import Any

from nameko.extensions import SharedExtension

from shared import metrics
from shared.messaging import failures
from shared.messaging.connection import EventConsumer, body_of
from shared.messaging.patience import PatientTransactions, Stopping
from shared.messaging.topology import parked_queue_of


class BrokerParked(SharedExtension):
    """Moves each message of the service's parked queue into the table."""

    connection = EventConsumer()

    @property
    def queue_name(self) -> str:
        """The service's parked queue."""
        return parked_queue_of(self.container.service_name)

    def setup(self) -> None:
        """Join the worker's connection."""
        self.connection.register_provider(self)

    def stop(self) -> None:
        """Hear nothing more."""
        self.connection.unregister_provider(self)

    def handle(self, message: Any) -> None:
        """Keep the message, then ack it."""
        headers = message.headers or {}
        queue, count = _origin(headers)
        failure = failures.Failure(
            queue or self.queue_name,
            headers,
            body_of(message),
            f"the broker gave up after {count} deliveries",
            hopeless=True,
        )
        acked = False
        try:
            self._transactions.change(partial(failures.keep, failure=failure))
            metrics.EVENTS_HANDLED.labels(failure.queue, "parked").inc()
            acked = True
        except Stopping:
            metrics.EVENTS_HANDLED.labels(failure.queue, "returned").inc()
        finally:
            self.connection.done(message, ack=acked)

    @property
    def _transactions(self) -> PatientTransactions:
        transactions: PatientTransactions = self.container.config["transactions"]
        return transactions


def _origin(headers: Any) -> tuple[str | None, int]:
    """Return the queue that a dead-lettered message came from and its delivery count there."""
    deaths = headers.get("x-death") or [{}]
    count = headers.get("x-delivery-count", 0)
    return deaths[0].get("queue"), count if isinstance(count, int) else 0
