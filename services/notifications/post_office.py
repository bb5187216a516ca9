"""Owns the rounds of the worker that send e-mail: take, send, settle; and count what waits."""

import logging
import time
from functools import partial

from services.notifications.settings import smtp_settings
from services.notifications.smtp import SmtpServer
from services.notifications.usecases.mailing import (
    Posted,
    backlog,
    give_back,
    settle_letter,
    take_letters,
)
from shared import metrics
from shared.clock import real_now
from shared.messaging.patience import PatientTransactions
from shared.messaging.timers import Job

log = logging.getLogger(__name__)

CHANNEL = "email"
AT_ONCE = 20
ROUND_SECONDS = 120.0
"""No letter is begun after so long a round: well within the lease of five minutes."""


def mail_job() -> Job:
    """Return the job that sends what is due; without a mail server it leaves all waiting.

    Raises:
        BadConfiguration: when LINLI_SMTP_URL and LINLI_SMTP_FROM make no sense.
    """
    settings = smtp_settings()
    if settings is None:
        log.warning("no mail server is told (LINLI_SMTP_URL): e-mail waits")
        return lambda transactions: False
    return partial(send_due, SmtpServer(settings))


def send_due(server: SmtpServer, transactions: PatientTransactions) -> bool:
    """Send some letters that are due; tell whether there may be more."""
    taken = transactions.change(take_letters, real_now(), AT_ONCE)
    for outcome in taken.settled:
        metrics.DELIVERIES.labels(CHANNEL, outcome).inc()
    left = {letter.delivery_id: letter for letter in taken.letters}
    until = time.monotonic() + ROUND_SECONDS
    for posted in server.post(taken.letters) if taken.letters else ():
        del left[posted.delivery_id]
        _settle(transactions, posted)
        if transactions.stopping or time.monotonic() > until:
            break
    if left:
        transactions.change(give_back, list(left.values()), real_now())
    return len(taken.letters) + len(taken.settled) == AT_ONCE and not transactions.stopping


def backlog_job() -> Job:
    """Return the job that measures what waits."""
    return count_waiting


def count_waiting(transactions: PatientTransactions) -> bool:
    """Measure how many deliveries wait, and for how long the oldest has."""
    waiting = transactions.change(backlog)
    age = (real_now() - waiting.oldest).total_seconds() if waiting.oldest else 0.0
    metrics.DELIVERIES_WAITING.labels(CHANNEL).set(waiting.rows)
    metrics.DELIVERIES_AGE.labels(CHANNEL).set(max(age, 0.0))
    return False


def _settle(transactions: PatientTransactions, posted: Posted) -> None:
    outcome = transactions.change(settle_letter, posted, real_now())
    facts = {"delivery": str(posted.delivery_id), "outcome": outcome, "answer": posted.answer}
    log.info("delivery", extra=facts)
    if outcome is not None:
        metrics.DELIVERIES.labels(CHANNEL, outcome).inc()
