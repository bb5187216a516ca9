"""Owns the shape of what callers may send and see."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marshmallow import validate

from services.grid.domain.cases import State
from shared.contracts.grid import AreaLevel

_PREFIX = {"validate": validate.Regexp(r"[0-9]{2,15}\Z")}
_LIMIT = {"validate": validate.Range(min=1, max=200)}
_WORDS = {"validate": validate.Length(min=1, max=2000)}
_QUERY = {"validate": validate.Length(min=1, max=100)}
_MARK = {"validate": validate.Length(max=200)}


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    import_id: UUID
    rows: int
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class ListAreas:
    """Which areas: those right under `parent`, or the provinces; with q or level all under it."""

    parent: str | None = field(default=None, metadata=_PREFIX)
    q: str | None = field(default=None, metadata=_QUERY)
    level: AreaLevel | None = None
    limit: int = field(default=50, metadata=_LIMIT)
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True)
class Depth:
    """How many levels under the area."""

    depth: int = field(default=1, metadata={"validate": validate.Range(min=1, max=4)})


@dataclass(frozen=True)
class AreaName:
    """An area by code and name."""

    code: str
    name: str
    level: str


@dataclass(frozen=True)
class AreaLine:
    """An area in a list."""

    code: str
    name: str
    level: str
    parent_code: str | None
    version: int


@dataclass(frozen=True)
class AreaPage:
    """Areas by code."""

    items: list[AreaLine]
    next: str | None


@dataclass(frozen=True)
class AreaView:
    """An area, what it lies in (from the province down), and how many lie right under it."""

    code: str
    name: str
    level: str
    parent_code: str | None
    version: int
    ancestors: list[AreaName]
    children_count: int


@dataclass(frozen=True)
class ListCases:
    """Which cases: of an area and all under it, in a state."""

    area: str | None = field(default=None, metadata=_PREFIX)
    state: State | None = None
    limit: int = field(default=50, metadata=_LIMIT)
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True)
class ResolveCase:
    """How it was mended."""

    note: str = field(metadata=_WORDS)


@dataclass(frozen=True)
class ReturnCase:
    """What the check on the spot found not mended."""

    reason: str = field(metadata=_WORDS)


@dataclass(frozen=True)
class CloseCase:
    """What the check on the spot saw."""

    note: str = field(metadata=_WORDS)


@dataclass(frozen=True)
class CaseStepView:
    """One step of a case's history."""

    step: str
    person_id: UUID | None
    note: str
    at: datetime


@dataclass(frozen=True)
class CaseLine:
    """A case in a list; `overdue` says how it was closed, and is null until then."""

    id: UUID
    case_number: str
    kind: str
    area_code: str
    title: str
    severity: int
    finding_id: UUID | None
    deadline: datetime
    state: str
    filed_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    overdue: bool | None
    times_returned: int
    version: int


@dataclass(frozen=True)
class CasePage:
    """Cases, the newest first."""

    items: list[CaseLine]
    next: str | None


@dataclass(frozen=True)
class CaseView(CaseLine):
    """A case with all that is known of it."""

    description: str
    resolved_by: UUID | None
    resolution: str | None
    closed_by: UUID | None
    steps: list[CaseStepView]
