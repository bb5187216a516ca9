"""Owns the form of a message: CloudEvents 1.0 attributes in headers, the payload as the body.

The `ce-` prefix is what the CloudEvents SDK's RabbitMQ binding reads. Only known headers are
read: what else a sender puts there (nameko's call stacks among it) goes nowhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow

from shared.contracts import dump, schema_of
from shared.messaging.topology import UnknownEvent, event_named, event_of
from shared.text import storable

CONTENT_TYPE = "application/json"
_SPEC_VERSION = "1.0"
_SOURCE_PREFIX = "/linli/"
KEPT_HEADERS = (
    "ce-id",
    "ce-type",
    "ce-source",
    "ce-time",
    "ce-subject",
    "ce-specversion",
    "traceparent",
)


class Undecodable(Exception):
    """A message that is not one of our events; trying again can't help."""


@dataclass(frozen=True)
class Event:
    """An event as its hearer sees it: what it is, when it was said, and its checked data."""

    queue: str
    """Where it was heard: the consumer of the inbox."""
    id: UUID
    type: str
    time: datetime
    headers: Mapping[str, str]
    body: bytes
    data: Any
    """An instance of the contract class."""


@dataclass(frozen=True)
class Sealed:
    """An event as its producer stores it in the outbox; nothing of it is computed again."""

    id: UUID
    type: str
    subject: str
    headers: dict[str, str]
    body: bytes


def seal(data: Any, event_id: UUID, time: datetime, traceparent: str | None = None) -> Sealed:
    """Return a contract instance in the form that travels.

    Raises:
        marshmallow.ValidationError: when the data breaks its contract.
        shared.messaging.topology.UnknownEvent: when its class is in no entry of the topology.
    """
    event = event_of(type(data))
    subject = str(getattr(data, event.subject))
    headers = {
        "ce-id": str(event_id),
        "ce-type": event.name,
        "ce-source": _SOURCE_PREFIX + event.producer,
        "ce-time": time.isoformat(),
        "ce-subject": subject,
        "ce-specversion": _SPEC_VERSION,
    }
    if traceparent:
        headers["traceparent"] = traceparent
    body = json.dumps(dump(data), ensure_ascii=False, separators=(",", ":")).encode()
    return Sealed(event_id, event.name, subject, headers, body)


def kept(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the known headers as text that can be stored; any other is dropped."""
    return {k: storable(str(headers[k]))[:512] for k in KEPT_HEADERS if headers and k in headers}


def identity(headers: Mapping[str, str]) -> UUID | None:
    """Return the event's id, or None where there is none that can be read."""
    try:
        return UUID(headers.get("ce-id", ""))
    except ValueError:
        return None


def unseal(queue: str, headers: Mapping[str, Any] | None, body: bytes) -> Event:
    """Return the event that a message from a queue holds.

    Raises:
        Undecodable: when headers or body are not those of an event that this version knows.
    """
    known = kept(headers)
    event_id = identity(known)
    if event_id is None:
        raise Undecodable("no ce-id header that is a UUID")
    try:
        contract = event_named(known.get("ce-type", "")).contract
        time = datetime.fromisoformat(known.get("ce-time", ""))
        data = schema_of(contract).loads(body)
    except UnknownEvent as error:
        raise Undecodable(f"unknown event type {error}") from error
    except marshmallow.ValidationError as error:
        raise Undecodable(f"body breaks its contract: {error.messages}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise Undecodable(f"{type(error).__name__} while reading the message") from error
    if time.tzinfo is None:
        raise Undecodable("ce-time has no offset from UTC")
    return Event(queue, event_id, known["ce-type"], time, known, body, data)
