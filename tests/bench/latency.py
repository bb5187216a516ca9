"""Owns the measure of delay: commit at the producer to effect committed at the consumer.

Both times are PostgreSQL's own record of when a transaction committed, on one server, so no
clocks are compared. The load is open: each event has its moment, whatever became of the others.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from statistics import quantiles

import psycopg

from shared.messaging.envelope import Sealed
from shared.messaging.outbox import CHANNEL
from tests.bench.ground import Ground
from tests.bench.measures import expect
from tests.bench.messages import Messages

_PRODUCERS = 4
_SAID = "CREATE TABLE IF NOT EXISTS said (case_id uuid NOT NULL)"
_SAY = "INSERT INTO said (case_id) VALUES (%s)"
_ADD = """
    INSERT INTO outbox (event_id, event_type, subject, headers, body) VALUES (%s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Latency:
    """What one round gave, in milliseconds and events per second."""

    events: int
    p50_ms: float
    p99_ms: float
    longest_ms: float
    offered_per_second: float
    held_per_second: float
    latest_start_ms: float
    """How far behind its moment the most belated transaction began."""
    cpu_share: Mapping[str, float]
    """Share of one core, by who used it."""


def latency(ground: Ground, rate: int, seconds: float) -> Latency:
    """Measure a relay and a single handler that run already, at `rate` events a second."""
    count = int(rate * seconds)
    ground.clear()
    ground.execute(ground.url("grid"), _SAID)
    ground.execute(ground.url("grid"), "TRUNCATE said")
    relay, worker = ground.start_relay(), ground.start_worker("single")
    relay.wait_ready()
    worker.wait_ready()
    cpu = ground.cpu(relay=relay, worker=worker)
    took, late = _say(ground.url("grid"), Messages(count), rate)
    used = cpu.seconds()
    ground.wait(lambda: ground.count_effects() >= count, "all said is done", 60)
    # the relay marks what it published a moment after the hearer may have it
    ground.wait(lambda: ground.count_unsent() == 0, "all said is marked", 10)
    relay.terminate()
    worker.terminate()
    delays = _delays(ground)
    expect(ground.count_effects(), count, "effects")
    expect(len(delays), count, "effects of what was said")
    percentiles = quantiles(delays, n=100)
    return Latency(
        events=count,
        p50_ms=round(percentiles[49], 2),
        p99_ms=round(percentiles[98], 2),
        longest_ms=round(max(delays), 2),
        offered_per_second=rate,
        held_per_second=round(count / took, 1),
        latest_start_ms=round(late * 1000, 2),
        cpu_share={name: round(share / took, 3) for name, share in used.items()},
    )


def _say(url: str, messages: Messages, rate: int) -> tuple[float, float]:
    """Commit each message at its moment; return the seconds from first to last, and the delay."""
    events = list(messages)
    start = time.perf_counter() + 0.1
    with ThreadPoolExecutor(_PRODUCERS) as pool:
        shares = [islice(enumerate(events), n, None, _PRODUCERS) for n in range(_PRODUCERS)]
        jobs = [
            pool.submit(_say_share, url, [(start + n / rate, event) for n, event in share])
            for share in shares
        ]
        late = max(job.result() for job in jobs)
    return time.perf_counter() - start, late


def _say_share(url: str, share: list[tuple[float, Sealed]]) -> float:
    late = 0.0
    with psycopg.connect(url, autocommit=True, prepare_threshold=1) as connection:
        for moment, event in share:
            time.sleep(max(0, moment - time.perf_counter()))
            late = max(late, time.perf_counter() - moment)
            # as a use case does it: a row of its own, the outbox row, and the relay woken
            with connection.pipeline(), connection.transaction():
                connection.execute(_SAY, (event.subject,))
                connection.execute(_ADD, Messages.outbox_row(event))
                connection.execute(f"NOTIFY {CHANNEL}")
    return late


def _delays(ground: Ground) -> list[float]:
    """Return the milliseconds between both commits, of every event that has both."""
    said = dict(ground.rows("grid", "SELECT case_id, pg_xact_commit_timestamp(xmin) FROM said"))
    done = ground.rows("inspections", "SELECT case_id, pg_xact_commit_timestamp(xmin) FROM effects")
    return [(at - said[case]).total_seconds() * 1000 for case, at in done if case in said]
