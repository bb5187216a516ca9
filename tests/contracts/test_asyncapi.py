"""docs/asyncapi.yaml: current, valid by AsyncAPI's own parser, and true of what travels."""

import copy
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import jsonschema
import pytest
import yaml
from marshmallow import validate

from deploy.contracts.__main__ import DOCUMENT, PUBLISHED, SAMPLES
from deploy.contracts.asyncapi import document, document_text
from deploy.contracts.published import plan, samples_of
from deploy.contracts.schemas import json_schema_of
from shared.contracts import dump, schema_of
from shared.messaging.envelope import KEPT_HEADERS
from shared.messaging.topology import (
    EVENTS,
    EventType,
    bindings,
    event_named,
    events_of,
    exchanges,
    queues,
)

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / ".run" / "asyncapi" / "node_modules"
by_name = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


def verdict(file: Path) -> tuple[int, str]:
    """Return exit code and findings of AsyncAPI's parser."""
    node = shutil.which("node")
    assert node and NODE_MODULES.is_dir(), "node or the parser is missing; run: make test"
    done = subprocess.run(
        [node, str(Path(__file__).parent / "asyncapi" / "validate.cjs"), str(file)],
        env=os.environ | {"NODE_PATH": str(NODE_MODULES)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


# current


def test_the_document_is_what_contracts_and_topology_say():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == document_text(EVENTS, SAMPLES), "docs/asyncapi.yaml is old; run make contracts"


def test_the_published_schemas_are_what_contracts_and_topology_say():
    found = {file.stem: file.read_text(encoding="utf-8") for file in PUBLISHED.glob("*")}
    wanted = plan(EVENTS, PUBLISHED, SAMPLES).texts
    assert found == wanted, "docs/contracts/ is old; run make contracts"


def test_writing_twice_gives_the_same_text():
    assert document_text(EVENTS, SAMPLES) == document_text(EVENTS, SAMPLES)


# valid


def test_the_document_is_valid_by_asyncapis_own_parser():
    code, findings = verdict(DOCUMENT)
    assert code == 0, findings
    assert f"valid: {len(EVENTS) + len(heard_queues())} operations" in findings


def _without_version(doc: dict[str, Any]) -> None:
    del doc["info"]["version"]


def _unknown_action(doc: dict[str, Any]) -> None:
    doc["operations"]["grid.says.case_filed.v1"]["action"] = "shout"


def _lost_message(doc: dict[str, Any]) -> None:
    del doc["components"]["messages"]["case_filed.v1"]


def _wrong_binding(doc: dict[str, Any]) -> None:
    doc["channels"]["case_filed.v1"]["bindings"]["amqp"]["exchange"]["type"] = "thematic"


def _schema_that_is_none(doc: dict[str, Any]) -> None:
    doc["components"]["schemas"]["case_filed.v1"]["properties"]["version"]["type"] = "whole"


@pytest.mark.parametrize(
    "spoil",
    [
        _without_version,
        _unknown_action,
        _lost_message,
        _wrong_binding,
        _schema_that_is_none,
    ],
)
def test_a_wrong_document_is_refused_by_the_parser(
    spoil: Callable[[dict[str, Any]], None], written: dict[str, Any], tmp_path: Path
):
    wrong = copy.deepcopy(written)
    spoil(wrong)
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(wrong, allow_unicode=True), encoding="utf-8")
    code, findings = verdict(file)
    assert code == 1, findings
    assert re.search("^(error|warning) ", findings, re.MULTILINE)


# true


def heard_queues() -> set[str]:
    return {queue.name for queue in queues() if ".on_" in queue.name}


def test_every_event_is_sent_by_its_producer_on_its_exchange(written: dict[str, Any]):
    for event in EVENTS:
        amqp = written["channels"][event.name]["bindings"]["amqp"]
        operation = written["operations"][f"{event.producer}.says.{event.name}"]
        assert written["channels"][event.name]["address"] == event.name
        assert amqp["is"] == "routingKey"
        assert exchanges()[amqp["exchange"]["name"]] == amqp["exchange"]["type"]
        assert operation["action"] == "send"
        assert operation["channel"]["$ref"] == f"#/channels/{event.name}"


def test_every_queue_is_received_with_the_events_bound_to_it(written: dict[str, Any]):
    received = {
        operation["channel"]["$ref"].rpartition("/")[2]: sorted(
            message["$ref"].rpartition("/")[2] for message in operation["messages"]
        )
        for operation in written["operations"].values()
        if operation["action"] == "receive"
    }
    bound = {
        queue: sorted(
            event.name
            for one in bindings()
            if one.queue == queue
            for event in events_of(one.exchange.removesuffix(".events"))
            if one.key in ("#", event.name)
        )
        for queue in heard_queues()
    }
    assert received == bound
    for queue in bound:
        amqp = written["channels"][queue]["bindings"]["amqp"]
        assert (amqp["is"], amqp["queue"]["name"]) == ("queue", queue)


def test_the_headers_are_those_that_travel(written: dict[str, Any]):
    schema = written["components"]["schemas"]["CloudEventHeaders"]
    assert tuple(schema["properties"]) == KEPT_HEADERS
    for message in written["components"]["messages"].values():
        for example in message["examples"]:
            jsonschema.validate(example["headers"], schema)


def test_each_example_is_a_sample_that_its_schema_allows(written: dict[str, Any]):
    for name, message in written["components"]["messages"].items():
        schema = written["components"]["schemas"][name]
        samples = [json.loads(f.read_text(encoding="utf-8")) for f in samples_of(name, SAMPLES)]
        assert [example["payload"] for example in message["examples"]] == samples
        assert all(allowed_by(schema, sample) for sample in samples)


def test_no_machine_is_named(written: dict[str, Any]):
    server = written["servers"]["broker"]
    assert server["host"] == "{host}:{port}"
    assert "default" not in server["variables"]["host"]


# the schemas mean what the contracts do

FORMATS = jsonschema.FormatChecker(("uuid", "date"))


@FORMATS.checks("date-time", raises=ValueError)
def is_aware_time(value: object) -> bool:
    """RFC 3339, as far as the standard library reads it."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("date", raises=ValueError)
def is_date(value: object) -> bool:
    """RFC 3339, full-date."""
    return not isinstance(value, str) or bool(date.fromisoformat(value))


def allowed_by(schema: dict[str, Any], payload: Any) -> bool:
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=FORMATS).is_valid(payload)


def assert_both_mean_the_same(contract: type, payload: dict[str, Any]) -> None:
    """What the schema allows, the contract loads; what the contract says, the schema allows.

    marshmallow also takes 1 for true and 1.5 for 1; it never says so.
    """
    schema, ours = json_schema_of(contract), schema_of(contract)
    loads = not ours.validate(payload)
    assert loads or not allowed_by(schema, payload), payload
    assert not loads or allowed_by(schema, dump(ours.load(payload))), payload


@by_name
def test_schema_and_contract_agree_on_samples_and_on_what_is_wrong_with_them(event: EventType):
    schema = json_schema_of(event.contract)
    for file in samples_of(event.name, SAMPLES):
        sample = json.loads(file.read_text(encoding="utf-8"))
        assert allowed_by(schema, sample)
        assert allowed_by(schema, sample | {"added_later": [1]})
        for name in sample:
            without = {key: sample[key] for key in sample if key != name}
            assert allowed_by(schema, without) == (name not in schema["required"])
            assert_both_mean_the_same(event.contract, without)
            for wrong in (None, [], {}, "nonsense", -1, 0, 6, 1.5):
                assert_both_mean_the_same(event.contract, sample | {name: wrong})


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part."""

    weight: float = field(metadata={"validate": validate.Range(min=0.5, max=9.5)})
    """In kilograms."""
    grade: Literal["a", "b"] | None = None


@dataclass(frozen=True, kw_only=True)
class EveryKind:
    """Every kind of field that a contract
    may use."""

    id: UUID
    at: datetime
    code: str = field(metadata={"validate": validate.Regexp(r"^[a-z]{2}$")})
    """Two letters."""
    parts: list[Part] = field(metadata={"validate": validate.Length(max=2)})
    rows: list[list[Part]]
    counts: dict[str, int]
    by_name: dict[str, Part]
    rank: Literal[1, 2]
    extra: Part | None = None
    note: str | None = None
    done: bool = False


PART = {
    "type": "object",
    "description": "A part.",
    "properties": {
        "weight": {
            "description": "In kilograms.",
            "type": "number",
            "minimum": 0.5,
            "maximum": 9.5,
        },
        "grade": {"default": None, "enum": ["a", "b", None], "type": ["string", "null"]},
    },
    "required": ["weight"],
    "additionalProperties": True,
}


def test_every_kind_of_field_has_its_json_schema():
    schema = json_schema_of(EveryKind)
    assert schema["description"] == "Every kind of field that a contract may use."
    assert schema["additionalProperties"] is True
    assert schema["required"] == ["id", "at", "code", "parts", "rows", "counts", "by_name", "rank"]
    assert schema["properties"] == {
        "id": {"type": "string", "format": "uuid"},
        "at": {"type": "string", "format": "date-time"},
        "code": {"description": "Two letters.", "type": "string", "pattern": "^[a-z]{2}$"},
        "parts": {"type": "array", "maxItems": 2, "items": PART},
        "rows": {"type": "array", "items": {"type": "array", "items": PART}},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "by_name": {"type": "object", "additionalProperties": PART},
        "rank": {"enum": [1, 2], "type": "integer"},
        "extra": PART | {"type": ["object", "null"], "default": None},
        "note": {"type": ["string", "null"], "default": None},
        "done": {"type": "boolean", "default": False},
    }


def test_an_event_of_two_versions_has_both_in_one_queue():
    later = EventType(
        "grid", "case_filed.v2", event_named("case_filed.v1").contract, "case_id", ("inspections",)
    )
    made = document((event_named("case_filed.v1"), later), SAMPLES)
    heard = made["channels"]["inspections.on_case_filed"]
    assert list(heard["messages"]) == ["case_filed.v1", "case_filed.v2"]
