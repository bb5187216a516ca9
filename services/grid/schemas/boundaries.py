"""Owns the shape of what callers may send and see of boundaries."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from marshmallow import validate

from services.grid.domain.coordinates import Crs
from services.grid.schemas.areas import AreaName
from services.grid.schemas.limits import DAY, PREFIX

_LON = {"validate": validate.Range(min=-180, max=180)}
_LAT = {"validate": validate.Range(min=-90, max=90)}


@dataclass(frozen=True)
class ImportBoundaries:
    """In which coordinates the file is, from which day it holds (today), what gaps are."""

    crs: Crs = "wgs84"
    effective_on: date | None = field(default=None, metadata=DAY)
    gaps: Literal["refuse", "allow"] = "refuse"


@dataclass(frozen=True)
class ListBoundaries:
    """Which boundaries: of an area and all under it, of a level, of a day (today)."""

    area: str | None = field(default=None, metadata=PREFIX)
    level: Literal["community", "cell"] | None = None
    on: date | None = None
    crs: Crs = "wgs84"


@dataclass(frozen=True)
class GetBoundary:
    """Of which day (today), in which coordinates."""

    on: date | None = None
    crs: Crs = "wgs84"


@dataclass(frozen=True)
class CellAt:
    """A point, in which coordinates, on which day (today)."""

    lon: float = field(metadata=_LON)
    lat: float = field(metadata=_LAT)
    crs: Crs = "wgs84"
    on: date | None = None


@dataclass(frozen=True)
class CellView:
    """The cell that covers a point, and what it lies in, from the province down."""

    code: str
    name: str
    community_code: str
    community_name: str
    ancestors: list[AreaName]


@dataclass(frozen=True)
class BoundaryWarning:
    """What is no mistake and worth to be known, and where: feature counts from 1."""

    kind: str
    feature: int | None
    code: str | None
    lon: float | None
    lat: float | None
    area_m2: float | None
    detail: str


@dataclass(frozen=True)
class BoundaryReport:
    """What an import did; of the warnings, the first hundred."""

    import_id: UUID
    features: int
    added: int
    changed: int
    unchanged: int
    warning_count: int
    warnings: list[BoundaryWarning]
