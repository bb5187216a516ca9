"""Tests of domain/rules.py: the table agrees with the contracts."""

import dataclasses
from typing import Any, get_args, get_type_hints

import pytest

from services.notifications.domain.rules import RULES, Rule, announced_by, concerned_by
from shared.messaging.topology import EVENTS
from tests.usecases.notifications.stories import Story

STORY = Story()
BY_CLASS = pytest.mark.parametrize(
    ("contract", "rule"), list(RULES.items()), ids=lambda one: getattr(one, "__name__", "")
)


def has(contract: Any, path: str) -> bool:
    """Tell whether a contract has an attribute at a dotted path."""
    for step in path.split("."):
        if not dataclasses.is_dataclass(contract):
            contract = next(one for one in get_args(contract) if dataclasses.is_dataclass(one))
        hints = get_type_hints(contract)
        if step not in hints:
            return False
        contract = hints[step]
    return True


@BY_CLASS
def test_a_rule_names_only_what_its_event_carries(contract: type, rule: Rule):
    paths = {path for concern in rule.concerns for path in (concern.subject, concern.person)}
    if tell := rule.tell:
        named = (*tell.about, *tell.facts, *tell.persons, tell.at, tell.excluded, tell.unless)
        paths |= {path for path in named if path} | {"area_code"}
    assert {path for path in paths if not has(contract, path)} == set()


def test_only_events_of_others_have_rules():
    assert set(RULES) <= {event.contract for event in EVENTS if event.producer != "notifications"}


@BY_CLASS
def test_no_fact_of_an_announcement_names_a_person(contract: type, rule: Rule):
    event = next(one for one in STORY.every_event() if type(one) is contract)
    people = {
        str(one) for one in STORY.names if one not in (STORY.case, STORY.finding, STORY.activity)
    }
    announced = announced_by(rule, event)
    assert announced is None or people.isdisjoint(map(str, announced.facts.values()))


def test_one_person_in_several_places_is_concerned_as_each_and_told_once():
    rule, event = RULES[type(STORY.case_dispatched())], STORY.case_dispatched()
    secretary = [one for one in concerned_by(rule, event) if one.person_id == STORY.secretary]
    assert [one.concerned_as for one in secretary] == ["owner_first", "owner_direct"]
    announced = announced_by(rule, event)
    assert announced is not None and announced.persons.count(STORY.secretary) == 1


def test_a_case_without_owners_yet_concerns_nobody():
    assert concerned_by(RULES[type(STORY.case_filed())], STORY.case_filed()) == []
