"""Owns work that comes due without an event: a timer in every worker, no leader.

Due work is rows that are taken with FOR UPDATE SKIP LOCKED, a batch at a time, so that any number
of workers share it; a late run catches up (rule 12 of docs/delivery.md).
"""

import logging
import random
import threading
from collections.abc import Callable

from nameko.extensions import DependencyProvider

from shared.database import LockBusy
from shared.messaging.patience import PatientTransactions, Stopping

log = logging.getLogger(__name__)

Job = Callable[[PatientTransactions], bool]
"""Does one round; tells whether there is more to do at once."""

STOP_SECONDS = 20.0
"""How long a stopping worker waits for a round to end."""


def in_one_transaction(usecase: Callable[..., int]) -> Callable[[], Job]:
    """Return what makes the job of `usecase(session, now)`, which does a batch and counts it."""
    return lambda: lambda transactions: bool(transactions.run(usecase))


class Timer(DependencyProvider):
    """Runs a job every so many seconds for as long as the worker lives.

    The job is made when the worker is set up, so that a worker that was told nonsense doesn't
    start. A stopping worker lets a round end.
    """

    def __init__(self, name: str, make_job: Callable[[], Job], every: float) -> None:
        """Take what logs call it, what makes the job, and the seconds between two rounds."""
        self._name = name
        self._make_job = make_job
        self._every = every
        self._ended = threading.Event()

    def setup(self) -> None:
        """Make the job.

        Raises:
            BadConfiguration: when what it needs isn't there.
        """
        self._job = self._make_job()

    def start(self) -> None:
        """Begin the rounds."""
        self.container.spawn_managed_thread(self._run, identifier=f"timer {self._name}")

    def stop(self) -> None:
        """Let the round that runs come to its end."""
        self._ended.wait(STOP_SECONDS)

    def _run(self) -> None:
        """Do what is due until the process stops; workers that start together don't keep step."""
        transactions: PatientTransactions = self.container.config["transactions"]
        wait = self._every * random.uniform(0.2, 1.0)  # nosec B311: no secret, it spreads work
        try:
            while transactions.pause(wait):
                wait = 0.0 if self._round(transactions) else self._every
        except Stopping:
            log.info("a timer stops", extra={"timer": self._name})
        finally:
            self._ended.set()

    def _round(self, transactions: PatientTransactions) -> bool:
        try:
            return self._job(transactions)
        except LockBusy as error:
            log.warning("a timer gave way to a lock", extra={"why": str(error)})
            return False
