"""Owns the AsyncAPI document: who says what on which exchange, who hears it on which queue.

Everything in it comes from topology.py, the contracts and their samples; an example is a sample,
sealed as the outbox seals it. A channel is an event's routing key or a hearer's queue.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from deploy.contracts.published import samples_of
from deploy.contracts.schemas import json_schema_of, text_of
from shared.contracts import schema_of
from shared.messaging.envelope import CONTENT_TYPE, seal
from shared.messaging.topology import VHOST, EventType, exchange_of

_HEAD = "# Written by `make contracts` from topology.py, the contracts and their samples.\n"
_BINDING = {"bindingVersion": "0.3.0"}
_EXAMPLE_ID = UUID("01931f70-9a12-7c44-8d01-5b6e9a127c44")
_EXAMPLE_TIME = datetime(2026, 11, 23, 1, 25, 3, 120000, tzinfo=UTC)
_EXAMPLE_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_ABOUT = """\
Every event is said at least once; a hearer remembers `ce-id` and acts once. Delivery is unordered:
each event carries the whole state that it reports and the version of its aggregate, and a hearer
ignores what is older than what it has. Fields may be added within a version: read past what you
don't know. Anything else is a new version with a name of its own.

To hear events from outside, ask an operator for a login (`linli subscriber add`) and bind a queue
of your own to the exchange of the producer. A stock nameko service does so by itself with
`@event_handler("grid", "case_closed.v1")`.
"""


class _Dumper(yaml.SafeDumper):
    """Writes what repeats again instead of as an alias, and long texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """No anchors: a reader reads each part where it stands."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the items of a list below its key."""
        super().increase_indent(flow, False)


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_text)


def document_text(events: Iterable[EventType], samples: Path) -> str:
    """Return the document as YAML, the same for the same events and samples."""
    body = yaml.dump(
        document(tuple(events), samples),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=110,
    )
    return _HEAD + body


