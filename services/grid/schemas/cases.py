"""Owns the shape of what callers may send and see of cases."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from marshmallow import validate

from services.grid.domain.cases import State
from services.grid.schemas.limits import CLASS, LIMIT, MARK, POST_CODE, PREFIX, WORDS

_SEVERITY = {"strict": True, "validate": validate.Range(min=1, max=5)}


@dataclass(frozen=True)
class ListCases:
    """Which cases: of an area and all under it, in a state, of a class, owned by a person, late.

    `owner` is the first or the directly responsible person of either post; `overdue` asks for those
    that are still open after their deadline. The newest come first; in the orders `-filed_at` and
    `deadline` only those that were taken up.
    """

    area: str | None = field(default=None, metadata=PREFIX)
    state: State | None = None
    case_class: str | None = field(default=None, metadata=CLASS)
    owner: UUID | None = None
    overdue: Literal["true"] | None = None
    sort: Literal["-id", "-filed_at", "deadline"] | None = None
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class FileCase:
    """What was seen on the spot; without `severity` the class says how bad it is."""

    note: str = field(metadata=WORDS)
    severity: int | None = field(default=None, metadata=_SEVERITY)


@dataclass(frozen=True)
class RefuseCase:
    """Why a report is not taken up; whoever reported it can read this."""

    reason: str = field(metadata=WORDS)


@dataclass(frozen=True)
class DispatchCase:
    """Which posts are to own the case, by code; the matrix finds those that aren't named."""

    territorial: str | None = field(default=None, metadata=POST_CODE)
    functional: str | None = field(default=None, metadata=POST_CODE)


@dataclass(frozen=True)
class ResolveCase:
    """How it was mended."""

    note: str = field(metadata=WORDS)


@dataclass(frozen=True)
class ReturnCase:
    """What the check on the spot found not mended."""

    reason: str = field(metadata=WORDS)


@dataclass(frozen=True)
class CloseCase:
    """What the check on the spot saw; `reply` is what whoever reported it can read."""

    note: str = field(metadata=WORDS)
    reply: str | None = field(default=None, metadata=WORDS)


@dataclass(frozen=True)
class OwnerView:
    """A post that owns a case, and its persons, as of the dispatch."""

    post_id: UUID
    post_code: str
    post_name: str
    first_responsible_id: UUID
    directly_responsible_id: UUID


@dataclass(frozen=True)
class CaseStepView:
    """One step of a case's history."""

    step: str
    person_id: UUID | None
    note: str
    at: datetime


@dataclass(frozen=True)
class CaseLine:
    """A case in a list; `overdue` says how it was closed, and is null until then.

    A report that isn't taken up, or not yet, has no number, no deadline and no time of filing.
    """

    id: UUID
    case_number: str | None
    kind: str
    case_class: str
    area_code: str
    title: str
    severity: int
    finding_id: UUID | None
    deadline: datetime | None
    state: str
    territorial: OwnerView | None
    functional: OwnerView | None
    reported_at: datetime | None
    filed_at: datetime | None
    dispatched_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    overdue: bool | None
    times_returned: int
    times_reopened: int
    version: int


@dataclass(frozen=True)
class CasePage:
    """Cases in the order that was asked for."""

    items: list[CaseLine]
    next: str | None


@dataclass(frozen=True)
class CaseView(CaseLine):
    """A case with all that is known of it."""

    place: str | None
    description: str
    refused_at: datetime | None
    refused_by: UUID | None
    refusal: str | None
    resolved_by: UUID | None
    resolution: str | None
    closed_by: UUID | None
    reply: str | None
    steps: list[CaseStepView]
