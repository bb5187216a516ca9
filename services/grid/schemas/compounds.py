"""Owns the shape of what callers may send and see of compounds and their buildings."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from marshmallow import validate

from services.grid.domain.compounds import (
    CompoundKind,
    FacilityKind,
    Management,
    RenewalState,
    SizeClass,
)
from services.grid.schemas.limits import CELL, COMMUNITY, COUNT, DAY, LIMIT, MARK, NAME, PREFIX

_YEAR = {"strict": True, "validate": validate.Range(min=1800, max=2200)}
_BASIS = {"validate": validate.Length(min=1, max=200)}
_FEW = {"validate": validate.Length(max=100)}


@dataclass(frozen=True)
class Renewal:
    """Where an old estate stands in the plan of renewal, and by which batch or basis."""

    state: RenewalState = "none"
    planned_year: int | None = field(default=None, metadata=_YEAR)
    basis: str | None = field(default=None, metadata=_BASIS)


@dataclass(frozen=True)
class PropertyManagement:
    """Who manages the compound; professional management names its company."""

    management: Management = "none"
    company: str | None = field(default=None, metadata=NAME)


@dataclass(frozen=True)
class EntranceSaid:
    """A way in, whether it is a main one, and whether it has a safety post."""

    name: str = field(metadata=NAME)
    main: bool
    safety_post: bool


@dataclass(frozen=True)
class CorridorLights:
    """How many corridor lights there are to be, and how many are installed."""

    total: int = field(metadata=COUNT)
    installed: int = field(metadata=COUNT)


@dataclass(frozen=True)
class FacilitySaid:
    """A kind of convenience facility: how many there are, and how many are in use."""

    kind: FacilityKind
    count: int = field(metadata=COUNT)
    in_use: int = field(metadata=COUNT)


@dataclass(frozen=True)
class PutCompound:
    """A compound as it is to be from a day on (none: today).

    Without `corridor_lights` nobody counted them, or its buildings say them.
    """

    name: str = field(metadata=NAME)
    community_code: str = field(metadata=COMMUNITY)
    kind: CompoundKind
    households: int = field(metadata=COUNT)
    floor_area_m2: int = field(metadata=COUNT)
    buildings_count: int = field(metadata=COUNT)
    year_built: int | None = field(default=None, metadata=_YEAR)
    renewal: Renewal = field(default_factory=Renewal)
    property: PropertyManagement = field(default_factory=PropertyManagement)
    entrances: list[EntranceSaid] = field(default_factory=list, metadata=_FEW)
    corridor_lights: CorridorLights | None = None
    facilities: list[FacilitySaid] = field(default_factory=list, metadata=_FEW)
    cell_code: str | None = field(default=None, metadata=CELL)
    active: bool = True
    effective_on: date | None = field(default=None, metadata=DAY)


@dataclass(frozen=True)
class AsOf:
    """On which day; none is today."""

    on: date | None = field(default=None, metadata=DAY)


@dataclass(frozen=True)
class ListCompounds:
    """Which compounds: of an area and all under it, of a kind, by renewal, on a day."""

    area: str | None = field(default=None, metadata=PREFIX)
    kind: CompoundKind | None = None
    renewal: RenewalState | None = None
    management: Management | None = None
    on: date | None = field(default=None, metadata=DAY)
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class RenewalView(Renewal):
    """Where an old estate stands in the plan of renewal."""


@dataclass(frozen=True)
class PropertyView(PropertyManagement):
    """Who manages the compound."""


@dataclass(frozen=True)
class EntranceView(EntranceSaid):
    """A way in."""


@dataclass(frozen=True)
class LightsView(CorridorLights):
    """Corridor lights, installed of all."""


@dataclass(frozen=True)
class FacilityView(FacilitySaid):
    """Facilities of a kind, in use of all."""


@dataclass(frozen=True)
class CompoundView:
    """A compound as it is from `since` on; `next_change_on` tells when something else will hold."""

    id: UUID
    code: str
    name: str
    community_code: str
    cell_code: str | None
    kind: str
    households: int
    size_class: SizeClass
    floor_area_m2: int
    buildings_count: int
    year_built: int | None
    renewal: RenewalView
    property: PropertyView
    entrances: list[EntranceView]
    corridor_lights: LightsView | None
    lights_by_building: bool
    facilities: list[FacilityView]
    active: bool
    since: date
    next_change_on: date | None
    version: int


@dataclass(frozen=True)
class CompoundPage:
    """Compounds by code."""

    items: list[CompoundView]
    next: str | None


@dataclass(frozen=True)
class Summarise:
    """Of which area and all under it (none: all of the caller's), on which day (none: today)."""

    area: str | None = field(default=None, metadata=PREFIX)
    on: date | None = field(default=None, metadata=DAY)


@dataclass(frozen=True)
class Share:
    """A number of a total; the rate is null where there is nothing to count."""

    count: int
    total: int
    rate: float | None


@dataclass(frozen=True)
class FacilityShare:
    """How many facilities of a kind are in use."""

    kind: str
    in_use: Share


@dataclass(frozen=True)
class CompoundCounts:
    """How many compounds there are by size, kind and renewal, each that there can be."""

    by_size: dict[str, int]
    by_kind: dict[str, int]
    by_renewal: dict[str, int]


@dataclass(frozen=True)
class CompoundSummary:
    """What the compounds of an area come to; `on` is the day."""

    on: date
    compounds: int
    households: int
    counts: CompoundCounts
    property_coverage: Share
    """Old estates that anybody manages."""
    safety_posts: Share
    """Main entrances with a safety post."""
    corridor_lights: Share
    facilities: list[FacilityShare]


@dataclass(frozen=True)
class PutBuilding:
    """A building of a compound as it is to be."""

    name: str = field(metadata=NAME)
    units: int = field(metadata=COUNT)
    floors: int = field(metadata=COUNT)
    households: int = field(metadata=COUNT)
    corridor_lights: CorridorLights | None = None
    active: bool = True


@dataclass(frozen=True)
class ListBuildings:
    """A part of a compound's buildings."""

    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class BuildingView:
    """A building of a compound."""

    id: UUID
    compound_code: str
    number: str
    name: str
    units: int
    floors: int
    households: int
    corridor_lights: LightsView | None
    active: bool
    version: int


@dataclass(frozen=True)
class BuildingPage:
    """Buildings by number."""

    items: list[BuildingView]
    next: str | None
