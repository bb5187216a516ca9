"""Batch handlers: many events in one transaction, and each of them still settled for itself."""

from shared.clock import real_now
from shared.ids import new_id
from shared.messaging.envelope import seal
from tests.factories import case_closed, case_filed
from tests.messaging.conftest import Rig
from tests.messaging.test_worker import failed, publish, try_again
from tests.observe import eventually
from tests.processes import Process

FILED, CLOSED = "inspections.on_case_filed", "inspections.on_case_closed"


def waiting_at_broker(rig: Rig, queue: str) -> int:
    channel = rig.channel("inspections")
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def handled(probe: Process, queue: str, outcome: str = "handled") -> float:
    return probe.metric("linli_events_handled_total", queue=queue, outcome=outcome)


def test_many_events_are_handled_in_few_transactions(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.say(*(case_filed(title=f"ok:{n:03}") for n in range(300)))
    eventually(lambda: rig.unsent() == 0)
    probe = rig.start("batch_probe", "inspections")
    eventually(lambda: handled(probe, FILED) == 300)
    assert rig.effects() == [f"ok:{n:03}" for n in range(300)]
    assert probe.metric("linli_batch_events_count", queue=FILED) < 100
    eventually(lambda: waiting_at_broker(rig, FILED) == 0)


def test_one_event_alone_doesn_t_wait_for_a_batch_to_fill(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("batch_probe", "inspections")
    rig.say(case_filed(title="ok"))
    eventually(lambda: rig.effects() == ["ok"], 5)


def test_of_two_batch_handlers_one_failing_neither_loses_anything(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.say(
        *(case_filed(title="raise:x" if n % 25 == 0 else f"filed:{n:03}") for n in range(200)),
        *(case_closed(title=f"closed:{n:03}") for n in range(200)),
    )
    eventually(lambda: rig.unsent() == 0)
    probe = rig.start("batch_probe", "inspections")
    expected = [f"closed:{n:03}" for n in range(200)]
    expected += [f"filed:{n:03}" for n in range(200) if n % 25]
    eventually(lambda: rig.effects() == expected, 30)
    eventually(lambda: failed(rig) == ["waiting ValueError: x"] * 8)
    assert handled(probe, FILED) == 192
    assert handled(probe, CLOSED) == 200
    eventually(lambda: waiting_at_broker(rig, FILED) + waiting_at_broker(rig, CLOSED) == 0)


def test_what_nobody_can_read_in_a_batch_is_parked_alone(rig: Rig) -> None:
    for n in range(20):
        sealed = seal(case_filed(title=f"ok:{n:02}"), new_id(), real_now())
        publish(rig, b"{" if n == 7 else sealed.body, dict(sealed.headers))
    rig.start("batch_probe", "inspections")
    eventually(lambda: len(rig.effects()) == 19)
    assert [row.split()[0] for row in eventually(lambda: failed(rig))] == ["parked"]


def test_a_failed_event_of_a_batch_is_tried_again_alone(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("batch_probe", "inspections")
    rig.say(case_filed(title="early:4"))  # tried in its batch, then alone, then as a retry
    eventually(lambda: failed(rig))
    try_again(rig)
    eventually(lambda: rig.rows("SELECT attempts FROM failed_events") == [2])
    try_again(rig)
    eventually(lambda: rig.effects() == ["early:4"])


def test_batches_killed_in_the_middle_have_each_effect_once(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.say(*(case_filed(title="slow:0.02") for _ in range(200)))
    probe = rig.start("batch_probe", "inspections")
    for _ in range(2):
        seen = len(rig.effects())
        eventually(lambda n=seen: len(rig.effects()) > n)  # type: ignore[misc]
        probe.kill()
        probe.restart().wait_ready()
    eventually(lambda: len(rig.effects()) == 200, 30)
    eventually(lambda: waiting_at_broker(rig, FILED) == 0)
    assert rig.rows("SELECT count(DISTINCT case_id) FROM effects") == [200]


def test_a_stopping_worker_finishes_its_batch_and_returns_nothing_twice(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.say(*(case_filed(title="slow:0.05") for _ in range(20)))
    probe = rig.start("batch_probe", "inspections")
    eventually(lambda: waiting_at_broker(rig, FILED) == 0)
    assert probe.terminate() == 0
    probe.restart().wait_ready()
    eventually(lambda: len(rig.effects()) == 20)
    assert handled(probe, FILED, "duplicate") == 0


def test_a_broker_that_closes_the_connection_gets_no_ack_of_the_old_one(rig: Rig) -> None:
    rig.start("relay", "grid")
    probe = rig.start("batch_probe", "inspections")
    rig.say(*(case_filed(title="slow:0.02") for _ in range(150)))
    eventually(lambda: rig.effects())
    rig.close_connections()
    eventually(lambda: len(rig.effects()) == 150, 40)
    eventually(lambda: waiting_at_broker(rig, FILED) == 0)
    eventually(probe.ready)
    assert failed(rig) == []
    assert rig.rows("SELECT count(DISTINCT case_id) FROM effects") == [150]


def test_a_message_on_a_closed_channel_is_not_counted_as_lost(rig: Rig) -> None:
    """What was buffered when the connection went comes again, and a stop doesn't wait for it."""
    rig.start("relay", "grid")
    probe = rig.start("batch_probe", "inspections")
    rig.say(*(case_filed(title="slow:0.02") for _ in range(120)))
    eventually(lambda: rig.effects())
    rig.close_connections()
    eventually(lambda: len(rig.effects()) == 120, 40)
    assert probe.terminate(10) == 0
