"""The relay: what is committed reaches the broker, whatever dies on the way."""

import threading
from dataclasses import asdict

import pytest

from deploy.local.ports import free_ports
from shared.clock import real_now
from shared.contracts.grid import CaseReturnedV1
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.provisioner import compare, provision
from shared.messaging.resend import Asked, resend
from shared.messaging.retention import Periods
from shared.messaging.topology import Binding, Queue
from tests.factories import case_closed, case_filed
from tests.messaging.conftest import PASSWORDS, Rig
from tests.observe import eventually
from tests.processes import Process


def nobody_at() -> str:
    """Return a management API that doesn't answer."""
    (port,) = free_ports(1)
    return f"http://monitor:x@127.0.0.1:{port}"


def received(rig: Rig, queue: str, count: int) -> list[str]:
    """Return the ids of the next messages of a queue."""
    channel = rig.channel(queue.partition(".")[0])
    ids: list[str] = []
    for _, properties, _ in channel.consume(queue, auto_ack=True, inactivity_timeout=3):
        if properties is None:
            break
        ids.append(properties.message_id)
        if len(ids) == count:
            break
    return ids


def test_what_is_committed_is_sent_in_order_and_marked(rig: Rig) -> None:
    rig.say(*(case_filed(title=str(n)) for n in range(50)))
    rig.start("relay", "grid")
    eventually(lambda: rig.unsent() == 0)
    ids = received(rig, "inspections.on_case_filed", 50)
    assert ids == sorted(ids)
    assert len(set(ids)) == 50


