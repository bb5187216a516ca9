"""Owns the life of a worker process: nameko's runner with our container, started and stopped."""

import logging
import signal
from typing import Any

import eventlet
from nameko.runners import ServiceRunner

from shared import config, health, metrics
from shared.clock import BusinessClock
from shared.database import Transactions, build_engine
from shared.messaging import green
from shared.messaging.bindings import routes_of
from shared.messaging.connection import EventConsumer
from shared.messaging.patience import PatientTransactions
from shared.privacy.keyring import Keyring

log = logging.getLogger(__name__)

MAX_WORKERS = 10
"""Handlers at once in one process; also the prefetch of each single-event handler's queue."""

MAX_UNFINISHED = 200
"""Deliveries in one process that were begun and not finished; more slow eventlet's semaphore."""

_OTHER_CONNECTIONS = 3
"""Retries, parking, retention and readiness need the database while all handlers are busy."""


def run_worker(service_class: Any) -> None:
    """Run a service's event door until SIGTERM or SIGINT; returns when it has drained.

    Needs a process where eventlet has patched the standard library and psycopg waits green
    (`PSYCOPG_WAIT_FUNC=wait_selector`): otherwise one slow query stalls every handler.
    """
    green.install()
    max_workers = config.number("LINLI_MAX_WORKERS", MAX_WORKERS)
    routes = routes_of(service_class.name, config.monitor_url(), config.amqp_url())
    engine = build_engine(config.database_url(), max_workers + _OTHER_CONNECTIONS)
    metrics.watch_pool(engine)
    clock = BusinessClock.from_environment()
    metrics.CLOCK_OFFSET.set_function(clock.offset_seconds)
    transactions = PatientTransactions(Transactions(engine, clock, Keyring.from_environment()))
    runner = ServiceRunner(
        {
            # kombu goes to the next of them when one is away
            "AMQP_URI": ";".join(config.each_url(config.amqp_url())),
            "SERVICE_CONTAINER_CLS": "shared.messaging.consumer.EventContainer",
            "max_workers": max_workers,
            "HEARTBEAT": 20,
            "transactions": transactions,
        }
    )
    runner.add_service(service_class)
    (container,) = runner.containers
    require_few_unfinished(container, max_workers)

    def stop(_signal: int, _frame: Any) -> None:
        transactions.stop()
        eventlet.spawn_n(runner.stop)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    health.serve_health(
        config.http_bind(),
        {
            "database": transactions.reachable,
            "consuming": lambda: is_consuming(container),
            "bindings": routes.present,
        },
    )
    eventlet.spawn_n(routes.keep_looking, transactions.pause)
    runner.start()
    log.info("worker started")
    runner.wait()
    log.info("worker stopped")


def require_few_unfinished(container: Any, max_workers: int) -> None:
    """Refuse a prefetch that is none, or with which too many deliveries would be under way.

    Raises:
        shared.config.BadConfiguration: naming the bounds.
    """
    queues = 1 + sum(1 for entrypoint in container.entrypoints if not entrypoint.batch)
    most = MAX_UNFINISHED // queues
    if not 1 <= max_workers <= most:
        name = container.service_name
        raise config.BadConfiguration(f"LINLI_MAX_WORKERS of {name} must be 1 to {most}")


def is_consuming(container: Any) -> bool:
    """Tell whether the container's queues are being consumed."""
    connection = container.shared_extensions.get(EventConsumer)
    return connection is not None and connection.consuming
