"""Owns the second chances: due rows of `failed_events`, and what the broker itself gave up on."""

import logging
from functools import partial
from typing import Any
from uuid import UUID

from nameko.extensions import ProviderCollector, SharedExtension

from shared import metrics
from shared.database import LockBusy
from shared.errors import Rejected
from shared.messaging import failures
from shared.messaging.envelope import Undecodable, unseal
from shared.messaging.patience import PatientTransactions, Stopping

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
_AT_ONCE = 20


class Retries(SharedExtension, ProviderCollector):
    """A timer in every worker; rows taken with SKIP LOCKED make each try happen in one of them."""

    def start(self) -> None:
        """Begin looking for due rows."""
        self.container.spawn_managed_thread(self._run, identifier="retries")

    def _run(self) -> None:
        try:
            while self._transactions.pause(INTERVAL_SECONDS):
                self._look()
        except Stopping:
            log.info("retries stop")

    def _look(self) -> None:
        try:
            self._try_due()
            self._count()
        except LockBusy as error:
            log.warning("retries gave way to a lock", extra={"why": str(error)})

    def _try_due(self) -> None:
        entrypoints = {provider.queue_name: provider for provider in self._providers}
        for retry in self._transactions.change(failures.take_due, _AT_ONCE):
            try:
                entrypoint = entrypoints[retry.queue]
                event = unseal(retry.queue, retry.headers, retry.body)
            except (KeyError, Undecodable) as error:
                self._failed(retry.id, retry.queue, error, hopeless=True)
            else:
                entrypoint.run(event, partial(self._settle, retry.id, retry.queue))

    def _settle(
        self, retry_id: UUID, queue: str, _context: Any, result: Any, exc_info: Any
    ) -> tuple[Any, None]:
        try:
            if exc_info is None:
                self._transactions.change(failures.settle_handled, retry_id)
            elif not isinstance(exc_info[1], Stopping):
                error = exc_info[1]
                self._failed(retry_id, queue, error, isinstance(error, Rejected | Undecodable))
        except (Stopping, LockBusy):
            # its lease ends, and it is tried again: `once` knows whether it had its effect
            log.info("a retry is left to another worker", extra={"queue": queue})
        return result, None

    def _failed(self, retry_id: UUID, queue: str, error: BaseException, hopeless: bool) -> None:
        text = failures.describe(error)
        state = self._transactions.change(failures.settle_failed, retry_id, text, hopeless)
        outcome = "parked" if state == "parked" else "retried"
        metrics.EVENTS_HANDLED.labels(queue, outcome).inc()
        log.error("retry failed", extra={"queue": queue, "state": state, "why": text})

    def _count(self) -> None:
        for state, count in self._transactions.change(failures.count_by_state).items():
            metrics.FAILED_EVENTS.labels(state).set(count)

    @property
    def _transactions(self) -> PatientTransactions:
        transactions: PatientTransactions = self.container.config["transactions"]
        return transactions
