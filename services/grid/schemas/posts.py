"""Owns the shape of what callers may send and see of posts."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from marshmallow import validate

from services.grid.domain.holding import Office
from services.grid.domain.post_kinds import PostKind
from services.grid.domain.responsibility import Branch
from services.grid.schemas.limits import LIMIT, MARK, NAME, PREFIX

_AREA = {"validate": validate.Regexp(r"([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})\Z")}
_CLASSES = {"validate": validate.Length(max=200)}
_DUTIES = {"validate": validate.Length(max=2000)}


@dataclass(frozen=True)
class PutPost:
    """A post as it is to be: its kind or branch, where, for which classes (none: all), who.

    The persons hold from today on; one that isn't said stays who it is.
    """

    name: str = field(metadata=NAME)
    area_code: str = field(metadata=_AREA)
    branch: Branch | None = None
    kind: PostKind | None = None
    first_responsible_id: UUID | None = None
    directly_responsible_id: UUID | None = None
    case_classes: list[str] = field(default_factory=list, metadata=_CLASSES)
    assists: list[str] = field(default_factory=list, metadata=_CLASSES)
    """Classes of others in which it takes part when several units are needed (协办)."""
    duties: str = field(default="", metadata=_DUTIES)
    basis: str | None = field(default=None, metadata=NAME)
    """The number of the document that set it up (文号)."""
    active: bool = True


@dataclass(frozen=True)
class AppointHolder:
    """Who is to hold an office from a day (until before another), or act in it; nobody: vacant."""

    office: Office
    person_id: UUID | None
    since: date
    until: date | None = None
    acting: bool = False


@dataclass(frozen=True)
class OnDay:
    """A day; none is today."""

    on: date | None = None


@dataclass(frozen=True)
class ListPosts:
    """Which posts: of an area and all under it, a branch, a kind; of a person, vacant on a day."""

    area: str | None = field(default=None, metadata=PREFIX)
    branch: Branch | None = None
    kind: PostKind | None = None
    person: UUID | None = None
    vacant: bool | None = None
    on: date | None = None
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class HolderView:
    """Who is in an office on the day; where one acts, that one answers."""

    office: str
    person_id: UUID
    acting: bool


@dataclass(frozen=True)
class HoldingView:
    """Who holds an office from a day until before another."""

    office: str
    person_id: UUID
    acting: bool
    since: date
    until: date | None


@dataclass(frozen=True)
class PostView:
    """A post: its two persons of today (or the last), who holds its offices on a day, all dates."""

    id: UUID
    code: str
    name: str
    kind: str
    branch: str
    area_code: str
    case_classes: list[str]
    assists: list[str]
    duties: str
    basis: str | None
    first_responsible_id: UUID
    directly_responsible_id: UUID
    active: bool
    version: int
    on: date
    holders: list[HolderView]
    vacant: list[str]
    holdings: list[HoldingView]


@dataclass(frozen=True)
class PostPage:
    """Posts by code."""

    items: list[PostView]
    next: str | None
