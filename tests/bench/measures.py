"""Owns the measures of throughput: each fills, lets one real process work, counts and checks.

A rate counts from the moment when a tenth is done: neither a process's start nor its first
compiled statement is in it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.ground import OUR_QUEUE, STOCK_QUEUE, Ground
from tests.bench.messages import Messages
from tests.processes import Process

_SENT = """
    SELECT count(sent_at), extract(epoch FROM max(sent_at)
        - percentile_disc(0.1) WITHIN GROUP (ORDER BY sent_at))::float FROM outbox
"""
_EFFECTS = """
    SELECT count(*), count(DISTINCT case_id), extract(epoch FROM max(at)
        - percentile_disc(0.1) WITHIN GROUP (ORDER BY at))::float FROM effects
"""


class Wrong(Exception):
    """What was measured didn't do its work; its speed means nothing."""


@dataclass(frozen=True)
class Speed:
    """What one round of one measure gave."""

    events: int
    per_second: float
    cpu_us_per_event: Mapping[str, float]
    """Microseconds of CPU by who used them, once the process has started."""


def relay(ground: Ground, count: int) -> Speed:
    """Measure a relay that finds a full outbox: published, confirmed and marked."""
    ground.clear()
    ground.fill_outbox(Messages(count))
    ground.execute(ground.url("grid"), "VACUUM ANALYZE outbox")
    process = ground.start_relay()
    ground.wait(lambda: ground.count_unsent() < count, "relay publishing")
    before, cpu = ground.count_unsent(), ground.cpu(python=process)
    ground.wait(lambda: ground.count_unsent() == 0, "outbox sent")
    used = cpu.seconds()
    process.terminate()
    sent, seconds = ground.ask("grid", _SENT)
    expect(sent, count, "rows marked")
    expect(ground.depth(OUR_QUEUE), count, "messages in the queue")
    return Speed(count, 0.9 * count / seconds, _per_event(used, before))


def one_confirm(ground: Ground, count: int) -> Speed:
    """Measure the simplest safe publisher: pika's BlockingConnection, a confirm per message."""
    ground.clear()
    messages = Messages(count)
    ready = [(event, messages.properties(event)) for event in messages]
    channel = ground.channel("grid")
    channel.confirm_delivery()
    started = time.perf_counter()
    for event, properties in ready:
        channel.basic_publish("grid.events", event.type, event.body, properties, mandatory=True)
    seconds = time.perf_counter() - started
    channel.connection.close()
    expect(ground.depth(OUR_QUEUE), count, "messages in the queue")
    return Speed(count, count / seconds, {})


def single(ground: Ground, count: int) -> Speed:
    """Measure our handler of single events, with inbox."""
    return _ours(ground, "single", count)


def batch(ground: Ground, count: int) -> Speed:
    """Measure our handler of batches, with inbox."""
    return _ours(ground, "batch", count)


def _ours(ground: Ground, kind: str, count: int) -> Speed:
    ground.clear()
    ground.fill_queue(OUR_QUEUE, Messages(count))
    speed = _drained(ground, ground.start_worker(kind), OUR_QUEUE, count)
    inbox, failed = ground.ask(
        "inspections", "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM failed_events)"
    )
    expect(inbox, count, "claims in the inbox")
    expect(failed, 0, "failed events")
    return speed


def stock(ground: Ground, count: int) -> Speed:
    """Measure stock nameko and SQLAlchemy, without inbox."""
    ground.clear()
    ground.fill_queue(STOCK_QUEUE, Messages(count))
    return _drained(ground, ground.start_stock(), STOCK_QUEUE, count)


def _drained(ground: Ground, process: Process, queue: str, count: int) -> Speed:
    ground.wait(lambda: ground.count_effects() > 0, f"{queue} being handled")
    before, cpu = ground.count_effects(), ground.cpu(python=process)
    ground.wait(lambda: ground.count_effects() >= count, f"{queue} handled")
    used = cpu.seconds()
    process.terminate()
    effects, different, seconds = ground.ask("inspections", _EFFECTS)
    expect(effects, count, "effects")
    expect(different, count, "different effects")
    expect(ground.depth(queue), 0, "messages left or returned")
    return Speed(count, 0.9 * count / seconds, _per_event(used, count - before))


def _per_event(seconds: Mapping[str, float], count: int) -> dict[str, float]:
    return {name: round(used * 1e6 / max(count, 1), 1) for name, used in seconds.items()}


def expect(found: object, wanted: object, what: str) -> None:
    """Compare two counts, or two of each.

    Raises:
        Wrong: when they differ.
    """
    if found != wanted:
        raise Wrong(f"{what}: {found} instead of {wanted}")
