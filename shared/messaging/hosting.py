"""Owns the life of a worker process: nameko's runner with our container, started and stopped."""

import logging
import os
import signal
from typing import Any

import eventlet
from nameko.runners import ServiceRunner

from shared import config, health
from shared.clock import BusinessClock
from shared.database import Transactions, build_engine
from shared.messaging.connection import EventConsumer
from shared.messaging.patience import PatientTransactions

log = logging.getLogger(__name__)

MAX_WORKERS = 10
"""Handlers at once in one process; also each consumer's prefetch, so handlers x 10 stays < 200."""

_OTHER_CONNECTIONS = 3
"""Retries, parking and readiness need the database while all handlers are busy."""


def run_worker(service_class: type) -> None:
    """Run a service's event door until SIGTERM or SIGINT; returns when it has drained.

    Needs a process where eventlet has patched the standard library and psycopg waits green
    (`PSYCOPG_WAIT_FUNC=wait_selector`): otherwise one slow query stalls every handler.
    """
    assert_green()
    max_workers = config.number("LINLI_MAX_WORKERS", MAX_WORKERS)
    engine = build_engine(config.database_url(), max_workers + _OTHER_CONNECTIONS)
    transactions = PatientTransactions(Transactions(engine, BusinessClock.from_environment()))
    runner = ServiceRunner(
        {
            "AMQP_URI": config.amqp_url(),
            "SERVICE_CONTAINER_CLS": "shared.messaging.consumer.EventContainer",
            "max_workers": max_workers,
            "heartbeat": 20,
            "transactions": transactions,
        }
    )
    runner.add_service(service_class)
    (container,) = runner.containers

    def stop(_signal: int, _frame: Any) -> None:
        transactions.stop()
        eventlet.spawn_n(runner.stop)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    health.serve_health(
        config.http_bind(),
        {"database": transactions.reachable, "consuming": lambda: is_consuming(container)},
    )
    runner.start()
    log.info("worker started")
    runner.wait()
    log.info("worker stopped")


def is_consuming(container: Any) -> bool:
    """Tell whether the container's queues are being consumed."""
    connection = container.shared_extensions.get(EventConsumer)
    return connection is not None and connection.consuming


def assert_green() -> None:
    """Refuse to run where a query would block every other handler.

    Raises:
        RuntimeError: when eventlet has not patched sockets or psycopg waits in C.
    """
    import psycopg.waiting

    if not eventlet.patcher.is_monkey_patched("socket"):
        raise RuntimeError("a worker must start through `linli worker`, which patches eventlet in")
    if os.environ.get("PSYCOPG_WAIT_FUNC") != "wait_selector" or (
        psycopg.waiting.wait is not psycopg.waiting.wait_selector
    ):
        raise RuntimeError("PSYCOPG_WAIT_FUNC=wait_selector must be set before psycopg is imported")
