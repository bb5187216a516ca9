"""Owns the proof that everyone concerned is told, once, whatever comes first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as sqlalchemy_event

from services.notifications.models import Area
from shared.contracts.gateway import AccountChangedV1
from shared.contracts.grid import AreasImportedV1, AreaState
from shared.contracts.inspections import InspectionRecordedV1
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging.envelope import Event
from tests.usecases.notifications.stories import NOW, Story, deliver, heard, told

EVERYONE_CONCERNED = [
    "grid_officer",
    "handler",
    "inspector",
    "other_inspector",
    "property_head",
    "secretary",
    "volunteer",
]
WHOLE_STORY = sorted(
    [
        *(("case_dispatched", one) for one in ("handler", "property_head", "secretary")),
        ("activity_published", "volunteer"),
        ("hours_recorded", "volunteer"),
        ("case_resolved", "secretary"),
        ("case_resolved", "secretary"),
        *(("case_returned", one) for one in ("handler", "property_head", "secretary")),
        ("reinspection_opened", "inspector"),
        *(("finding_closed", one) for one in EVERYONE_CONCERNED),
    ]
)
"""Of the roles, `volunteer` and `inspector` are told too; in the area, not by name."""


def told_of(db: Transactions, story: Story, *events: Event) -> list[tuple[str, str]]:
    deliver(db, *events)
    return told(db, story, *events)


# N05
def test_both_owners_are_told_of_a_dispatched_case_each_person_once(db: Transactions):
    story = Story()
    assert told_of(db, story, heard(story.case_dispatched())) == [
        ("case_dispatched", "handler"),
        ("case_dispatched", "property_head"),
        ("case_dispatched", "secretary"),
    ]


def test_a_returned_and_a_reopened_case_are_told_to_its_owners(db: Transactions):
    story = Story()
    events = [heard(story.case_returned()), heard(story.case_reopened())]
    owners = ("handler", "property_head", "secretary")
    expected = [(name, one) for name in ("case_reopened", "case_returned") for one in owners]
    assert told_of(db, story, *events) == expected


def test_a_resolved_case_is_told_to_who_answers_for_the_place(db: Transactions):
    story = Story()
    assert told_of(db, story, heard(story.case_resolved())) == [("case_resolved", "secretary")]


def test_a_reported_problem_is_told_to_those_who_verify_there(db: Transactions):
    story = Story()
    assert told_of(db, story, heard(story.case_reported())) == [
        ("case_reported", "community_secretary"),
        ("case_reported", "grid_officer"),
    ]


def test_a_cancelled_activity_is_told_to_those_who_signed_up(db: Transactions):
    story = Story()
    assert told_of(db, story, heard(story.activity_cancelled())) == [
        ("activity_cancelled", "idler"),
        ("activity_cancelled", "volunteer"),
    ]


# N04
def test_the_end_of_the_story_is_told_to_everyone_who_had_a_part_in_it(db: Transactions):
    story = Story()
    assert told_of(db, story, *map(heard, story.told())) == WHOLE_STORY


def test_the_end_of_a_case_that_no_inspection_caused_is_told_to_all_with_a_part_in_it(
    db: Transactions,
):
    story = Story()
    events = [
        heard(story.case_dispatched(finding_id=None, kind="street_problem")),
        heard(story.hours_recorded()),
        heard(story.case_closed(finding_id=None, kind="street_problem")),
    ]
    deliver(db, *events)
    assert [one for _, one in told(db, story, events[2])] == [
        "grid_officer",
        "handler",
        "property_head",
        "secretary",
        "volunteer",
    ]


def test_a_closed_rectification_tells_nothing_until_its_finding_is_closed(db: Transactions):
    story = Story()
    assert told_of(db, story, heard(story.case_closed())) == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_and_any_repetition_of_the_story_tells_the_same_once(
    db: Transactions, data: st.DataObject
):
    story = Story()
    events = [heard(one) for one in story.told()]
    order = data.draw(st.permutations(range(len(events))))
    again = data.draw(st.lists(st.sampled_from(range(len(events))), max_size=6))
    deliver(db, *(events[number] for number in (*order, *again)))
    assert told(db, story, *events) == WHOLE_STORY


@pytest.mark.parametrize("late", ["hours_recorded", "finding_raised", "case_dispatched"])
def test_who_turns_out_to_be_concerned_after_the_end_is_told_it_then(db: Transactions, late: str):
    story = Story()
    events = {type(one).__name__: heard(one) for one in story.told()}
    last = heard(getattr(story, late)())
    end = events["FindingClosedV1"]
    deliver(db, *(one for one in events.values() if type(one.data) is not type(last.data)))
    before = told(db, story, end)
    deliver(db, last)
    named = {name for _, name in told(db, story, end)}
    assert named == set(EVERYONE_CONCERNED)
    assert len(before) <= len(named) == len(told(db, story, end))


def all_at_once(db: Transactions, events: list[Event]) -> None:
    start = Barrier(len(events))

    def go(event: Event) -> None:
        start.wait()
        deliver(db, event)

    with ThreadPoolExecutor(len(events)) as threads:
        list(threads.map(go, events))


def test_who_becomes_concerned_while_the_end_is_told_is_not_missed(db: Transactions):
    for _ in range(10):
        story = Story()
        events = [
            heard(one)
            for one in (
                story.finding_closed(),
                story.hours_recorded(),
                story.case_dispatched(),
                story.finding_raised(),
                story.case_closed(),
            )
        ]
        all_at_once(db, events)
        assert [name for _, name in told(db, story, events[0])] == EVERYONE_CONCERNED


def test_the_same_event_in_many_workers_at_once_tells_once(db: Transactions):
    story = Story()
    end = heard(story.finding_closed())
    deliver(db, heard(story.case_dispatched()))
    all_at_once(db, [end] * 6)
    assert [name for _, name in told(db, story, end)] == [
        "handler",
        "other_inspector",
        "property_head",
        "secretary",
    ]


def statements_of(db: Transactions, event: Event) -> list[str]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    deliver(db, event)
    sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)
    return seen


def test_an_event_without_a_rule_costs_its_claim_and_no_other_statement(db: Transactions):
    recorded = InspectionRecordedV1(
        inspection_id=new_id(),
        area_code="320508019020",
        checklist_code="compound-order",
        checklist_version=1,
        mode="open",
        points=25,
        points_possible=40,
        failed_items=1,
        inspected_at=NOW,
        version=1,
    )
    statements = statements_of(db, heard(recorded))
    assert len(statements) == 1
    assert "INSERT INTO inbox" in statements[0]


def test_areas_and_accounts_are_learned_on_the_same_queue(db: Transactions):
    state = AreaState(code="320508019021", name="三元二村社区居委会", level="community", version=1)
    changed = AccountChangedV1(account_id=new_id(), active=False, version=4)
    deliver(db, heard(AreasImportedV1(import_id=new_id(), areas=[state])), heard(changed))
    assert db.read(lambda session: session.get(Area, state.code).name) == state.name
    with db.engine.connect() as connection:
        known = connection.exec_driver_sql("SELECT version, active FROM known_accounts").one()
    assert tuple(known) == (4, False)
