"""Owns every metric of the system: its name, its labels and what it means."""

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import Engine, QueuePool

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

OUTCOMES = ("handled", "duplicate", "retried", "parked", "returned")
EVENTS_HANDLED = Counter(
    "linli_events_handled_total",
    f"Deliveries by what became of them: {', '.join(OUTCOMES)}",
    ["queue", "outcome"],
)
HANDLER_SECONDS = Histogram(
    "linli_handler_seconds",
    "Time from taking a delivery to having settled it",
    ["queue"],
    buckets=_SECONDS,
)
BATCH_EVENTS = Histogram(
    "linli_batch_events",
    "Events that a batch handler took at once",
    ["queue"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
FAILED_EVENTS = Gauge(
    "linli_failed_events_rows",
    "Rows of failed_events by state: waiting for a retry, or parked for a person",
    ["state"],
)
RETENTION_DELETED = Counter(
    "linli_retention_deleted_rows_total", "Rows of delivery that were old enough to go", ["table"]
)
CONSUMING = Gauge("linli_worker_consuming_info", "1 while the worker is consuming its queues")
EFFECT_SECONDS = Histogram(
    "linli_event_effect_seconds",
    "Time from the producer's outbox row to the consumer's committed effect",
    ["queue"],
    buckets=_SECONDS,
)

OUTBOX_ROWS = Gauge("linli_outbox_rows", "Outbox rows that the broker has not confirmed yet")
OUTBOX_AGE = Gauge("linli_outbox_age_seconds", "Age of the oldest outbox row not confirmed yet")
RELAY_ACTIVE = Gauge("linli_relay_active_info", "1 on the relay that publishes, 0 on a standby")
RELAY_PUBLISHED = Counter("linli_relay_published_total", "Messages handed to the broker", ["event"])
RELAY_CONFIRMED = Counter("linli_relay_confirmed_total", "Messages the broker took over")
RELAY_REFUSED = Counter("linli_relay_refused_total", "Messages the broker refused (nack)")
RELAY_UNROUTABLE = Counter(
    "linli_relay_unroutable_total",
    "Messages that found no queue although topology.py says somebody hears them",
    ["event"],
)
RELAY_HELD = Gauge(
    "linli_relay_held_info",
    "1 while an event is held because a hearer's binding is lost",
    ["event"],
)
RELAY_SENT_AGAIN = Counter(
    "linli_relay_sent_again_total",
    "Rows made unsent again because a hearer's binding was lost when they were sent",
    ["event"],
)
RELAY_CONFIRM_SECONDS = Histogram(
    "linli_relay_confirm_seconds",
    "Time from publishing to confirm, of the oldest message in each confirm",
    buckets=_SECONDS,
)

DELIVERIES = Counter(
    "linli_deliveries_total",
    "Attempts to reach a recipient: sent, refused for good, unreachable for now, cancelled",
    ["channel", "outcome"],
)
DELIVERIES_WAITING = Gauge(
    "linli_deliveries_waiting_rows", "Messages that wait to leave by a channel", ["channel"]
)
DELIVERIES_AGE = Gauge(
    "linli_deliveries_oldest_age_seconds",
    "Age of the oldest message that waits to leave by a channel",
    ["channel"],
)

HTTP_REQUESTS = Counter(
    "linli_http_requests_total", "HTTP requests answered", ["operation", "method", "status"]
)
HTTP_SECONDS = Histogram(
    "linli_http_request_seconds", "Time to answer a request", ["operation"], buckets=_SECONDS
)
POOL_IN_USE = Gauge("linli_database_pool_connections", "Database connections in use")
POOL_SIZE = Gauge(
    "linli_database_pool_limit_connections", "Database connections that may be in use"
)

CASES_WITHOUT_OWNER = Gauge(
    "linli_cases_without_owner_rows", "Filed cases for which no posts that own them are found"
)
READY = Gauge(
    "linli_ready_info",
    "1 while this process finds in order what it needs; asked at each scrape",
    ["check"],
)

TOPOLOGY_MISSING = Gauge(
    "linli_topology_missing_rows", "Exchanges, queues and bindings that should exist and don't"
)
TOPOLOGY_ORPHANS = Gauge(
    "linli_topology_orphan_rows", "Queues that nothing in topology.py explains"
)

CLOCK_OFFSET = Gauge(
    "linli_clock_offset_seconds",
    "By how much business time is ahead of real time: shifted in demos, 0 in production",
)

DISK_FREE = Gauge(
    "linli_disk_free_bytes", "Bytes that may still be written where a folder lies", ["folder"]
)
DISK_SIZE = Gauge("linli_disk_size_bytes", "Size of the disk where a folder lies", ["folder"])
CERTIFICATE_EXPIRY = Gauge(
    "linli_certificate_expiry_timestamp_seconds",
    "When the certificate ends that the front door shows, in Unix time",
    ["address"],
)


def begin_hearing(queue: str) -> None:
    """Count the deliveries of a queue from 0: Prometheus sees no increase in a series that begins
    with its first event, and rare ones would go unseen."""
    for outcome in OUTCOMES:
        EVENTS_HANDLED.labels(queue, outcome)


def begin_saying(event: str) -> None:
    """Count an event that a relay publishes from 0, for the same reason."""
    RELAY_PUBLISHED.labels(event)
    RELAY_UNROUTABLE.labels(event)
    RELAY_HELD.labels(event)
    RELAY_SENT_AGAIN.labels(event)


BACKUP_AGE = Gauge(
    "linli_backup_age_seconds",
    "Age of the newest whole backup; infinite without any (the provisioner knows)",
    ["service"],
)


def watch_pool(engine: Engine) -> None:
    """Measure the connection pool of this process at each scrape."""
    pool = engine.pool
    if isinstance(pool, QueuePool):
        POOL_SIZE.set_function(pool.size)
        POOL_IN_USE.set_function(pool.checkedout)
