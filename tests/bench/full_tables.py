"""Owns the measures of what a full outbox, a full inbox and a full queue cost."""

from collections.abc import Sequence
from typing import LiteralString

from tests.bench import filling
from tests.bench.ground import OUR_QUEUE, Ground
from tests.bench.growth import Found, Watch
from tests.bench.measures import Wrong, expect
from tests.bench.messages import Messages

_MOMENTS = (0.1, 0.3, 0.8, 1.0)
"""A rate counts from the first; the beginning lies before the second, the end after the third."""
_SENT: LiteralString = """
    SELECT extract(epoch FROM at)::float8 FROM unnest((
        SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY sent_at)
        FROM outbox WHERE position > %s
    )) AS at
"""
_HANDLED: LiteralString = """
    SELECT extract(epoch FROM at)::float8 FROM unnest((
        SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY at) FROM effects
    )) AS at
"""
_EFFECTS: LiteralString = "SELECT count(*), count(DISTINCT case_id) FROM effects"
_CLAIMS: LiteralString = "SELECT count(*) FROM inbox"
_OUTBOX_BYTES: LiteralString = """
    SELECT pg_total_relation_size('outbox')::float8 / count(*) FROM outbox
"""
_INBOX_BYTES: LiteralString = "SELECT pg_total_relation_size('inbox')::float8 / count(*) FROM inbox"
_PATIENCE = 600
"""Seconds; a hundred thousand events take a single handler about two minutes."""


def relay(ground: Ground, unsent: int, sent: int = 0) -> Found:
    """Measure a relay that finds rows waiting, beside rows that were sent before."""
    ground.clear()
    if sent:
        filling.add_sent(ground, sent)
    (last,) = ground.ask("grid", "SELECT coalesce(max(position), 0) FROM outbox")
    filling.add_unsent(ground, unsent)
    process = ground.start_relay()
    ground.wait(lambda: ground.count_unsent() < unsent, "relay publishing")
    left, watch = ground.count_unsent(), Watch(ground, relay=process)
    ground.wait(lambda: ground.count_unsent() == 0, "outbox sent", _PATIENCE)
    moments = [at for (at,) in ground.rows("grid", _SENT, list(_MOMENTS), last)]
    found = _found(watch, moments, unsent, left, bytes_per_row=ground.ask("grid", _OUTBOX_BYTES)[0])
    expect(ground.depth(OUR_QUEUE), unsent, "messages in the queue")
    return found


def handler(ground: Ground, kind: str, events: int, claims: int = 0) -> Found:
    """Measure a `single` or `batch` handler that finds a full queue, beside claims made before.

    Claims of the measure before stay where some are wanted: ten million take minutes to make.
    """
    ground.clear(inbox=claims == 0)
    (held,) = ground.ask("inspections", _CLAIMS)
    if held < claims:
        filling.add_claims(ground, claims - held)
    (before,) = ground.ask("inspections", _CLAIMS)
    ground.fill_queue(OUR_QUEUE, Messages(events))
    process = ground.start_worker(kind)
    ground.wait(lambda: ground.count_effects() > 0, f"{kind} handling")
    done, watch = ground.count_effects(), Watch(ground, **{f"worker_{kind}": process})
    ground.wait(lambda: ground.count_effects() >= events, f"{OUR_QUEUE} handled", _PATIENCE)
    moments = [at for (at,) in ground.rows("inspections", _HANDLED, list(_MOMENTS))]
    (size,) = ground.ask("inspections", _INBOX_BYTES)
    found = _found(watch, moments, events, events - done, bytes_per_row=size)
    process.terminate()
    expect(ground.ask("inspections", _EFFECTS), (events, events), "effects, different effects")
    expect(ground.ask("inspections", _CLAIMS)[0] - before, events, "new claims in the inbox")
    expect(ground.depth(OUR_QUEUE), 0, "messages left or returned")
    return found


def _found(
    watch: Watch, moments: Sequence[float], events: int, watched: int, **more: float
) -> Found:
    first, early, late, last = moments
    if not first < early <= late < last:
        raise Wrong(f"too few events to tell a speed: {events}")
    return watch.found(
        events * (_MOMENTS[3] - _MOMENTS[0]) / (last - first),
        watched,
        begin_per_second=events * (_MOMENTS[1] - _MOMENTS[0]) / (early - first),
        end_per_second=events * (_MOMENTS[3] - _MOMENTS[2]) / (last - late),
        **more,
    )
