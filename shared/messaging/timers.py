"""Owns work that comes due without an event: a timer in every worker, no leader.

Due work is rows that the use case takes with SKIP LOCKED, a batch at a time, so that any number of
workers share it; a late run catches up (rule 12 of docs/delivery.md).
"""

import logging
import random
from collections.abc import Callable

from nameko.extensions import DependencyProvider

from shared.database import LockBusy
from shared.messaging.patience import PatientTransactions, Stopping

log = logging.getLogger(__name__)


class Timer(DependencyProvider):
    """Runs `usecase(session, now)`, which does a batch of what is due and returns how much it was.

    It runs again at once while there was something, and else after `seconds`.
    """

    def __init__(self, name: str, usecase: Callable[..., int], seconds: float) -> None:
        """Take what the log calls it, the use case, and the pause when nothing is due."""
        self._name = name
        self._usecase = usecase
        self._seconds = seconds

    def start(self) -> None:
        """Begin the rounds."""
        self.container.spawn_managed_thread(self.run, identifier=f"timer of {self._name}")

    def run(self) -> None:
        """Do what is due until the process stops; workers that start together don't keep step."""
        transactions: PatientTransactions = self.container.config["transactions"]
        wait = self._seconds * random.uniform(0.2, 1.0)  # nosec B311: no secret, it spreads work
        try:
            while transactions.pause(wait):
                wait = 0.0 if self._did(transactions) else self._seconds
        except Stopping:
            log.info("a timer stops", extra={"timer": self._name})

    def _did(self, transactions: PatientTransactions) -> int:
        try:
            return transactions.run(self._usecase)
        except LockBusy as error:
            log.warning("a timer gave way to a lock", extra={"why": str(error)})
            return 0
