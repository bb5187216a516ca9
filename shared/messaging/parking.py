"""Owns what the broker gave up on: `parked.<service>` is emptied into `failed_events`.

A message gets there that killed its process 20 times, or was in flight at as many lost
connections; innocents are among them, so it is kept for a person to look at and replay.
"""

from typing import Any

from nameko.extensions import SharedExtension

from shared import metrics
from shared.messaging import failures
from shared.messaging.connection import EventConsumer, body_of
from shared.messaging.patience import PatientTransactions
from shared.messaging.topology import parked_queue_of


class BrokerParked(SharedExtension):
    """Moves each message of the service's parked queue into the table."""

    connection = EventConsumer()
    batch = 0

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
        self.connection.settle(message, lambda: self._keep(message))

    def _keep(self, message: Any) -> None:
        headers = message.headers or {}
        queue, reason = _origin(headers)
        failure = failures.Failure(
            queue or self.queue_name,
            headers,
            body_of(message),
            f"the broker gave up: {reason}",
            hopeless=True,
        )
        self._transactions.change(failures.keep, failure)
        metrics.EVENTS_HANDLED.labels(failure.queue, "parked").inc()

    @property
    def _transactions(self) -> PatientTransactions:
        transactions: PatientTransactions = self.container.config["transactions"]
        return transactions


def _origin(headers: Any) -> tuple[str | None, str]:
    """Return the queue that a dead-lettered message came from, and the broker's reason."""
    deaths = headers.get("x-death") or [{}]
    return deaths[0].get("queue"), str(deaths[0].get("reason", "unknown"))
