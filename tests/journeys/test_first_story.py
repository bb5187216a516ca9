"""A checklist item fails in 三元一村社区; everybody does their part until it is mended."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from deploy.demo.playing import Effect, Step
from deploy.demo.report_story import AnonymousReport
from deploy.demo.story import COMMUNITY, Rectification
from tests.observe import eventually
from tests.whole_system import WholeSystem

CASES = "SELECT count(*) FROM cases"
TOLD_OF_DISPATCH = """
    SELECT count(*) FROM messages m JOIN announcements a ON a.id = m.announcement_id
    WHERE a.template = 'case_dispatched'
"""


def prepared(system: WholeSystem) -> Rectification:
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    story.fill_posts()
    return story


def test_the_stories_that_make_demo_plays_run_twice(system: WholeSystem) -> None:  # G07 G08 G09
    closed = system.growth("grid", CASES + " WHERE state = 'closed'")
    mended = system.growth("inspections", "SELECT count(*) FROM findings WHERE state = 'closed'")
    minutes = system.growth("volunteers", "SELECT coalesce(sum(minutes), 0) FROM hours_entries")
    for _ in range(2):
        player = system.player()
        Rectification(player).play()
        AnonymousReport(player).play()
        kinds = [type(happened) for happened in player.done]
        assert kinds.count(Step) >= 21 and kinds.count(Effect) >= 30
    system.wait_quiet()
    assert (closed(), mended()) == (4, 2)
    assert minutes() == 4 * 95
    again = "SELECT count(*) - count(DISTINCT (announcement_id, person_id, role)) FROM messages"
    assert system.scalar("notifications", again) == 0
    unsent = "SELECT count(*) FROM deliveries WHERE state <> 'sent'"
    eventually(lambda: system.scalar("notifications", unsent) == 0, 30)


def test_while_the_broker_is_away_every_step_answers_and_all_effects_come_after(
    system: WholeSystem,
) -> None:
    story = prepared(system)
    cases = system.growth("grid", CASES)
    mended = story.record_inspection()
    case = story.await_dispatch(mended)
    system.nodes.rabbitmq.stop()
    try:
        found_meanwhile = story.record_inspection()
        story.resolve(case)
        story.close(case)
    finally:
        system.nodes.rabbitmq.start()
    story.reinspect(mended)
    story.await_dispatch(found_meanwhile)
    system.wait_quiet()
    assert cases() == 2


@contextmanager
def meanwhile(strike: Callable[[], None]) -> Iterator[None]:
    """Do something to the system in a thread of its own, once the story is under way."""
    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def broker_goes_and_comes(system: WholeSystem) -> None:
    system.nodes.rabbitmq.stop()
    system.nodes.rabbitmq.start()


def database_goes_and_comes(system: WholeSystem) -> None:
    system.nodes.postgres.stop()
    system.nodes.postgres.start()


def every_process_of_a_service_is_killed(system: WholeSystem) -> None:
    for kind in ("api", "worker", "relay"):
        system.processes["grid", kind].kill()
        system.processes["grid", kind].restart()


@pytest.mark.parametrize(
    "strike",
    [broker_goes_and_comes, database_goes_and_comes, every_process_of_a_service_is_killed],
    ids=lambda strike: strike.__name__,
)
def test_what_stops_in_the_middle_of_the_demo_only_delays_it(
    system: WholeSystem, strike: Callable[[WholeSystem], None]
) -> None:
    cases = system.growth("grid", CASES)
    entries = system.growth("volunteers", "SELECT count(*) FROM hours_entries")
    story = system.story()
    story.prepare()
    with meanwhile(lambda: strike(system)):
        finding = story.record_inspection()
        case = story.await_dispatch(finding)
        story.await_told(case)
        activity = story.call_volunteers(case)
    story.clean_up(activity)
    with meanwhile(lambda: strike(system)):
        story.resolve(case)
        story.close(case)
        story.reinspect(finding)
    story.await_all_told(finding)
    system.wait_quiet()
    assert (cases(), entries()) == (1, 2)


def test_processes_killed_at_random_lose_and_double_nothing(system: WholeSystem) -> None:
    chance = random.Random(20261123)
    story = prepared(system)
    cases = system.growth("grid", CASES)
    dispatched = system.growth("grid", CASES + " WHERE state = 'dispatched'")
    opened = system.growth("inspections", "SELECT count(*) FROM reinspections")
    steps = system.growth("inspections", "SELECT count(*) FROM finding_steps")
    told = system.growth("notifications", TOLD_OF_DISPATCH)
    findings = []
    for _ in range(12):
        findings.append(story.record_inspection())
        system.kill_one(chance, "relay", "worker")
    eventually(lambda: dispatched() == len(findings), 60)
    for finding in findings:
        case = story.await_dispatch(finding)
        story.resolve(case)
        story.close(case)
        system.kill_one(chance, "relay", "worker")
    eventually(lambda: opened() == len(findings), 60)
    system.wait_quiet()
    assert cases() == len(findings)
    assert steps() == 3 * len(findings)
    assert told() == 4 * len(findings)


def test_an_api_killed_between_two_steps_goes_on_where_it_was(system: WholeSystem) -> None:
    story = prepared(system)
    finding = story.record_inspection()
    for service in ("grid", "inspections"):
        system.processes[service, "api"].kill()
        system.processes[service, "api"].restart().wait_ready()
    case = story.await_dispatch(finding)
    story.resolve(case)
    story.close(case)
    story.reinspect(finding)


def test_the_case_carries_what_the_inspector_saw(system: WholeSystem) -> None:  # I05
    story = prepared(system)
    finding = story.record_inspection()
    story.await_dispatch(finding)
    row = "SELECT area_code || ' ' || deadline || ' ' || title FROM {} WHERE {} = '" + finding + "'"
    case = system.scalar("grid", row.format("cases", "finding_id"))
    assert case == system.scalar("inspections", row.format("findings", "id"))
    assert str(case).startswith(COMMUNITY)


def test_one_trace_leads_from_the_request_to_the_last_effect(system: WholeSystem) -> None:
    story = prepared(system)
    finding = story.record_inspection()
    story.await_dispatch(finding)
    system.wait_quiet()
    said = (
        "SELECT substr(headers->>'traceparent', 4, 32) FROM outbox WHERE event_type = '{}'"
        " ORDER BY position DESC LIMIT 1"
    )
    trace = system.scalar("inspections", said.format("finding_raised.v1"))
    assert trace
    assert trace == system.scalar("inspections", said.format("inspection_recorded.v1"))
    assert trace == system.scalar("grid", said.format("case_filed.v1"))
    assert trace == system.scalar("grid", said.format("case_dispatched.v1"))