def test_what_is_rolled_back_is_never_sent(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    db = rig.db["grid"]

    def say_and_fail(session: object) -> None:
        outbox.add(session, case_filed())  # type: ignore[arg-type]
        raise LookupError

    with pytest.raises(LookupError):
        db.change(say_and_fail)
    rig.say(case_filed())
    eventually(lambda: relay.metric("linli_relay_confirmed_total") == 1)
    assert rig.scalar("grid", "SELECT count(*) FROM outbox") == 1


def test_an_event_that_nobody_hears_counts_as_sent(rig: Rig) -> None:
    state = asdict(case_filed())
    event = CaseReturnedV1(
        **state, returned_at=state["filed_at"], returned_by=new_id(), reason="未清理"
    )
    rig.say(event)
    rig.start("relay", "grid")
    eventually(lambda: rig.unsent() == 0)


def test_a_lost_binding_keeps_the_event_until_it_is_back(rig: Rig) -> None:
    relay = rig.start("relay", "grid", LINLI_RABBITMQ_MONITOR_URL=nobody_at())
    rig.lose_binding("inspections.on_case_closed", "case_closed.v1")
    rig.lose_binding("volunteers.on_case_closed", "case_closed.v1")
    rig.lose_binding("notifications.on_event", "#")
    rig.say(case_closed())
    eventually(lambda: relay.metric("linli_relay_unroutable_total", event="case_closed.v1") >= 1)
    assert rig.unsent() == 1

    provision(rig.broker, PASSWORDS)
    eventually(lambda: rig.unsent() == 0)
    assert len(received(rig, "inspections.on_case_closed", 1)) == 1


def test_an_event_that_lacks_one_of_its_hearers_waits_and_no_other_does(rig: Rig) -> None:
    rig.lose_binding("inspections.on_case_closed", "case_closed.v1")
    relay = rig.start("relay", "grid")
    rig.say(case_closed(), case_filed())
    eventually(lambda: rig.unsent() == 1)
    assert len(received(rig, "inspections.on_case_filed", 1)) == 1
    assert relay.metric("linli_relay_held_info", event="case_closed.v1") == 1
    assert relay.metric("linli_relay_held_info", event="case_filed.v1") == 0
    assert relay.metric("linli_relay_published_total", event="case_closed.v1") == 0

    provision(rig.broker, PASSWORDS)
    eventually(lambda: rig.unsent() == 0)
    assert len(received(rig, "inspections.on_case_closed", 1)) == 1
    assert relay.metric("linli_relay_held_info", event="case_closed.v1") == 0


def test_what_a_hearer_missed_before_the_relay_noticed_is_said_again(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    rig.say(case_closed())
    eventually(lambda: rig.unsent() == 0)
    rig.lose_binding("inspections.on_case_closed", "case_closed.v1")
    rig.say(*(case_closed() for _ in range(20)))
    eventually(lambda: relay.metric("linli_relay_held_info", event="case_closed.v1") == 1)
    assert rig.unsent() == 0

    provision(rig.broker, PASSWORDS)
    eventually(lambda: relay.metric("linli_relay_held_info", event="case_closed.v1") == 0)
    assert len(set(received(rig, "inspections.on_case_closed", 1_000))) == 21
    assert relay.metric("linli_relay_sent_again_total", event="case_closed.v1") >= 20


def test_held_events_are_let_go_however_many_come_meanwhile(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(0.01):
            rig.say(case_filed())

    people = threading.Thread(target=go_on)
    people.start()
    try:
        # all that grid says is held, so no confirm brings the relay a turn without new rows
        rig.lose_binding("notifications.on_event", "#")
        eventually(lambda: relay.metric("linli_relay_held_info", event="case_filed.v1") == 1)
        provision(rig.broker, PASSWORDS)
        eventually(lambda: relay.metric("linli_relay_held_info", event="case_filed.v1") == 0)
    finally:
        over.set()
        people.join()


def test_a_binding_that_was_lost_and_is_back_between_two_looks_is_noticed(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    rig.lose_binding("inspections.on_case_closed", "case_closed.v1")
    rig.say(case_closed())
    eventually(lambda: rig.unsent() == 0)
    provision(rig.broker, PASSWORDS)
    eventually(lambda: relay.metric("linli_relay_sent_again_total", event="case_closed.v1") >= 1)
    assert len(received(rig, "inspections.on_case_closed", 1)) == 1


@pytest.mark.parametrize(
    ("queue", "key"),
    [("notifications.on_event", "#"), ("inspections.on_case_filed", "case_filed.v1")],
)
def test_who_was_not_bound_for_a_while_gets_everything_and_every_effect_is_once(
    rig: Rig, queue: str, key: str
) -> None:
    relay = rig.start("relay", "grid")
    rig.start("probe", "inspections")
    titles = [f"{n:03}" for n in range(100)]
    rig.say(*(case_filed(title=title) for title in titles[:30]))
    rig.lose_binding(queue, key)
    rig.say(*(case_filed(title=title) for title in titles[30:60]))
    eventually(lambda: rig.unsent() == 0)
    provision(rig.broker, PASSWORDS)
    rig.say(*(case_filed(title=title) for title in titles[60:]))
    eventually(lambda: relay.metric("linli_relay_sent_again_total", event="case_filed.v1") >= 30)
    eventually(lambda: rig.unsent() == 0)
    eventually(lambda: rig.effects() == titles)
    heard = received(rig, "notifications.on_event", 1_000)
    assert len(set(heard)) == len(titles)
    assert len(heard) > len(titles)  # they came twice


def test_what_the_relay_could_not_see_is_noticed_by_the_watch_and_mended_by_sending_again(
    rig: Rig,
) -> None:
    rig.start("relay", "grid", LINLI_RABBITMQ_MONITOR_URL=nobody_at())
    rig.lose_binding("inspections.on_case_closed", "case_closed.v1")
    began = real_now()
    rig.say(case_closed())
    # the broker has a queue for it, so the relay is told nothing
    eventually(lambda: rig.unsent() == 0)
    assert compare(rig.broker).missing == (
        "binding grid.events -> inspections.on_case_closed (case_closed.v1)",
    )
    provision(rig.broker, PASSWORDS)
    assert resend(rig.db["grid"], Asked(began, "case_closed.v1"), Periods.from_environment({})) == 1
    assert len(received(rig, "inspections.on_case_closed", 1)) == 1


def test_a_row_that_commits_late_is_sent_although_later_rows_went_first(rig: Rig) -> None:
    rig.start("relay", "grid")
    db = rig.db["grid"]
    added, go_on = threading.Event(), threading.Event()

    def slow(session: object) -> None:
        outbox.add(session, case_filed(title="late"))  # type: ignore[arg-type]
        added.set()
        assert go_on.wait(20)

    writer = threading.Thread(target=db.change, args=(slow,))
    writer.start()
    assert added.wait(20)
    rig.say(case_filed(title="early"))
    eventually(
        lambda: rig.scalar("grid", "SELECT count(*) FROM outbox WHERE sent_at > '-infinity'")
    )
    go_on.set()
    writer.join()
    eventually(lambda: rig.scalar("grid", "SELECT count(*) FROM outbox") == 2)
    eventually(lambda: rig.unsent() == 0)
    assert len(received(rig, "inspections.on_case_filed", 2)) == 2


def test_a_second_relay_stands_by_and_takes_over_when_the_first_is_killed(rig: Rig) -> None:
    first = rig.start("relay", "grid")
    second = rig.start("relay", "grid")
    assert first.metric("linli_relay_active_info") == 1
    assert second.metric("linli_relay_active_info") == 0
    first.kill()
    rig.say(case_filed())
    eventually(lambda: rig.unsent() == 0)
    assert second.metric("linli_relay_active_info") == 1


def test_a_relay_killed_at_any_moment_loses_nothing(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    for _ in range(5):
        rig.say(*(case_filed() for _ in range(200)))
        relay.kill()
        relay.restart()
    eventually(lambda: rig.unsent() == 0, 60)
    relay.wait_ready()
    ids = set()
    channel = rig.channel("inspections")
    for _, properties, _ in channel.consume(
        "inspections.on_case_filed", auto_ack=True, inactivity_timeout=2
    ):
        if properties is None:
            break
        ids.add(properties.message_id)
    assert len(ids) == 1000


def test_sigterm_confirms_what_is_under_way_and_exits_clean(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    rig.say(*(case_filed() for _ in range(500)))
    assert relay.terminate() == 0


def test_the_backlog_is_measured_while_the_broker_is_away(rig: Rig) -> None:
    (port,) = free_ports(1)
    rig.say(case_filed(), case_filed())
    relay = Process(
        ("relay", "grid"),
        {
            "LINLI_DATABASE_URL": rig.database_url("grid"),
            "LINLI_AMQP_URL": f"amqp://grid:x@127.0.0.1:{port}/linli",
            "LINLI_RABBITMQ_MONITOR_URL": nobody_at(),
        },
        rig.folder / "relay-alone.log",
    )
    try:
        eventually(lambda: relay.metric("linli_outbox_rows") == 2)
        assert relay.metric("linli_outbox_age_seconds") > 0
        assert not relay.ready()
    finally:
        relay.end()


def test_what_a_full_queue_refuses_stays_unsent_until_the_broker_takes_it(rig: Rig) -> None:
    full = Queue(
        "evt-full",
        (
            ("x-queue-type", "quorum"),
            ("x-max-length", 1),
            ("x-overflow", "reject-publish"),
        ),
    )
    rig.broker.put_queue(full)
    rig.broker.put_binding(Binding("grid.events", full.name, "#"))
    relay = rig.start("relay", "grid")
    for _ in range(20):  # one by one: a quorum queue notices late that it is full
        rig.say(case_filed())
    eventually(lambda: rig.say(case_filed()) or relay.metric("linli_relay_refused_total") >= 1)
    said = rig.scalar("grid", "SELECT count(*) FROM outbox")
    assert rig.unsent() > 0
    assert rig.broker._call("DELETE", f"/queues/{rig.vhost}/{full.name}") is None
    eventually(lambda: rig.unsent() == 0)
    assert len(set(received(rig, "inspections.on_case_filed", 1_000))) == said


def test_a_missing_exchange_closes_a_channel_and_loses_nothing(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    rig.broker._call("DELETE", f"/exchanges/{rig.vhost}/grid.events")
    rig.say(case_filed(), case_closed())
    eventually(lambda: not relay.ready())
    assert rig.unsent() == 2
    provision(rig.broker, PASSWORDS)
    eventually(lambda: rig.unsent() == 0)
    eventually(relay.ready)


def test_a_closed_connection_is_opened_again(rig: Rig) -> None:
    relay = rig.start("relay", "grid")
    rig.say(*(case_filed() for _ in range(200)))
    eventually(lambda: rig.unsent() < 200)
    rig.close_connections()
    rig.say(*(case_filed() for _ in range(200)))
    eventually(lambda: rig.unsent() == 0)
    eventually(relay.ready)
    assert len(set(received(rig, "inspections.on_case_filed", 1_000))) == 400
