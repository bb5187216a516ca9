"""Owns the shape of what callers may send and see of areas."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from marshmallow import validate

from services.grid.domain.areas import Level
from services.grid.schemas.limits import LIMIT, MARK, NAME, PREFIX


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

    parent: str | None = field(default=None, metadata=PREFIX)
    q: str | None = field(default=None, metadata=NAME)
    level: Level | None = None
    on: date | None = None
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class OnDay:
    """As of which day; today when not said."""

    on: date | None = None


@dataclass(frozen=True)
class Depth:
    """How many levels under the area, as of which day."""

    depth: int = field(default=1, metadata={"validate": validate.Range(min=1, max=5)})
    on: date | None = None


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
    """An area as of a day, what it lies in (from the province down), how many lie right under it.

    It is there from `since` (none: from ever) until before `until` (none: for ever).
    """

    code: str
    name: str
    level: str
    parent_code: str | None
    version: int
    on: date
    since: date | None
    until: date | None
    predecessors: list[str]
    successors: list[str]
    ancestors: list[AreaName]
    children_count: int
