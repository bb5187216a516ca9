"""A checklist item fails in 三元一村社区; grid has it mended; inspections closes the finding."""

import random

from deploy.demo.story import COMMUNITY, Effect, Step
from tests.journeys.conftest import WholeSystem
from tests.observe import eventually


def test_the_story_that_make_demo_plays_runs_twice(system: WholeSystem) -> None:
    for _ in range(2):
        story = system.story()
        story.play()
        assert [type(happened) for happened in story.done].count(Step) == 5
        assert [type(happened) for happened in story.done].count(Effect) == 4
    system.wait_quiet()
    assert system.scalar("grid", "SELECT count(*) FROM cases WHERE state = 'closed'") == 2
    assert system.scalar("inspections", "SELECT count(*) FROM findings WHERE state = 'closed'") == 2


def test_while_the_broker_is_away_every_step_answers_and_all_effects_come_after(
    system: WholeSystem,
) -> None:
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    mended = story.record_inspection()
    case = story.await_case(mended)
    system.nodes.rabbitmq.stop()
    try:
        found_meanwhile = story.record_inspection()
        story.resolve(case)
        story.close(case)
    finally:
        system.nodes.rabbitmq.start()
    eventually(lambda: story.await_closed(mended) is None, 60)
    story.await_case(found_meanwhile)
    system.wait_quiet()
    assert system.scalar("grid", "SELECT count(*) FROM cases") == 2


def test_processes_killed_at_random_lose_and_double_nothing(system: WholeSystem) -> None:
    chance = random.Random(20261123)
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    findings = []
    for _ in range(12):
        findings.append(story.record_inspection())
        system.kill_one(chance, "relay", "worker")
    eventually(lambda: system.scalar("grid", "SELECT count(*) FROM cases") == len(findings), 60)
    for finding in findings:
        case = story.await_case(finding)
        story.resolve(case)
        story.close(case)
        system.kill_one(chance, "relay", "worker")
    closed = "SELECT count(*) FROM findings WHERE state = 'closed'"
    eventually(lambda: system.scalar("inspections", closed) == len(findings), 60)
    system.wait_quiet()
    assert system.scalar("grid", "SELECT count(*) FROM cases") == len(findings)
    steps = "SELECT count(*) FROM finding_steps"
    assert system.scalar("inspections", steps) == 3 * len(findings)


def test_an_api_killed_between_two_steps_goes_on_where_it_was(system: WholeSystem) -> None:
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    finding = story.record_inspection()
    for service in ("grid", "inspections"):
        system.processes[service, "api"].kill()
        system.processes[service, "api"].restart().wait_ready()
    case = story.await_case(finding)
    story.resolve(case)
    story.close(case)
    story.await_closed(finding)


def test_the_case_carries_what_the_inspector_saw(system: WholeSystem) -> None:  # I05
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    finding = story.record_inspection()
    story.await_case(finding)
    row = "SELECT area_code || ' ' || deadline || ' ' || title FROM {} WHERE {} = '" + finding + "'"
    case = system.scalar("grid", row.format("cases", "finding_id"))
    assert case == system.scalar("inspections", row.format("findings", "id"))
    assert str(case).startswith(COMMUNITY)


def test_one_trace_leads_from_the_request_to_the_last_effect(system: WholeSystem) -> None:
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    finding = story.record_inspection()
    story.await_case(finding)
    system.wait_quiet()
    said = "SELECT substr(headers->>'traceparent', 4, 32) FROM outbox WHERE event_type = '{}'"
    trace = system.scalar("inspections", said.format("finding_raised.v1"))
    assert trace
    assert trace == system.scalar("inspections", said.format("inspection_recorded.v1"))
    assert trace == system.scalar("grid", said.format("case_filed.v1"))
