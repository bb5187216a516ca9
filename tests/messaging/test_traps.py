"""The traps of the stack (../shared/design/messaging.md), each sprung on the real processes.

Traps 1 to 5 and 9 stand in test_worker.py, those that code shows in tests/unit/shared.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import psycopg
import pytest

from shared.clock import real_now
from shared.contracts.grid import CaseFiledV1
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.envelope import KEPT_HEADERS, seal
from shared.messaging.topology import SERVICES, parked_queue_of
from tests.factories import case_filed, finding_raised
from tests.messaging.conftest import Rig
from tests.messaging.test_trace import know_the_community
from tests.messaging.test_worker import QUEUE, failed, publish
from tests.observe import eventually
from tests.processes import ROOT, Process
from tests.unit.shared.test_traps import HANDLERS_AT_ONCE, entrypoints_of, worker_of

HOSTILE = {
    "nameko.call_id_stack": ["evil.call.1"],
    "nameko.auth_token": "geheim",
    "nameko.language": "tlh",
    "ce-extra": "x",
    "x-death": [],
}


def deliver(rig: Rig, *cases: CaseFiledV1) -> None:
    """Put events on grid's exchange without a relay."""
    for case in cases:
        sealed = seal(case, new_id(), real_now())
        publish(rig, sealed.body, dict(sealed.headers))


def outcomes(probe: Process, outcome: str) -> float:
    return probe.metric("linli_events_handled_total", queue=QUEUE, outcome=outcome)


def left_at_broker(rig: Rig, queue: str = QUEUE) -> int:
    channel = rig.channel("inspections")
    return int(channel.queue_declare(queue, passive=True).method.message_count)


@pytest.mark.parametrize("kind", ["probe", "batch_probe"])
@pytest.mark.parametrize(("crash", "duplicates"), [("crash_after_commit", 1), ("crash_once", 0)])
def test_trap_6_a_process_that_dies_between_commit_and_ack_has_one_effect(
    rig: Rig, kind: str, crash: str, duplicates: int
) -> None:
    deliver(rig, case_filed(title=crash))
    probe = rig.begin(kind, "inspections")
    assert probe.exit_code() == 9
    assert rig.effects() == [crash] * duplicates
    probe.restart().wait_ready()
    eventually(lambda: outcomes(probe, "duplicate") == duplicates and rig.effects() == [crash])
    assert probe.terminate() == 0
    assert left_at_broker(rig) == 0
    assert failed(rig) == []


@contextmanager
def memory_alarm(rig: Rig) -> Iterator[None]:
    """Let the broker take nothing from publishers, as when its memory is full."""
    node = rig.nodes.rabbitmq_node
    usual = node.ctl("eval", "vm_memory_monitor:get_vm_memory_high_watermark().").strip()
    try:
        node.ctl("set_vm_memory_high_watermark", "0")
        yield
    finally:
        node.ctl("set_vm_memory_high_watermark", usual)


