"""Owns the shape of what callers may send and see of responsibility matrices."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from marshmallow import validate

from services.grid.domain.responsibility import Branch
from services.grid.schemas.limits import CLASS, LIMIT, MARK, PREFIX

_MOST = {"validate": validate.Range(min=1, max=1000)}


@dataclass(frozen=True)
class ActivateMatrix:
    """From which day on it holds; none is today."""

    effective_on: date | None = None


@dataclass(frozen=True)
class ShowMatrix:
    """Which activation: that in force on a day; none is the last."""

    on: date | None = None


@dataclass(frozen=True)
class ListLines:
    """Which lines of a matrix: of the activation in force on a day, of an area, of a branch."""

    on: date | None = None
    area: str | None = field(default=None, metadata=PREFIX)
    branch: Branch | None = None
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class ShowFindings:
    """What is linted: an area in that of the address, from a day ahead (today); so many at most."""

    area: str | None = field(default=None, metadata=PREFIX)
    since: date | None = field(default=None, metadata={"data_key": "from"})
    limit: int = field(default=200, metadata=_MOST)


@dataclass(frozen=True)
class ShowOwners:
    """Where, what is wrong, and on which day (today)."""

    area: str = field(metadata=PREFIX)
    case_class: str = field(metadata=CLASS)
    on: date | None = None


@dataclass(frozen=True)
class MatrixView:
    """An activation of a district's matrix; `latest` is the last one's version, for If-Match."""

    id: UUID
    district_code: str
    version: int
    latest: int
    effective_on: date
    lines: int
    posts: int
    cells: int
    case_classes: list[str]
    activated_by: UUID
    activated_at: datetime


@dataclass(frozen=True)
class LineView:
    """Which post answers for an area and a class; none: for all that no other line names."""

    branch: str
    area_code: str
    case_class: str | None
    post_id: UUID
    post_code: str
    post_name: str


@dataclass(frozen=True)
class LinePage:
    """Lines by area."""

    items: list[LineView]
    next: str | None


@dataclass(frozen=True)
class FindingView:
    """One thing that is wrong: where, on which days, with which posts; `cells` have it."""

    kind: str
    severity: str
    branch: str | None
    area_code: str
    area_name: str
    case_classes: list[str] | None
    posts: list[str]
    office: str | None
    first_day: date
    last_day: date | None
    cells: int
    zh: str
    en: str


@dataclass(frozen=True)
class FindingsView:
    """What the posts of an area have wrong from a day ahead, the errors first, and how many."""

    area: str
    since: date
    errors: int
    warnings: int
    items: list[FindingView]


@dataclass(frozen=True)
class OwnerOnDay:
    """The post that answers by one branch and who is in it; `missing` names what isn't there."""

    branch: str
    post_id: UUID | None = None
    post_code: str | None = None
    post_name: str | None = None
    first_responsible_id: UUID | None = None
    directly_responsible_id: UUID | None = None
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class JointHandlingView:
    """Who takes part where several units are needed: who leads, who assists, who coordinates."""

    area: str
    area_name: str
    case_class: str
    on: date
    territorial: OwnerOnDay
    functional: OwnerOnDay
    """The one by subject leads."""
    assisting: list[OwnerOnDay]
    coordinating: OwnerOnDay


@dataclass(frozen=True)
class OwnersView:
    """Both owners of a class of cases in an area on a day."""

    area: str
    area_name: str
    case_class: str
    on: date
    territorial: OwnerOnDay
    functional: OwnerOnDay
