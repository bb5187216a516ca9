"""Owns dated groups: zones (管区), joint committees (联工委), resident groups, sectors (片区)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from shared.auth.roles import Role
from shared.errors import Conflict, NotFound, Rejected

GroupKind = Literal["zone", "joint_committee", "resident_group", "sector"]
WITHIN: dict[GroupKind, int] = {
    "zone": 9,
    "joint_committee": 12,
    "resident_group": 12,
    "sector": 12,
}
"""The digits of the area that a group lies in: a zone in a street, the others in a community."""
OFFICES: tuple[Role, ...] = ("street_office", "district_office")
"""Who draws zones: a community doesn't choose its own."""


class GroupUnknown(NotFound):
    """There is no group of that code in the caller's areas, or none yet on that day."""

    zh = "没有此管区、联工委、居民小组或片区，或当日尚未设立"
    en = "There is no such group, or not yet on that day"


class ZonesByOffices(Rejected):
    """Zones are drawn by the street or the district."""

    status = 403
    zh = "管区由街道办事处或区文明办划定"
    en = "Zones are drawn by the street office or the district office"


class KindStays(Conflict):
    """A zone doesn't become a joint committee: set up another group."""

    zh = "该代码的组已登记为 {kind}，类别不能更改"
    en = "The code is that of a group of the kind {kind}, which stays"


class WithinOtherLevel(Rejected):
    """A zone lies in a street, any other group in a community."""

    zh = "管区须属于街道（9 位），其他须属于社区（12 位）"
    en = "A zone lies in a street (9 digits), the others in a community (12 digits)"


class MemberElsewhere(Rejected):
    """A member doesn't lie in the area of the group on that day."""

    zh = "{member} 当日不在 {within} 内，或未登记"
    en = "{member} is not registered, or does not lie in {within} on that day"


class MemberTaken(Conflict):
    """On a day of that period the member is in another group of the same kind."""

    zh = "{member} 自 {day} 起属于 {group}，同类只能属于一个"
    en = "{member} is in {group} from {day}; it can be in one of a kind at a time"


class CellOfCommitteesOnly(Rejected):
    """Only a joint committee is taken care of by a cell."""

    zh = "只有联工委可以指定包保单元格"
    en = "Only a joint committee has a cell"


class ClosedGroupEmpty(Rejected):
    """A group that ends has neither members nor a cell from that day on."""

    zh = "撤销的组不得再有成员或单元格"
    en = "A closed group has neither members nor a cell"


@dataclass(frozen=True)
class GroupState:
    """All that a group is from a day on. Members are communities of a zone, else compounds."""

    name: str
    within_code: str
    leader_id: UUID | None
    cell_code: str | None
    members: frozenset[str]
    active: bool


@dataclass(frozen=True)
class Reach:
    """The part of a group that follows the areas."""

    within_code: str
    cell_code: str | None
    members: frozenset[str]


def require_sound(kind: GroupKind, state: GroupState) -> None:
    """Refuse a state that contradicts itself or the group's kind.

    Raises:
        WithinOtherLevel, CellOfCommitteesOnly, ClosedGroupEmpty
    """
    if len(state.within_code) != WITHIN[kind]:
        raise WithinOtherLevel("within_code")
    if state.cell_code is not None and kind != "joint_committee":
        raise CellOfCommitteesOnly("cell_code")
    if not state.active and (state.members or state.cell_code):
        raise ClosedGroupEmpty("active")


def gone_on(
    kind: GroupKind, state: GroupState, moved: Mapping[str, str], there: Collection[str]
) -> GroupState:
    """Return a group when areas go on under other codes; `there` were already areas of their own.

    A new community joins a zone that all its old ones were in; else it is left out, and the
    findings name it. One that was there already stays where it is.
    """
    return replace(
        state,
        within_code=moved.get(state.within_code, state.within_code),
        cell_code=moved.get(state.cell_code, state.cell_code) if state.cell_code else None,
        members=_gone_on(state.members, moved, there) if kind == "zone" else state.members,
    )


def reach_of(state: GroupState) -> Reach:
    """Return the part of a group that follows the areas."""
    return Reach(state.within_code, state.cell_code, state.members)


def undone(now: GroupState, before: Reach, after: Reach) -> GroupState:
    """Return a group without what turned `before` into `after`; what was changed since stands."""
    within = before.within_code if now.within_code == after.within_code else now.within_code
    if not now.active:
        return replace(now, within_code=within)
    return replace(
        now,
        within_code=within,
        cell_code=before.cell_code if now.cell_code == after.cell_code else now.cell_code,
        members=(now.members - (after.members - before.members)) | (before.members - after.members),
    )


def _gone_on(
    members: frozenset[str], moved: Mapping[str, str], there: Collection[str]
) -> frozenset[str]:
    olds: dict[str, set[str]] = {}
    for old, new in moved.items():
        olds.setdefault(new, set()).add(old)
    joining = {new for new, its in olds.items() if new not in there and its <= members}
    return (members - moved.keys()) | joining
