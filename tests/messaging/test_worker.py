"""The worker: every delivery ends in an effect, a kept failure, or back at the broker."""

import pika
import pytest

from deploy.local.ports import free_ports
from shared.clock import real_now
from shared.ids import new_id
from shared.messaging.envelope import seal
from tests.factories import case_filed
from tests.messaging.conftest import Rig, monitor_url
from tests.observe import eventually
from tests.processes import Process

QUEUE = "inspections.on_case_filed"


def failed(rig: Rig) -> list[str]:
    return rig.rows("SELECT state || ' ' || error FROM failed_events ORDER BY id")


def try_again(rig: Rig) -> None:
    """Make the waiting rows due now."""
    with rig.db["inspections"].engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE failed_events SET next_attempt_at = now() WHERE state = 'waiting'"
        )


def publish(rig: Rig, body: bytes, headers: dict[str, object], **properties: object) -> None:
    """Put a message on grid's exchange as a stranger with its login might."""
    channel = rig.channel("grid")
    channel.confirm_delivery()
    channel.basic_publish(
        "grid.events",
        "case_filed.v1",
        body,
        pika.BasicProperties(headers=headers, delivery_mode=2, **properties),
        mandatory=True,
    )


def test_an_event_has_its_effect_once_however_often_it_is_delivered(rig: Rig) -> None:
    rig.start("relay", "grid")
    probe = rig.start("probe", "inspections")
    rig.say(case_filed(title="ok"))
    eventually(lambda: rig.effects() == ["ok"])
    with rig.db["grid"].engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET sent_at = NULL")
    eventually(
        lambda: probe.metric("linli_events_handled_total", queue=QUEUE, outcome="duplicate") == 1
    )
    assert rig.effects() == ["ok"]