def test_trap_7_a_memory_alarm_holds_events_back_and_loses_none(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    early, late = ([f"{when}:{n:02}" for n in range(30)] for when in ("early", "late"))
    rig.say(*(case_filed(title=title) for title in early))
    eventually(lambda: rig.unsent() == 0)
    with memory_alarm(rig):
        rig.say(case_filed(title=late[0]))
        eventually(lambda: not relay.ready())
        rig.say(*(case_filed(title=title) for title in late[1:]))
        # three times what a worker gets before its acks arrive
        probe = rig.start("probe", "inspections")
        eventually(lambda: rig.effects() == early)
        assert rig.unsent() == len(late)
        assert (answer := relay.get("/healthz")) is not None
        assert answer.status_code == 200
    eventually(lambda: rig.unsent() == 0)
    eventually(lambda: rig.effects() == early + late)
    assert outcomes(probe, "duplicate") == 0
    eventually(relay.ready)


def test_trap_7_a_relay_stops_while_the_broker_is_blocked(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    with memory_alarm(rig):
        rig.say(case_filed())
        eventually(lambda: not relay.ready())
        assert relay.terminate(10) == 0
    relay.restart()
    eventually(lambda: rig.unsent() == 0)


def listed(rig: Rig, what: str, *columns: str) -> list[dict[str, Any]]:
    """Return what rabbitmqctl lists on the rig's virtual host."""
    where = () if what == "connections" else ("-p", rig.vhost)
    told = rig.nodes.rabbitmq_node.ctl(
        f"list_{what}", *where, "--formatter", "json", "--quiet", "vhost", *columns
    )
    return [row for row in json.loads(told) if row.get("vhost", rig.vhost) == rig.vhost]


def test_trap_7_every_connection_has_the_heartbeat_that_we_ask_for(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("worker", "inspections")
    rows = listed(rig, "connections", "user", "timeout")
    assert {row["user"]: row["timeout"] for row in rows} == {"grid": 20, "inspections": 20}


def test_trap_8_the_relay_has_everything_confirmed_and_a_worker_publishes_nothing(
    rig: Rig,
) -> None:
    rig.start("relay", "grid")
    probe = rig.start("probe", "inspections")
    rig.say(case_filed(title="ok"))
    eventually(lambda: outcomes(probe, "handled") == 1)
    rows = listed(rig, "channels", "user", "confirm", "consumer_count")
    assert [row["confirm"] for row in rows if row["user"] == "grid"] == [True]
    assert [row["confirm"] for row in rows if not row["consumer_count"]] == [True]


def narrow_place(rig: Rig) -> None:
    """Make the row that only one handler may hold, and the gate that keeps it there."""
    with rig.db["inspections"].engine.begin() as connection:
        for table in ("narrow", "gates"):
            connection.exec_driver_sql(f"CREATE TABLE {table} AS SELECT 1 AS id")


def test_trap_11_a_handler_that_waits_for_a_row_lock_stops_nobody(rig: Rig) -> None:
    narrow_place(rig)
    probe = rig.start("probe", "inspections")
    deliver(rig, case_filed(title="narrow"), case_filed(title="narrow"))
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    eventually(lambda: rig.rows(waiting + " AND datname = current_database()") == [1])
    assert (answer := probe.get("/healthz")) is not None
    assert answer.status_code == 200
    deliver(rig, case_filed(title="ok"))
    eventually(lambda: rig.effects() == ["ok"], 5)
    with rig.db["inspections"].engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM gates")
    eventually(lambda: rig.effects() == ["narrow", "narrow", "ok"])
    assert failed(rig) == []


def test_trap_12_what_a_worker_says_carries_nothing_of_the_headers_it_heard(rig: Rig) -> None:
    rig.db["grid"].change(know_the_community)
    rig.start("worker", "grid")
    sealed = seal(finding_raised(), new_id(), real_now())
    properties = pika.BasicProperties(
        headers=HOSTILE | sealed.headers, delivery_mode=2, reply_to="mine", correlation_id="1"
    )
    channel = rig.channel("inspections")
    channel.basic_publish("inspections.events", sealed.type, sealed.body, properties)
    stored = eventually(lambda: rig.scalar("grid", "SELECT headers FROM outbox"))
    assert set(stored) <= set(KEPT_HEADERS)
    rig.start("relay", "grid")
    eventually(lambda: rig.unsent() == 0)
    _, said, _ = eventually(lambda: (m := channel.basic_get(QUEUE, auto_ack=True))[0] and m)  # type: ignore[misc]
    assert {k: v for k, v in said.headers.items() if k != "x-delivery-count"} == stored
    assert said.reply_to is None
    assert said.correlation_id is None


def test_trap_14_a_worker_starts_where_pkg_resources_can_t_be_imported(
    rig: Rig, tmp_path: Path
) -> None:
    for name in ("pkg_resources", "setuptools"):
        (tmp_path / f"{name}.py").write_text('raise ImportError("gone")')
    worker = rig.start("worker", "grid", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert worker.terminate() == 0


def test_trap_16_no_process_of_ours_has_a_queue_to_be_answered_on(rig: Rig) -> None:
    declared = {queue.name for queue in rig.broker.queues()}
    rig.start("worker", "inspections")
    rig.start("relay", "inspections")
    heard = {entrypoint.queue_name for entrypoint in entrypoints_of(worker_of("inspections"))}
    heard |= {parked_queue_of("inspections")}
    assert {row["queue_name"] for row in consumers(rig)} == heard
    assert {queue.name for queue in rig.broker.queues()} == declared


def consumers(rig: Rig) -> list[dict[str, Any]]:
    """Return each consumer of the virtual host with its prefetch."""
    told = rig.nodes.rabbitmq_node.ctl(
        *("list_consumers", "-p", rig.vhost, "--formatter", "json", "--quiet"),
        *("queue_name", "prefetch_count"),
    )
    rows: list[dict[str, Any]] = json.loads(told)
    return rows


def test_trap_17_a_transaction_notifies_once_and_only_when_it_said_something(rig: Rig) -> None:
    urls = [
        rig.database_url(service).replace("postgresql+psycopg", "postgresql")
        for service in ("grid", "inspections")
    ]
    with (
        psycopg.connect(urls[0], autocommit=True) as grid,
        psycopg.connect(urls[1], autocommit=True) as inspections,
    ):
        for listening in (grid, inspections):
            listening.execute(f"LISTEN {outbox.CHANNEL}")
        rig.start("relay", "grid")
        probe = rig.start("probe", "inspections")
        rig.say(*(case_filed(title="ok") for _ in range(3)))
        rig.db["grid"].change(say_one_by_one)
        rig.db["grid"].change(know_the_community)
        eventually(lambda: rig.effects() == ["ok"] * 6)
        eventually(lambda: rig.unsent() == 0)
        assert probe.terminate() == 0
        # said twice; read, sent, marked and handled without a word
        assert payloads(grid, 3) == ["", "", "end"]
        assert payloads(inspections, 1) == ["end"]


def say_one_by_one(session: Any) -> None:
    for _ in range(3):
        outbox.add(session, case_filed(title="ok"))


def payloads(listening: "psycopg.Connection[Any]", at_least: int) -> list[str]:
    """Return what was notified until now."""
    listening.execute(f"NOTIFY {outbox.CHANNEL}, 'end'")
    return [one.payload for one in listening.notifies(timeout=10, stop_after=at_least)]


def singles_of(service: str) -> set[str]:
    """Return the queues whose events a worker holds one by one."""
    entrypoints = entrypoints_of(worker_of(service))
    return {one.queue_name for one in entrypoints if not one.batch} | {parked_queue_of(service)}


@pytest.mark.parametrize("service", SERVICES)
def test_trap_18_with_all_workers_allowed_at_most_200_single_events_are_under_way(
    rig: Rig, service: str
) -> None:
    singles = singles_of(service)
    most = HANDLERS_AT_ONCE // len(singles)
    rig.start("worker", service, LINLI_MAX_WORKERS=str(most))
    held = {row["queue_name"]: row["prefetch_count"] for row in consumers(rig)}
    # a prefetch of 0 would be one without end
    assert {queue: held[queue] for queue in singles} == dict.fromkeys(singles, most)


@pytest.mark.parametrize("service", SERVICES)
def test_trap_18_a_worker_refuses_to_hold_no_handler_or_too_many(rig: Rig, service: str) -> None:
    most = HANDLERS_AT_ONCE // len(singles_of(service))
    refused = [
        rig.begin("worker", service, LINLI_MAX_WORKERS=str(workers)) for workers in (0, most + 1)
    ]
    assert [worker.exit_code(10) for worker in refused] == [1, 1]


def test_trap_19_four_lost_connections_park_no_innocent(rig: Rig) -> None:
    titles = [f"ok:{n:02}" for n in range(30)]
    deliver(rig, *(case_filed(title=title) for title in titles))
    for lost in range(5):
        assert seen_and_lost(rig, len(titles)) == {lost}
    rig.start("probe", "inspections")
    eventually(lambda: rig.effects() == titles)
    assert failed(rig) == []
    assert left_at_broker(rig, parked_queue_of("inspections")) == 0


def seen_and_lost(rig: Rig, count: int) -> set[int]:
    """Take `count` messages and lose the connection; return how often each came before."""
    channel = rig.channel("inspections")
    before: list[int] = []
    for _, properties, _ in channel.consume(QUEUE, inactivity_timeout=10):
        assert properties is not None, f"only {len(before)} of {count} came"
        before.append((properties.headers or {}).get("x-delivery-count", 0))
        if len(before) == count:
            break
    channel.connection.close()
    return set(before)
