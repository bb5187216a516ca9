"""Owns the proof of the envelope: what is sealed is unsealed, all else is Undecodable."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.contracts import schema_of
from shared.ids import new_id
from shared.messaging.envelope import KEPT_HEADERS, Undecodable, kept, seal, unseal
from shared.messaging.topology import EVENTS, EventType, UnknownEvent
from tests.factories import NOON, case_filed

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"
QUEUE = "inspections.on_case_filed"
SEALED = seal(case_filed(), new_id(), NOON)
PAYLOAD = json.loads(SEALED.body)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_what_is_sealed_is_what_is_unsealed(event: EventType):
    sample = json.loads((SAMPLES / f"{event.name}.json").read_text(encoding="utf-8"))
    data = schema_of(event.contract).load(sample)
    sealed = seal(data, new_id(), NOON, traceparent="00-1-2-01")
    heard = unseal("some.queue", sealed.headers, sealed.body)
    assert (heard.queue, heard.id, heard.type) == ("some.queue", sealed.id, event.name)
    assert (heard.time, heard.data, heard.body) == (NOON, data, sealed.body)
    assert heard.headers == sealed.headers
    assert json.loads(sealed.body) == sample


def test_headers_are_the_attributes_of_cloudevents():
    filed = case_filed()
    sealed = seal(filed, new_id(), NOON)
    assert sealed.headers == {
        "ce-id": str(sealed.id),
        "ce-type": "case_filed.v1",
        "ce-source": "/linli/grid",
        "ce-time": "2026-11-23T04:00:00+00:00",
        "ce-subject": str(filed.case_id),
        "ce-specversion": "1.0",
    }


def test_data_that_breaks_its_contract_is_not_sealed():
    with pytest.raises(ValidationError):
        seal(case_filed(area_code="not a code"), new_id(), NOON)


def test_what_is_no_event_is_not_sealed():
    with pytest.raises(UnknownEvent):
        seal(object(), new_id(), NOON)


def test_unknown_headers_go_nowhere():
    hostile = SEALED.headers | {"nameko.call_id_stack": [{"a": 1}], "x-death": [], "CE-ID": "x"}
    assert unseal(QUEUE, hostile, SEALED.body).headers == SEALED.headers
    assert kept({"nameko.auth": "x"}) == kept(None) == {}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce-id", None),
        ("ce-id", ""),
        ("ce-id", "17"),
        ("ce-type", None),
        ("ce-type", ""),
        ("ce-type", "case_filed.v2"),
        ("ce-type", "finding_raised.v1"),
        ("ce-time", None),
        ("ce-time", "yesterday"),
        # no moment: nothing can be measured against it
        ("ce-time", "2026-11-23T04:00:00"),
        ("ce-time", "2026-11-23"),
    ],
)
def test_a_broken_header_makes_a_message_undecodable(header: str, value: str | None):
    headers: dict[str, Any] = {k: v for k, v in SEALED.headers.items() if k != header}
    if value is not None:
        headers[header] = value
    with pytest.raises(Undecodable):
        unseal(QUEUE, headers, SEALED.body)


def test_a_message_without_headers_is_undecodable():
    for headers in (None, {}):
        with pytest.raises(Undecodable):
            unseal(QUEUE, headers, SEALED.body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"version":' + b"9" * 5_000 + b"}",
        SEALED.body[:-1],
        json.dumps(PAYLOAD | {"version": 0}).encode(),
        json.dumps(PAYLOAD | {"deadline": "2026-11-23T04:00:00"}).encode(),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_broken_body_makes_a_message_undecodable(body: bytes):
    with pytest.raises(Undecodable):
        unseal(QUEUE, SEALED.headers, body)


def test_headers_are_kept_as_short_text_that_can_be_stored():
    texts = kept({"ce-id": "x" * 10_000, "ce-type": "a\x00b\ud800", "traceparent": 7})
    assert texts == {"ce-id": "x" * 512, "ce-type": "a\ufffdb\ufffd", "traceparent": "7"}


def unsealed_or_undecodable(headers: dict[str, Any], body: bytes) -> None:
    try:
        event = unseal(QUEUE, headers, body)
    except Undecodable:
        return
    assert event.time.tzinfo is not None
    assert set(event.headers) <= set(KEPT_HEADERS)


@given(
    st.dictionaries(st.sampled_from(KEPT_HEADERS), values) | st.dictionaries(st.text(), values),
    st.binary(),
)
def test_no_message_whatever_raises_anything_but_undecodable(headers: dict[str, Any], body: bytes):
    unsealed_or_undecodable(headers, body)
    unsealed_or_undecodable(SEALED.headers | headers, SEALED.body)
    unsealed_or_undecodable(SEALED.headers, body)


@given(st.sampled_from(EVENTS), st.data())
def test_no_field_of_a_body_whatever_raises_anything_but_undecodable(
    event: EventType, data: st.DataObject
):
    sample = json.loads((SAMPLES / f"{event.name}.json").read_text(encoding="utf-8"))
    changed = sample | {data.draw(st.sampled_from(sorted(sample))): data.draw(json_values)}
    headers = SEALED.headers | {"ce-type": event.name}
    unsealed_or_undecodable(headers, json.dumps(changed).encode())
