"""Owns when delivery forgets: a timer in every worker, no leader; a late run catches up."""

import logging
import random
from collections.abc import Callable
from typing import Any

from nameko.extensions import DependencyProvider, SharedExtension

from shared import metrics
from shared.clock import real_now
from shared.database import LockBusy
from shared.messaging import failures, retention
from shared.messaging.patience import PatientTransactions, Stopping

log = logging.getLogger(__name__)

FIRST_SECONDS = 60.0
INTERVAL_SECONDS = 3600.0
_BREATH_SECONDS = 0.2
"""Between two batches: whoever waited for the disk comes first."""


class Housekeeping:
    """Deletes what is old enough, batch by batch with a commit each, until the process stops."""

    def __init__(self, transactions: PatientTransactions, periods: retention.Periods) -> None:
        self._transactions = transactions
        self._deletes = (
            ("inbox", retention.delete_claims, periods.inbox),
            ("outbox", retention.delete_sent, periods.outbox),
            ("failed_events", retention.delete_settled, periods.failed_events),
            ("idempotency_keys", retention.delete_answers, retention.ANSWERS_KEPT),
        )

    def run(self, first: float = FIRST_SECONDS, interval: float = INTERVAL_SECONDS) -> None:
        """Sweep after about `first` seconds and then every `interval`; return when stopping."""
        wait = first * random.uniform(0.5, 1.5)  # nosec B311: no secret, it spreads work
        try:
            while self._transactions.pause(wait):
                self.sweep()
                wait = interval
        except Stopping:
            log.info("housekeeping stops")

    def sweep(self) -> None:
        """Settle what had its effect after all, then delete all that is old enough.

        Raises:
            Stopping: when the process stops meanwhile; what is left goes in the next run.
        """
        try:
            while self._transactions.change(failures.settle_effective, retention.BATCH_ROWS):
                self._breathe()
            for table, delete, period in self._deletes:
                self._empty(table, delete, period)
        except LockBusy as error:
            log.warning("housekeeping gave way to a lock", extra={"why": str(error)})

    def _empty(self, table: str, delete: retention.Delete, period: Any) -> None:
        before = real_now() - period
        while deleted := self._transactions.change(delete, before, retention.BATCH_ROWS):
            metrics.RETENTION_DELETED.labels(table).inc(deleted)
            log.info("old rows deleted", extra={"table": table, "rows": deleted})
            self._breathe()

    def _breathe(self) -> None:
        if not self._transactions.pause(_BREATH_SECONDS):
            raise Stopping


class Retention(SharedExtension):
    """Runs the housekeeping of a worker's own database."""

    def setup(self) -> None:
        """Read the periods, so that a worker with wrong ones doesn't start.

        Raises:
            BadConfiguration: when they make no sense.
        """
        periods = retention.Periods.from_environment()
        self._housekeeping = Housekeeping(self.container.config["transactions"], periods)

    def start(self) -> None:
        """Begin the rounds."""
        self.container.spawn_managed_thread(self._housekeeping.run, identifier="retention")


class Sweep(DependencyProvider):
    """Runs a service's own deletes beside those of delivery: `delete(session, now)` in real time
    deletes a batch and returns how many rows it was."""

    def __init__(self, table: str, delete: Callable[..., int]) -> None:
        """Take what the metric calls it, and the delete."""
        self._table = table
        self._delete = delete

    def start(self) -> None:
        """Begin the rounds."""
        self.container.spawn_managed_thread(self.run, identifier=f"sweep of {self._table}")

    def run(self, first: float = FIRST_SECONDS, interval: float = INTERVAL_SECONDS) -> None:
        """Delete after about `first` seconds and then every `interval`; return when stopping."""
        transactions: PatientTransactions = self.container.config["transactions"]
        wait = first * random.uniform(0.5, 1.5)  # nosec B311: no secret, it spreads work
        try:
            while transactions.pause(wait):
                wait = _BREATH_SECONDS if self._deleted(transactions) else interval
        except Stopping:
            log.info("a sweep stops", extra={"table": self._table})

    def _deleted(self, transactions: PatientTransactions) -> int:
        try:
            deleted = transactions.change(self._delete, real_now())
        except LockBusy as error:
            log.warning("a sweep gave way to a lock", extra={"why": str(error)})
            return 0
        metrics.RETENTION_DELETED.labels(self._table).inc(deleted)
        return deleted
