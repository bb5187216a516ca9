"""Owns the proof that every event means the same to all: real samples load and dump unchanged."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from deploy.contracts.published import samples_of
from shared.contracts import dump, schema_of
from shared.messaging.topology import EVENTS, EventType

SAMPLES = Path(__file__).parent / "samples"
by_name = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
REQUIRED = [
    pytest.param(event, name, id=f"{event.name}-{name}")
    for event in EVENTS
    for name, field in schema_of(event.contract).fields.items()
    if field.required
]


OLDER = [
    pytest.param(event, file, id=file.stem)
    for event in EVENTS
    for file in samples_of(event.name, SAMPLES)[1:]
]


def sample(event: EventType) -> dict[str, Any]:
    return read(SAMPLES / f"{event.name}.json")


def read(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def test_every_event_has_a_sample_and_every_sample_an_event():
    newest = {path.stem for path in SAMPLES.glob("*.json")} - {param.id for param in OLDER}
    assert newest == {event.name for event in EVENTS}


def assert_still_understood(contract: type, file: Path) -> None:
    """What was said before an optional field was added loads, and says the new field from now."""
    data = schema_of(contract).load(read(file))
    said_now = dump(data)
    assert said_now.keys() >= read(file).keys()
    assert schema_of(contract).load(said_now) == data


def test_a_sample_of_an_older_shape_is_still_understood():
    """`<event>.before-<what>.json`; the way itself is proven in test_compatibility.py."""
    for event, file in (param.values for param in OLDER):
        assert_still_understood(event.contract, file)


@by_name
def test_a_sample_loads_and_equals_its_dump(event: EventType):
    data = schema_of(event.contract).load(sample(event))
    assert isinstance(data, event.contract)
    assert dump(data) == sample(event)


@by_name
def test_a_field_that_a_later_producer_added_is_read_past(event: EventType):
    schema = schema_of(event.contract)
    later = sample(event) | {"added_later": {"by": ["another", 1]}}
    assert schema.load(later) == schema.load(sample(event))


@by_name
def test_the_subject_of_an_event_is_an_id_that_it_carries(event: EventType):
    subject = getattr(schema_of(event.contract).load(sample(event)), event.subject)
    # an area has no id besides its code
    assert isinstance(subject, str if event.subject == "area_code" else UUID)


@pytest.mark.parametrize(("event", "name"), REQUIRED)
def test_data_without_a_required_field_is_neither_said_nor_heard(event: EventType, name: str):
    schema = schema_of(event.contract)
    data = schema.load(sample(event))
    del data.__dict__[name]
    with pytest.raises(ValidationError) as unsaid:
        dump(data)
    assert list(unsaid.value.normalized_messages()) == [name]
    with pytest.raises(ValidationError):
        schema.load({key: value for key, value in sample(event).items() if key != name})


@pytest.mark.parametrize(("event", "name"), REQUIRED)
def test_data_with_null_in_a_required_field_is_neither_said_nor_heard(event: EventType, name: str):
    schema = schema_of(event.contract)
    data = schema.load(sample(event))
    data.__dict__[name] = None
    with pytest.raises(ValidationError):
        dump(data)
    with pytest.raises(ValidationError):
        schema.load(sample(event) | {name: None})


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, None, True])
def test_a_version_is_a_whole_number_from_1(version: Any):
    for event in EVENTS:
        if "version" in sample(event):
            with pytest.raises(ValidationError):
                schema_of(event.contract).load(sample(event) | {"version": version})


@by_name
def test_every_time_is_aware(event: EventType):
    times = [name for name in sample(event) if name.endswith("_at") or name == "deadline"]
    for name in times:
        with pytest.raises(ValidationError):
            schema_of(event.contract).load(sample(event) | {name: "2026-11-23T09:20:00"})


@pytest.mark.parametrize(
    "code", ["320508019020\n", "３２０５０８０１９０２０", " 320508019020", "3205080190201", ""]
)
def test_an_area_code_is_ascii_digits_and_nothing_else(code: str):
    for event in EVENTS:
        if "area_code" in sample(event):
            with pytest.raises(ValidationError):
                schema_of(event.contract).load(sample(event) | {"area_code": code})
