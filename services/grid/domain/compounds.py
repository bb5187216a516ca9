"""Owns what a compound (小区) and its buildings may be, and its size class."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, NotFound, Rejected

CompoundKind = Literal["commodity", "old_estate", "unit_housing", "affordable", "villagers"]
"""商品房, 老旧小区, 单位宿舍, 保障房, 村民住宅."""
RenewalState = Literal["none", "listed", "under_way", "done"]
Management = Literal["professional", "community_run", "self_managed", "none"]
"""专业物业, 社区代管, 居民自治, 无物业."""
FacilityKind = Literal["bike_shed", "telephone", "charging", "parcel_locker", "fitness", "other"]
"""自行车棚, 公共电话, 充电设施, 快递柜, 健身设施, 其他便民设施."""
SizeClass = Literal["small", "medium", "large", "very_large"]

SIZES: tuple[tuple[SizeClass, int], ...] = (
    ("small", 0),
    ("medium", 300),
    ("large", 1_000),
    ("very_large", 3_000),
)
"""Each class with the households from which it begins (plan row G21 counts compounds by size).

No law sets these. A grid cell holds about 300 households, so a small compound is less than one
cell's work; a community is laid out for 1,000 to 3,000, so a large one is most of a community and
a very large one more than it.
"""
_LONGEST = 64
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class CompoundUnknown(NotFound):
    """There is no compound of that code in the caller's areas, or none yet on that day."""

    zh = "没有此小区，或当日尚未登记"
    en = "There is no such compound, or not yet on that day"


class BuildingUnknown(NotFound):
    """The compound has no building of that number."""

    zh = "该小区没有此楼栋"
    en = "The compound has no such building"


class CodeMalformed(Rejected):
    """The code that a caller chose has other signs than a code can have."""

    zh = "代码须为 1 到 64 个小写字母、数字，中间可用 - 分隔"
    en = "A code has 1 to 64 lower-case letters and digits, with single - between them"


class BuildingNumberMalformed(Rejected):
    """A building's number is a short word that an address can hold."""

    zh = "楼栋号须为 1 到 32 个汉字、字母或数字，中间可用 - 分隔"
    en = "A building's number has 1 to 32 characters, letters and digits, with single - between"


class MoreThanThereAre(Rejected):
    """Of something more is in use, or installed, than there is."""

    zh = "{part} 不能多于总数 {total}"
    en = "{part} can't be more than the {total} that there are"


class GivenTwice(Rejected):
    """A list names one thing twice."""

    zh = "“{name}”重复"
    en = "{name} is given twice"


class RenewalUnclear(Rejected):
    """A compound that is to be renewed has a year; one that isn't has neither year nor basis."""

    zh = "列入改造的小区须填计划年度；未列入的不得填年度和批次"
    en = "A renewal has a planned year; without one there is neither a year nor a basis"


class PropertyUnclear(Rejected):
    """Professional management is a company's; where nobody manages, there is none."""

    zh = "专业物业须填物业公司；无物业管理的不得填公司"
    en = "Professional management names its company; without management there is none"


class CellElsewhere(Rejected):
    """A compound lies in one community, its cell in another."""

    zh = "单元格 {cell} 不在社区 {community} 内"
    en = "The cell {cell} does not lie in the community {community}"


class LightsOfBuildings(Conflict):
    """The compound's corridor lights are the sum of its buildings': a second source would differ.

    The same number is no second source.
    """

    zh = "该小区的楼道灯按楼栋登记（共 {total} 盏，已装 {installed} 盏），不能另填"
    en = "Corridor lights are recorded by building here ({installed} of {total}); give none"


class LightsOfCompound(Conflict):
    """Corridor lights are recorded for the compound as a whole; a building's would be a second
    source."""

    zh = "该小区的楼道灯已按小区登记，请先清空小区数字再按楼栋登记"
    en = "Corridor lights are recorded for the compound as a whole; clear those first"


@dataclass(frozen=True)
class Entrance:
    """A way in (弄口); a main one is to have a safety post (plan row G30)."""

    name: str
    main: bool
    safety_post: bool


@dataclass(frozen=True)
class Facility:
    """A convenience facility: how many there are, and how many are in use (plan row G32)."""

    kind: FacilityKind
    count: int
    in_use: int


@dataclass(frozen=True)
class Lights:
    """Corridor lights: how many there are to be, and how many are installed (plan row G31)."""

    total: int
    installed: int


