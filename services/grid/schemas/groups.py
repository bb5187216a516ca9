"""Owns the shape of what callers may send and see of groups and of what is assigned to nobody."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from marshmallow import validate

from services.grid.domain.assignments import AssignmentFinding
from services.grid.domain.groups import GroupKind
from services.grid.schemas.limits import CELL, DAY, LIMIT, MARK, NAME, PREFIX

_WITHIN = {"validate": validate.Regexp(r"([0-9]{9}|[0-9]{12})\Z")}
_MEMBERS = {"validate": validate.Length(max=1_000)}
MOST_FINDINGS = 1_000
"""How many findings one answer holds; `total` tells how many there are."""


@dataclass(frozen=True)
class PutGroup:
    """A group as it is to be from a day on (none: today), with all of its members.

    Members are codes: of communities in a zone, of compounds in the others. `cell_code` is the
    cell that takes care of a joint committee.
    """

    kind: GroupKind
    name: str = field(metadata=NAME)
    within_code: str = field(metadata=_WITHIN)
    members: list[str] = field(default_factory=list, metadata=_MEMBERS)
    cell_code: str | None = field(default=None, metadata=CELL)
    leader_id: UUID | None = None
    active: bool = True
    effective_on: date | None = field(default=None, metadata=DAY)


@dataclass(frozen=True)
class ListGroups:
    """Which groups: of a kind, in an area and all under it, on a day (none: today)."""

    kind: GroupKind | None = None
    area: str | None = field(default=None, metadata=PREFIX)
    on: date | None = field(default=None, metadata=DAY)
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class GroupView:
    """A group as it is from `since` on; `next_change_on` tells when something else will hold."""

    id: UUID
    code: str
    kind: str
    name: str
    within_code: str
    members: list[str]
    cell_code: str | None
    leader_id: UUID | None
    active: bool
    since: date
    next_change_on: date | None
    version: int


@dataclass(frozen=True)
class GroupPage:
    """Groups by code."""

    items: list[GroupView]
    next: str | None


@dataclass(frozen=True)
class FindAssignments:
    """In which area and all under it (none: all of the caller's), on which day (none: today)."""

    area: str | None = field(default=None, metadata=PREFIX)
    on: date | None = field(default=None, metadata=DAY)


@dataclass(frozen=True)
class AssignmentFindings:
    """What is assigned to nobody, by area: the first 1,000, and how many of each kind in all."""

    on: date
    total: int
    by_kind: dict[str, int]
    items: list[AssignmentFinding]
