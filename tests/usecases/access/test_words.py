"""Owns the proof that words which leave a service, or stay for ever, hold no number of a person."""

import copy
import importlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from shared.messaging.topology import SERVICES
from tests.databases import DatabaseServer
from tests.tokens import bearer, token
from tests.usecases.access.test_every_route import specimens_of
from tests.usecases.access.worlds import Worlds, every_world

WORDS = {"name", "note", "place", "reason", "source", "title"}
"""Fields of events that somebody writes freely."""
COPIES = {"activity_title": "title", "post_name": "name"}
FACTS = {
    "case_number",
    "checklist_code",
    "code",
    "compound_code",
    "group_code",
    "item_code",
    "kid",
    "post_code",
}
"""Fields whose form the service that says them checks or makes."""

TOLD = [
    ("grid", "return_case", "reason"),
    ("grid", "refuse_case", "reason"),
    ("grid", "put_post", "name"),
    ("grid", "put_compound", "name"),
    ("grid", "put_group", "name"),
    ("grid", "rename_area", "name"),
    ("grid", "establish_area", "name"),
    ("grid", "record_population", "source"),
    ("inspections", "publish_checklist", "items.0.title"),
    ("inspections", "record_inspection", "results.0.note"),
    ("inspections", "fail_reinspection", "reason"),
    ("volunteers", "publish_activity", "title"),
    ("volunteers", "publish_activity", "place"),
    ("volunteers", "cancel_activity", "reason"),
]
REASONS = [
    ("gateway", "unmask_name"),
    ("gateway", "erase_account"),
    ("volunteers", "unmask_volunteer"),
    ("volunteers", "erase_volunteer"),
    ("notifications", "unmask_recipient"),
    ("notifications", "erase_recipient"),
    *((service, "discard_parked_event") for service in SERVICES),
]
SAID = "请联系当事人 138 1234 5678"


@pytest.fixture(scope="module")
def worlds(database_server: DatabaseServer) -> Iterator[Worlds]:
    with every_world(database_server) as made:
        yield made


def written(body: Any, field: str) -> Any:
    """Return the body with the words in the field that a dotted name leads to."""
    changed = copy.deepcopy(body)
    *way, last = field.split(".")
    inside = changed
    for step in way:
        inside = inside[int(step) if step.isdecimal() else step]
    inside[last] = SAID
    if last == "note":
        inside["passed"] = False
    return changed


def answer(worlds: Worlds, service: str, operation: str, field: str) -> Any:
    world, http = worlds[service]
    call = specimens_of(service)[operation](world)
    body = written(call.options["json"], field)
    headers = bearer(token(subject=world.caller))
    return http.open(call.path, method=call.method, headers=headers, json=body)


def test_every_text_of_every_event_is_known_as_words_or_as_a_fact() -> None:
    texts = {
        field.name
        for service in SERVICES
        for part in vars(importlib.import_module(f"shared.contracts.{service}")).values()
        if is_dataclass(part)
        for field in fields(part)
        if field.type in (str, "str") and not field.metadata
    }
    assert texts == WORDS | COPIES.keys() | FACTS
    assert {field.rpartition(".")[2] for _, _, field in TOLD} == WORDS
    assert set(COPIES.values()) <= WORDS


@pytest.mark.parametrize(("service", "operation", "field"), TOLD)
def test_words_that_go_into_an_event_hold_no_number_of_a_person(
    worlds: Worlds, service: str, operation: str, field: str
) -> None:
    refused = answer(worlds, service, operation, field)
    assert refused.status_code == 422
    assert refused.json["type"] == "urn:linli:problem:text-names-somebody"
    assert [one["field"] for one in refused.json["errors"]] == [field]


@pytest.mark.parametrize(("service", "operation"), REASONS)
def test_a_reason_that_is_kept_holds_no_number_of_a_person(
    worlds: Worlds, service: str, operation: str
) -> None:
    refused = answer(worlds, service, operation, "reason")
    assert refused.status_code == 422
    assert refused.json["type"] == "urn:linli:problem:reason-names-somebody"
    assert [one["field"] for one in refused.json["errors"]] == ["reason"]


def test_the_note_of_an_item_that_passed_stays_in_the_service_and_may_hold_anything(
    worlds: Worlds,
) -> None:
    world, http = worlds["inspections"]
    call = specimens_of("inspections")["record_inspection"](world)
    body = copy.deepcopy(call.options["json"])
    passed = next(one for one in body["results"] if one["passed"])
    passed["note"] = SAID
    headers = bearer(token(subject=world.caller))
    assert http.post(call.path, headers=headers, json=body).status_code == 201
