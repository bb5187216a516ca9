"""Owns the shape of what callers may send and see of the changes of areas."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from marshmallow import validate

from services.grid.domain.area_changes import Kind
from services.grid.schemas.limits import CODE, DAY, LIMIT, MARK, NAME, PREFIX

_BASIS = {
    "validate": validate.Length(min=1, max=500),
    "metadata": {"description": "批文文号或变更理由 / the document or the reason"},
}
_CODES = {"validate": validate.Length(min=1, max=100)}


@dataclass(frozen=True, kw_only=True)
class Dated:
    """From which day a change holds, and by what: a document's number, or a reason."""

    effective_on: date = field(metadata=DAY)
    basis: str = field(metadata=_BASIS)


@dataclass(frozen=True, kw_only=True)
class EstablishArea(Dated):
    """A new area; a grid cell without `code` gets the next number of its community."""

    name: str = field(metadata=NAME)
    parent_code: str | None = field(default=None, metadata=CODE)
    code: str | None = field(default=None, metadata=CODE)


@dataclass(frozen=True, kw_only=True)
class RenameArea(Dated):
    """What the area is called from that day on."""

    name: str = field(metadata=NAME)


@dataclass(frozen=True, kw_only=True)
class MergedArea:
    """The area that several become: one of them by its code, or a new one."""

    code: str = field(metadata=CODE)
    name: str = field(metadata=NAME)


@dataclass(frozen=True, kw_only=True)
class MergeAreas(Dated):
    """Areas that become one."""

    codes: list[str] = field(metadata=_CODES)
    into: MergedArea


@dataclass(frozen=True, kw_only=True)
class SplitPart:
    """One of the areas that an area becomes, and which ones right under it go along."""

    code: str = field(metadata=CODE)
    name: str = field(metadata=NAME)
    children: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class SplitArea(Dated):
    """What an area becomes; it may be one of the parts itself."""

    into: list[SplitPart] = field(metadata=_CODES)


@dataclass(frozen=True, kw_only=True)
class MoveArea(Dated):
    """Which code, under another area, the area goes on with; without a name it keeps its own."""

    to_code: str = field(metadata=CODE)
    name: str | None = field(default=None, metadata=NAME)


@dataclass(frozen=True, kw_only=True)
class AbolishArea(Dated):
    """An area that ends."""


@dataclass(frozen=True, kw_only=True)
class RevertAreaChange(Dated):
    """From which day a change no longer holds."""


@dataclass(frozen=True)
class ListAreaChanges:
    """Which changes: of an area and all under it; the newest first."""

    area: str | None = field(default=None, metadata=PREFIX)
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class EffectView:
    """What a change does to one area: it `begins`, `ends`, is `renamed` or `continues`."""

    code: str
    happening: str
    name: str
    before: str | None


@dataclass(frozen=True)
class LinkView:
    """An area that goes on in another."""

    from_code: str
    to_code: str


@dataclass(frozen=True)
class AreaChangeView:
    """A change of areas and all that it does."""

    id: UUID
    kind: Kind
    area_code: str
    """The area above all that it touches; empty for the country."""
    effective_on: date
    basis: str
    effects: list[EffectView]
    links: list[LinkView]
    reverts: UUID | None
    reverted_by: UUID | None
    recorded_by: UUID | None
    recorded_at: datetime


@dataclass(frozen=True)
class AreaChangePage:
    """Changes, the newest first."""

    items: list[AreaChangeView]
    next: str | None