@dataclass(frozen=True)
class CompoundState:
    """All that a compound is from a day on. `lights` is none where nobody counted."""

    name: str
    community_code: str
    cell_code: str | None
    """The cell that takes care of it where no joint committee does (包保)."""
    kind: CompoundKind
    households: int
    floor_area_m2: int
    buildings_count: int
    year_built: int | None
    renewal_state: RenewalState
    renewal_year: int | None
    renewal_basis: str | None
    management: Management
    company: str | None
    entrances: tuple[Entrance, ...]
    facilities: tuple[Facility, ...]
    lights: Lights | None
    lights_by_building: bool
    active: bool


@dataclass(frozen=True)
class Place:
    """Where a compound lies, and the cell that it names."""

    community_code: str
    cell_code: str | None


@dataclass(frozen=True)
class Building:
    """A building of a compound, as it is now."""

    id: UUID
    number: str
    name: str
    units: int
    floors: int
    households: int
    lights: Lights | None
    active: bool
    version: int


def size_class(households: int) -> SizeClass:
    """Return the size class of a compound with so many households."""
    return next(name for name, first in reversed(SIZES) if households >= first)


def place_of(state: CompoundState) -> Place:
    """Return where a compound lies."""
    return Place(state.community_code, state.cell_code)


def gone_on(state: CompoundState, moved: Mapping[str, str]) -> CompoundState:
    """Return a compound when areas go on under other codes."""
    return replace(
        state,
        community_code=moved.get(state.community_code, state.community_code),
        cell_code=moved.get(state.cell_code, state.cell_code) if state.cell_code else None,
    )


def undone(now: CompoundState, before: Place, after: Place) -> CompoundState:
    """Return a compound without what moved it from one place to another, unless it moved since."""
    return replace(
        now,
        community_code=before.community_code
        if now.community_code == after.community_code
        else now.community_code,
        cell_code=before.cell_code if now.cell_code == after.cell_code else now.cell_code,
    )


def require_code(code: str) -> None:
    """Refuse a code that neither a compound nor a group can have.

    Raises:
        CodeMalformed
    """
    if len(code) > _LONGEST or not _CODE.fullmatch(code):
        raise CodeMalformed("code")


def require_number(number: str) -> None:
    """Refuse a number that no building can have.

    Raises:
        BuildingNumberMalformed
    """
    if len(number) > 32 or not all(part.isalnum() for part in number.split("-")):
        raise BuildingNumberMalformed("number")


def require_sound(state: CompoundState) -> None:
    """Refuse a state that contradicts itself, naming the field of the request.

    Raises:
        RenewalUnclear, PropertyUnclear, CellElsewhere, GivenTwice, MoreThanThereAre
    """
    _require_renewal(state)
    company = state.company is not None
    if (state.management == "professional" and not company) or (
        state.management == "none" and company
    ):
        raise PropertyUnclear("property.company")
    require_cell_within("cell_code", state.cell_code, state.community_code)
    require_once("entrances", (one.name for one in state.entrances))
    require_once("facilities", (one.kind for one in state.facilities))
    for index, one in enumerate(state.facilities):
        require_part(f"facilities.{index}.in_use", one.in_use, one.count)
    require_lights(state.lights)


def require_cell_within(field: str, cell: str | None, community: str) -> None:
    """Refuse a cell of another community.

    Raises:
        CellElsewhere
    """
    if cell is not None and not cell.startswith(community):
        raise CellElsewhere(field, cell=cell, community=community)


def require_lights(lights: Lights | None) -> None:
    """Refuse more lights installed than there are.

    Raises:
        MoreThanThereAre
    """
    if lights is not None:
        require_part("corridor_lights.installed", lights.installed, lights.total)


def require_part(field: str, part: int, total: int) -> None:
    """Refuse a part that is more than the whole.

    Raises:
        MoreThanThereAre
    """
    if part > total:
        raise MoreThanThereAre(field, part=part, total=total)


def lights_of(buildings: Iterable[Building]) -> Lights | None:
    """Return the corridor lights of a compound by its buildings, none where none gives any."""
    given = [one.lights for one in buildings if one.active and one.lights is not None]
    if not given:
        return None
    return Lights(sum(one.total for one in given), sum(one.installed for one in given))


def require_once(field: str, names: Iterable[str]) -> None:
    """Refuse a list that names one thing twice.

    Raises:
        GivenTwice
    """
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise GivenTwice(f"{field}.{index}", name=name)
        seen.add(name)


def _require_renewal(state: CompoundState) -> None:
    listed = state.renewal_state != "none"
    if listed != (state.renewal_year is not None) or (
        not listed and state.renewal_basis is not None
    ):
        raise RenewalUnclear("renewal.planned_year")
