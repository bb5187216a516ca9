"""Owns the shape of what callers may send and see of areas."""

from dataclasses import dataclass, field
from uuid import UUID

from marshmallow import validate

from services.grid.schemas.limits import LIMIT, MARK, NAME, PREFIX
from shared.contracts.grid import AreaLevel


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
    level: AreaLevel | None = None
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


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
