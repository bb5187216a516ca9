"""Owns the shape of what operators ask of parked events, and what they see."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from marshmallow import validate

from shared.errors import Rejected

FailedState = Literal["parked", "waiting", "handled", "discarded"]
FailedOrder = Literal["-created_at", "created_at"]
BodyFormat = Literal["json", "text", "base64"]

MOST_AT_ONCE = 100

_NAME = {"validate": validate.Length(min=1, max=200)}
_MARK = {"validate": validate.Length(max=200)}
_REASON = {
    "validate": [
        validate.Length(min=1, max=500),
        validate.Regexp(r"(?s).*\S"),
    ]
}


@dataclass(frozen=True)
class ListParkedEvents:
    """Which failed events; those that wait for a person unless another state is asked for."""

    state: FailedState = "parked"
    queue: str | None = field(default=None, metadata=_NAME)
    event_type: str | None = field(default=None, metadata=_NAME)
    sort: FailedOrder | None = None
    limit: int = field(default=50, metadata={"validate": validate.Range(min=1, max=200)})
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True, kw_only=True)
class WhichParkedEvents:
    """Which parked events, the oldest first, up to `limit`."""

    queue: str | None = field(default=None, metadata=_NAME)
    event_type: str | None = field(default=None, metadata=_NAME)
    limit: int = field(
        default=MOST_AT_ONCE, metadata={"validate": validate.Range(min=1, max=MOST_AT_ONCE)}
    )


@dataclass(frozen=True, kw_only=True)
class DiscardParkedEvent:
    """Why an event is given up."""

    reason: str = field(metadata=_REASON)


@dataclass(frozen=True)
class ParkedStepView:
    """What a person did with an event; `person` is an id, or `operator:<login>` of a machine."""

    action: str
    person: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ParkedEventLine:
    """A failed event in a list, without its content.

    `had_effect`: the event came again and was handled; a replay only settles it.
    """

    id: UUID
    queue: str
    event_id: UUID | None
    event_type: str
    state: str
    attempts: int
    error: str
    said_at: str | None
    created_at: datetime
    next_attempt_at: datetime | None
    settled_at: datetime | None
    had_effect: bool


@dataclass(frozen=True, kw_only=True)
class ParkedEventPage:
    """Failed events in the order asked for."""

    items: list[ParkedEventLine]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class ParkedEventView(ParkedEventLine):
    """A failed event with its content: JSON where it is JSON, else text, else base64."""

    headers: dict[str, str]
    body: Any
    body_format: BodyFormat
    steps: list[ParkedStepView]


@dataclass(frozen=True)
class NotReplayed:
    """An event that a replay of many passed over, and the refusal."""

    id: UUID
    refusal: Rejected


@dataclass(frozen=True)
class Replayed:
    """What a replay of many did; `left` of those asked for are parked still."""

    replayed: list[UUID]
    refused: list[NotReplayed]
    left: int


@dataclass(frozen=True)
class RefusalView:
    """Why one event was not replayed."""

    id: UUID
    type: str
    detail: str


@dataclass(frozen=True)
class ReplayedView:
    """What a replay of many did; `left` of those asked for are parked still."""

    replayed: list[UUID]
    refused: list[RefusalView]
    left: int