def test_trap_1_a_handler_that_raises_loses_nothing(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(case_filed(title="raise:门牌"))
    assert eventually(lambda: failed(rig)) == ["waiting ValueError: 门牌"]
    assert rig.effects() == []


def test_a_failed_event_is_tried_again_until_it_succeeds(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(case_filed(title="early:3"))
    eventually(lambda: failed(rig))
    try_again(rig)
    eventually(lambda: rig.rows("SELECT attempts FROM failed_events") == [2])
    try_again(rig)
    eventually(lambda: rig.effects() == ["early:3"])
    eventually(lambda: rig.rows("SELECT state FROM failed_events") == ["handled"])


def test_an_event_that_keeps_failing_is_parked_after_the_last_try(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(case_filed(title="raise:x"))
    eventually(lambda: failed(rig))
    for attempts in range(2, 7):
        try_again(rig)
        eventually(
            lambda n=attempts: rig.rows("SELECT attempts FROM failed_events") == [n]  # type: ignore[misc]
        )
    assert failed(rig) == ["parked ValueError: x"]


def test_what_a_rule_refuses_is_parked_at_once(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(case_filed(title="reject"))
    (row,) = eventually(lambda: failed(rig))
    assert row.startswith("parked Rejected")


@pytest.mark.parametrize(
    ("body", "headers", "properties"),
    [
        (b"{", {}, {}),
        (b"\xff\xfe", {"ce-id": "x"}, {"content_type": "text/plain"}),
        (b"{}", {"ce-id": "018f", "ce-type": "case_filed.v9"}, {}),
        (b"[" * 100_000, {"ce-type": "case_filed.v1"}, {"content_type": "application/json"}),
        (b"x", {"compression": "gzip"}, {"content_encoding": "utf-8"}),
        (b"\\ud800", {}, {"content_encoding": "unicode_escape"}),
        (b"x", {"ce-subject": "a\x00b", "ce-type": "\x00"}, {}),
        (b"x" * 200_000, {"ce-id": "\u202e"}, {"content_encoding": "utf-16"}),
    ],
)
def test_trap_2_a_message_that_nobody_can_read_is_parked_with_its_body(
    rig: Rig, body: bytes, headers: dict[str, object], properties: dict[str, object]
) -> None:
    rig.start("probe", "inspections")
    publish(rig, body, headers, **properties)
    (row,) = eventually(lambda: failed(rig))
    assert row.startswith("parked ")
    assert rig.rows("SELECT body FROM failed_events") == [body]


def test_trap_3_an_eventlet_timeout_in_a_handler_is_a_failure_like_any(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(case_filed(title="timeout"), case_filed(title="ok"))
    (row,) = eventually(lambda: failed(rig))
    assert row.startswith("waiting Timeout")
    eventually(lambda: rig.effects() == ["ok"])


def test_trap_4_hostile_nameko_headers_don_t_reach_nameko(rig: Rig) -> None:
    sealed = seal(case_filed(title="ok"), new_id(), real_now())
    probe = rig.start("probe", "inspections")
    hostile = {"nameko.call_id_stack": 7, "nameko.locale": {"a": 1}, "bindings": ["x"]}
    publish(rig, sealed.body, {**sealed.headers, **hostile})
    eventually(lambda: rig.effects() == ["ok"])
    assert probe.ready()


def test_trap_5_a_stopping_worker_finishes_what_it_has_begun(rig: Rig) -> None:
    rig.start("relay", "grid")
    probe = rig.start("probe", "inspections")
    rig.say(*(case_filed(title="slow:1") for _ in range(5)))
    eventually(lambda: rig.unsent() == 0)
    assert probe.terminate() == 0
    done = len(rig.effects())
    probe.restart().wait_ready()
    eventually(lambda: len(rig.effects()) == 5)
    assert probe.metric("linli_events_handled_total", outcome="duplicate") == 0
    assert done > 0


def test_a_worker_stops_while_the_broker_is_away_and_comes_back_soon_after_it(rig: Rig) -> None:
    rig.say(case_filed(title="ok"))
    rig.start("relay", "grid")
    probe = rig.start("probe", "inspections")
    other = rig.start("probe", "inspections")
    eventually(lambda: rig.effects() == ["ok"])
    rig.nodes.rabbitmq.stop()
    try:
        eventually(lambda: not probe.ready() and not other.ready())
        assert probe.terminate(15) == 0
    finally:
        rig.nodes.rabbitmq.start()
    eventually(other.ready, 10)
    rig.say(case_filed(title="ok"))
    eventually(lambda: rig.effects() == ["ok", "ok"])


def test_a_message_that_can_t_be_stored_goes_back_and_stops_nobody(rig: Rig) -> None:
    rig.start("relay", "grid")
    probe = rig.start("probe", "inspections")
    with rig.db["inspections"].engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE failed_events ADD CONSTRAINT none CHECK (false) NOT VALID"
        )
    rig.say(case_filed(title="raise:x"), *(case_filed(title="ok") for _ in range(5)))
    eventually(lambda: rig.effects() == ["ok"] * 5)
    eventually(lambda: probe.metric("linli_events_handled_total", outcome="returned") >= 2)
    with rig.db["inspections"].engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE failed_events DROP CONSTRAINT none")
    eventually(lambda: failed(rig))
    assert probe.ready()


def test_trap_9_a_slow_query_doesn_t_stop_other_handlers(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(case_filed(title="query:20"), *(case_filed(title="ok") for _ in range(5)))
    eventually(lambda: rig.effects() == ["ok"] * 5, 15)


def test_trap_9_what_no_socket_s_buffer_holds_goes_both_ways(rig: Rig) -> None:
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(case_filed(title="large:30000000"), case_filed(title="ok"))
    eventually(lambda: rig.effects() == ["large:30000000", "ok"])


def test_what_the_broker_gives_up_on_is_kept_for_a_person(rig: Rig) -> None:
    sealed = seal(case_filed(title="ok"), new_id(), real_now())
    publish(rig, sealed.body, dict(sealed.headers))
    channel = rig.channel("inspections")
    for _ in range(21):  # what 21 killed processes would do
        method, _, _ = eventually(
            lambda: (m := channel.basic_get(QUEUE))[0] and m  # type: ignore[misc]
        )
        channel.basic_nack(method.delivery_tag, requeue=True)
    eventually(
        lambda: channel.queue_declare("parked.inspections", passive=True).method.message_count
    )
    rig.start("probe", "inspections")
    (row,) = eventually(lambda: failed(rig))
    assert row.startswith("parked the broker gave up")
    assert rig.rows("SELECT queue FROM failed_events") == [QUEUE]
    assert rig.effects() == []


def test_a_worker_tells_how_much_of_its_pool_is_in_use(rig: Rig) -> None:
    rig.start("relay", "grid")
    probe = rig.start("probe", "inspections")
    assert probe.metric("linli_database_pool_limit_connections") == 13
    rig.say(*(case_filed(title="query:3") for _ in range(4)))
    eventually(lambda: probe.metric("linli_database_pool_connections") >= 4)
    eventually(lambda: len(rig.effects()) == 4)
    eventually(lambda: probe.metric("linli_database_pool_connections") < 4)


def test_while_the_database_is_away_messages_wait_and_no_attempt_is_used_up(rig: Rig) -> None:
    rig.start("relay", "grid")
    probe = rig.start("probe", "inspections")
    database = rig.db["inspections"].engine.url.database
    with rig.admin() as admin:
        admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,)
        )
        rig.say(*(case_filed(title=f"ok:{n}") for n in range(20)))
        eventually(lambda: rig.unsent() == 0)
        eventually(lambda: not probe.ready())
        admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')
    rig.db["inspections"].engine.dispose()
    eventually(lambda: len(rig.effects()) == 20, 30)
    assert failed(rig) == []
    eventually(probe.ready)


def test_a_worker_that_can_t_reach_its_broker_at_start_says_so_and_exits(rig: Rig) -> None:
    (port,) = free_ports(1)
    log = rig.folder / "unreachable.log"
    process = Process(
        ("worker", "grid"),
        {
            "LINLI_DATABASE_URL": rig.database_url("grid"),
            "LINLI_AMQP_URL": f"amqp://grid:x@127.0.0.1:{port}/linli",
            "LINLI_RABBITMQ_MONITOR_URL": monitor_url(rig.nodes),
        },
        log,
    )
    assert process.exit_code() == 1
    assert "can't reach the broker" in log.read_text().splitlines()[-1]
