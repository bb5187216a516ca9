"""Owns the shape of what callers may send and see of posts."""

from dataclasses import dataclass, field
from uuid import UUID

from marshmallow import validate

from services.grid.domain.responsibility import Branch
from services.grid.schemas.limits import LIMIT, MARK, NAME, PREFIX

_AREA = {"validate": validate.Regexp(r"([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})\Z")}
_CLASSES = {"validate": validate.Length(max=200)}


@dataclass(frozen=True)
class PutPost:
    """A post as it is to be: by place or by subject, where, for which classes (none: all), who."""

    name: str = field(metadata=NAME)
    branch: Branch
    area_code: str = field(metadata=_AREA)
    first_responsible_id: UUID
    directly_responsible_id: UUID
    case_classes: list[str] = field(default_factory=list, metadata=_CLASSES)
    active: bool = True


@dataclass(frozen=True)
class ListPosts:
    """Which posts: of an area and all under it, of a branch."""

    area: str | None = field(default=None, metadata=PREFIX)
    branch: Branch | None = None
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class PostView:
    """A post and its two persons."""

    id: UUID
    code: str
    name: str
    branch: str
    area_code: str
    case_classes: list[str]
    first_responsible_id: UUID
    directly_responsible_id: UUID
    active: bool
    version: int


@dataclass(frozen=True)
class PostPage:
    """Posts by code."""

    items: list[PostView]
    next: str | None