def document(events: tuple[EventType, ...], samples: Path) -> dict[str, Any]:
    """Return the document as plain data."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:linli",
        "info": _info(),
        "defaultContentType": CONTENT_TYPE,
        "servers": {"broker": _server()},
        "channels": _event_channels(events) | _queue_channels(events),
        "operations": _sends(events) | _receives(events),
        "components": {
            "messages": {event.name: _message(event, samples) for event in events},
            "schemas": {"CloudEventHeaders": _headers()}
            | {event.name: json_schema_of(event.contract) for event in events},
            "securitySchemes": {
                "login": {
                    "type": "userPassword",
                    "description": "One broker login per service, and one per subscriber outside.",
                }
            },
        },
    }


def _info() -> dict[str, Any]:
    return {"title": "Linli 邻里: events", "version": version("linli"), "description": _ABOUT}


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "amqp",
        "protocolVersion": "0-9-1",
        "pathname": f"/{VHOST}",
        "description": "The district's RabbitMQ, 3.10 or later.",
        "variables": {
            "host": {"description": "The name of the broker's machine; its operator knows it."},
            "port": {"default": "5672", "description": "5671 where the broker speaks TLS."},
        },
        "security": [{"$ref": "#/components/securitySchemes/login"}],
    }


def _event_channels(events: tuple[EventType, ...]) -> dict[str, Any]:
    return {
        event.name: {
            "address": event.name,
            "title": f"{exchange_of(event.producer)} / {event.name}",
            "description": text_of(event.contract),
            "messages": _messages([event]),
            "bindings": {
                "amqp": {
                    "is": "routingKey",
                    "exchange": {
                        "name": exchange_of(event.producer),
                        "type": "topic",
                        "durable": True,
                        "autoDelete": False,
                        "vhost": VHOST,
                    },
                    **_BINDING,
                }
            },
        }
        for event in events
    }


def _queue_channels(events: tuple[EventType, ...]) -> dict[str, Any]:
    return {
        queue: {
            "address": queue,
            "description": f"What {queue.partition('.')[0]} hears of it, one message at a time.",
            "messages": _messages(heard),
            "bindings": {
                "amqp": {
                    "is": "queue",
                    "queue": {
                        "name": queue,
                        "durable": True,
                        "exclusive": False,
                        "autoDelete": False,
                        "vhost": VHOST,
                    },
                    **_BINDING,
                }
            },
        }
        for queue, heard in _heard_on(events).items()
    }


def _sends(events: tuple[EventType, ...]) -> dict[str, Any]:
    return {
        f"{event.producer}.says.{event.name}": {
            "action": "send",
            "channel": _ref("channels", event.name),
            "summary": f"{event.producer} says {event.name}.",
            "tags": [{"name": event.producer}],
            "messages": [_ref("channels", event.name, "messages", event.name)],
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, **_BINDING}},
        }
        for event in events
    }


def _receives(events: tuple[EventType, ...]) -> dict[str, Any]:
    return {
        queue.replace(".on_", ".hears."): {
            "action": "receive",
            "channel": _ref("channels", queue),
            "summary": f"{queue.partition('.')[0]} hears {', '.join(one.name for one in heard)}.",
            "tags": [{"name": queue.partition(".")[0]}],
            "messages": [_ref("channels", queue, "messages", one.name) for one in heard],
            "bindings": {"amqp": {"ack": True, **_BINDING}},
        }
        for queue, heard in _heard_on(events).items()
    }


def _heard_on(events: tuple[EventType, ...]) -> dict[str, list[EventType]]:
    """Return the events of each queue: a queue hears every version of its event."""
    heard: dict[str, list[EventType]] = {}
    for event in events:
        for consumer in event.hearers:
            heard.setdefault(event.queue_of(consumer), []).append(event)
    return dict(sorted(heard.items()))


def _message(event: EventType, samples: Path) -> dict[str, Any]:
    return {
        "name": event.name,
        "title": event.contract.__name__,
        "summary": text_of(event.contract),
        "contentType": CONTENT_TYPE,
        "headers": {
            "allOf": [
                _ref("components", "schemas", "CloudEventHeaders"),
                {
                    "type": "object",
                    "properties": {
                        "ce-type": {"const": event.name},
                        "ce-source": {"const": f"/linli/{event.producer}"},
                        "ce-subject": {"description": f"The event's `{event.subject}`."},
                    },
                },
            ]
        },
        "payload": _ref("components", "schemas", event.name),
        "bindings": {"amqp": {"messageType": event.name, **_BINDING}},
        "examples": [_example(event, file) for file in samples_of(event.name, samples)],
    }


def _example(event: EventType, file: Path) -> dict[str, Any]:
    payload = json.loads(file.read_text(encoding="utf-8"))
    data = schema_of(event.contract).load(payload)
    headers = seal(data, _EXAMPLE_ID, _EXAMPLE_TIME, _EXAMPLE_TRACE).headers
    return {"name": file.stem, "headers": headers, "payload": payload}


def _headers() -> dict[str, Any]:
    def text(description: str, **more: str) -> dict[str, str]:
        return {"type": "string", **more, "description": description}

    named = {
        "ce-id": text("The event's id, a UUIDv7; also `message_id`.", format="uuid"),
        "ce-type": text("The event's name, which is also the routing key."),
        "ce-source": text("The producer, `/linli/<service>`.", format="uri-reference"),
        "ce-time": text("When it was said, with an offset from UTC.", format="date-time"),
        "ce-subject": text("The id of what the event is about.", format="uuid"),
        "ce-specversion": text("The version of CloudEvents.", const="1.0"),
        "traceparent": text("W3C Trace Context, where the cause was traced."),
    }
    return {
        "type": "object",
        "description": "CloudEvents 1.0, binary mode, in the headers of an AMQP 0-9-1 message.",
        "properties": named,
        "required": [name for name in named if name.startswith("ce-")],
        "additionalProperties": True,
    }


def _messages(events: list[EventType]) -> dict[str, Any]:
    return {event.name: _ref("components", "messages", event.name) for event in events}


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}
