"""Owns how areas change on a day: what each kind of change makes begin, end or be called otherwise.

A code stands for one area for ever: what goes on elsewhere in the tree gets a new code, and the
link from the old to the new one is kept. So a merger or a move gives new codes to all that lies
under what ends; numbers go on where they are free.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services.grid.domain.area_numbers import Numbers
from services.grid.domain.areas import LENGTH_OF_LEVEL, level_of, parent_of
from shared.errors import Conflict, Rejected

Kind = Literal["establish", "rename", "merge", "split", "move", "abolish", "revert", "import"]
Happening = Literal["begins", "ends", "renamed", "continues"]


class CodeNeeded(Rejected):
    """National codes are given by the statistics authority; only cells are numbered here."""

    zh = "社区及以上区划的代码由统计部门赋予，请填写 code"
    en = "The codes of communities and above come from the statistics authority; give code"


class NotSiblings(Rejected):
    """Areas that are to become one don't lie in the same area."""

    zh = "{code} 与 {first} 不属于同一上级，请先调整隶属"
    en = "{code} does not lie in the same area as {first}; move it first"


class NamedTwice(Rejected):
    """A request names an area twice where each stands once."""

    zh = "{code} 重复列出"
    en = "{code} is listed twice"


class ChildNotPlaced(Rejected):
    """An area is split, and the request doesn't say into which part one under it goes."""

    zh = "未说明下级 {code} 归入哪一部分（共 {count} 个未说明）"
    en = "It isn't said into which part {code} goes ({count} not said)"


class NotAChild(Rejected):
    """An area is to be placed in a part, and doesn't lie under what is split."""

    zh = "{code} 不是 {parent} 的下级"
    en = "{code} does not lie right under {parent}"


class AreaNotEmpty(Conflict):
    """Areas lie under one that is to be abolished."""

    zh = "{code} 下还有 {count} 个区划，请先撤并"
    en = "{count} areas still lie under {code}; merge or abolish them first"


class ChangedLater(Conflict):
    """The area has a change that holds from the same day or a later one."""

    zh = "区划 {code} 在 {day} 或之后已有变更，新的变更须晚于该日"
    en = "The area {code} has a change on {day} or after; a new one must take effect later"


class NotAnotherParent(Rejected):
    """An area is to move, and the code isn't one of its level in another area."""

    zh = "{code} 不是同级区划在另一上级下的代码"
    en = "{code} is not a code of the same level in another area"


class NothingChanges(Rejected):
    """The request asks for what is so already."""

    zh = "该区划的名称已是“{name}”"
    en = "The area is called “{name}” already"


class NationalAreaByDistrict(Rejected):
    """Communities and what is above them change by the district; a street draws its cells."""

    status = 403
    zh = "社区及以上区划的变更由区级办公室登记，街道可变更网格"
    en = "Communities and areas above are changed by the district office; a street changes cells"


class PartsTooFew(Rejected):
    """A split needs two parts, a merger two areas."""

    zh = "至少须有两个"
    en = "There must be at least two"


@dataclass(frozen=True)
class Standing:
    """An area that is there on the day of a change, and from which day it is as it is."""

    code: str
    name: str
    since: date | None = None


@dataclass(frozen=True)
class Effect:
    """What a change does to one area. `before` is the name of one that was there before.

    One that `continues` keeps code and name: others go on in it, or parts of it go on elsewhere. It
    is changed as much as they are, so that nothing else can change it before that day.
    """

    code: str
    happening: Happening
    name: str
    before: str | None = None


@dataclass
class Plan:
    """What a change does, in the order of codes, and which area goes on in which."""

    effects: list[Effect] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)

    def begin(self, code: str, name: str) -> None:
        """Let an area begin."""
        self.effects.append(Effect(code, "begins", name))

    def end(self, area: Standing, *into: str) -> None:
        """Let an area end, and go on in others."""
        self.effects.append(Effect(area.code, "ends", area.name, area.name))
        self.links += [(area.code, code) for code in into]

    def rename(self, area: Standing, name: str) -> None:
        """Let an area go on under its code, with another name if it is another."""
        happening: Happening = "continues" if area.name == name else "renamed"
        self.effects.append(Effect(area.code, happening, name, area.name))


@dataclass(frozen=True)
class Part:
    """One of the areas that a split makes; `children` are those that go along."""

    code: str
    name: str
    children: tuple[str, ...] = ()


def rename(area: Standing, name: str) -> Plan:
    """Let an area be called otherwise.

    Raises:
        NothingChanges
    """
    if area.name == name:
        raise NothingChanges("name", name=name)
    plan = Plan()
    plan.rename(area, name)
    return plan


def establish(parent: str, code: str | None, name: str, numbers: Numbers) -> Plan:
    """Let a new area begin; a grid cell may leave its number to us.

    Raises:
        CodeNeeded, CodeNotUnder, AreaCodeTaken, NoNumberFree
    """
    if code is None and level_of(parent) != "community":
        raise CodeNeeded("code")
    plan = Plan()
    plan.begin(numbers.take(parent, code, "code") if code else numbers.next(parent, 3), name)
    return plan


def abolish(area: Standing, under: Sequence[Standing]) -> Plan:
    """Let an area end that goes on in no other.

    Raises:
        AreaNotEmpty: while areas lie in it.
    """
    if under:
        raise AreaNotEmpty(code=area.code, count=len(under))
    plan = Plan()
    plan.end(area)
    return plan


def merge(
    areas: Sequence[Standing],
    into: Part,
    under: Mapping[str, Sequence[Standing]],
    numbers: Numbers,
) -> Plan:
    """Let areas become one: one of them, or a new one; what lies under them goes along.

    `under` has all areas of each subtree, parents before children.

    Raises:
        PartsTooFew, NamedTwice, NotSiblings, CodeNotUnder, AreaCodeTaken, NoNumberFree
    """
    _require_several_siblings(areas)
    plan = Plan()
    survivor = next((area for area in areas if area.code == into.code), None)
    if survivor is None:
        parent = parent_of(areas[0].code) or ""
        plan.begin(numbers.take(parent, into.code, "into.code"), into.name)
    else:
        plan.rename(survivor, into.name)
    for area in areas:
        if area is not survivor:
            plan.end(area, into.code)
            _move_under(plan, area.code, into.code, under[area.code], numbers)
    return plan


def split(
    area: Standing, parts: Sequence[Part], under: Sequence[Standing], numbers: Numbers
) -> Plan:
    """Let an area become several, of which it may be one; each one under it goes into one of them.

    Raises:
        PartsTooFew, NamedTwice, NotAChild, ChildNotPlaced, CodeNotUnder, AreaCodeTaken
    """
    _require_parts(parts)
    place = _places(area, parts, under)
    parent = parent_of(area.code) or ""
    plan = Plan()
    for index, part in enumerate(parts):
        if part.code != area.code:
            plan.begin(numbers.take(parent, part.code, f"into.{index}.code"), part.name)
    others = [part.code for part in parts if part.code != area.code]
    kept = next((part for part in parts if part.code == area.code), None)
    if kept is None:
        plan.end(area, *others)
    else:
        plan.rename(area, kept.name)
        plan.links += [(area.code, code) for code in others]
    for child, target in place.items():
        if target != area.code:
            _move(plan, child, target, _subtree(child, under), numbers)
    return plan


def move(area: Standing, to: str, name: str, under: Sequence[Standing], numbers: Numbers) -> Plan:
    """Let an area lie in another one: it ends, and goes on under the code that it gets there.

    Raises:
        NotAnotherParent: when the code isn't one of the area's level, or lies where the area does.
        CodeNotUnder, AreaCodeTaken
    """
    if len(to) != len(area.code) or to[: _length_above(to)] == area.code[: _length_above(to)]:
        raise NotAnotherParent("to_code", code=to)
    plan = Plan()
    plan.begin(numbers.take(parent_of(to) or "", to, "to_code"), name)
    plan.end(area, to)
    _move_under(plan, area.code, to, under, numbers)
    return plan


def reverse(effects: Sequence[Effect], links: Sequence[tuple[str, str]]) -> Plan:
    """Let a change be undone: what began ends, what ended goes on under its own code."""
    plan = Plan()
    for effect in effects:
        if effect.happening == "begins":
            plan.effects.append(Effect(effect.code, "ends", effect.name, effect.name))
        elif effect.happening == "ends":
            plan.effects.append(Effect(effect.code, "begins", effect.name))
        else:
            named = effect.before or ""
            plan.effects.append(Effect(effect.code, effect.happening, named, effect.name))
    plan.links = [(to, came_from) for came_from, to in links]
    return plan


def parents_of_new(plan: Plan) -> list[str]:
    """Return the areas in which a plan lets others begin, without those that it begins itself."""
    new = {effect.code for effect in plan.effects if effect.happening == "begins"}
    return sorted({parent for code in new if (parent := parent_of(code))} - new)


def require_changeable(area: Standing, on: date) -> None:
    """Refuse to change an area on the day, or before the day, of its last change.

    Raises:
        ChangedLater
    """
    if area.since is not None and area.since >= on:
        raise ChangedLater("effective_on", code=area.code, day=area.since)


def require_cells_only(plan: Plan) -> None:
    """Refuse a change of national areas.

    Raises:
        NationalAreaByDistrict
    """
    if any(level_of(effect.code) != "cell" for effect in plan.effects):
        raise NationalAreaByDistrict


def common_area(codes: Iterable[str]) -> str:
    """Return the code of the area in which all of some lie, empty for the country."""
    found = sorted(codes)
    first, last = found[0], found[-1]
    fitting = [n for n in LENGTH_OF_LEVEL.values() if n <= len(first) and first[:n] == last[:n]]
    return first[: max(fitting, default=0)]


def _require_several_siblings(areas: Sequence[Standing]) -> None:
    if len(areas) < 2:
        raise PartsTooFew("codes")
    first = areas[0].code
    for index, area in enumerate(areas):
        if area.code in {one.code for one in areas[:index]}:
            raise NamedTwice(f"codes.{index}", code=area.code)
        if len(area.code) != len(first) or parent_of(area.code) != parent_of(first):
            raise NotSiblings(f"codes.{index}", code=area.code, first=first)


def _require_parts(parts: Sequence[Part]) -> None:
    if len(parts) < 2:
        raise PartsTooFew("into")
    for index, part in enumerate(parts):
        if part.code in {one.code for one in parts[:index]}:
            raise NamedTwice(f"into.{index}.code", code=part.code)


def _places(
    area: Standing, parts: Sequence[Part], under: Sequence[Standing]
) -> dict[Standing, str]:
    children = {one.code: one for one in under if parent_of(one.code) == area.code}
    place: dict[Standing, str] = {}
    for index, part in enumerate(parts):
        for number, code in enumerate(part.children):
            at = f"into.{index}.children.{number}"
            if code not in children:
                raise NotAChild(at, code=code, parent=area.code)
            if children[code] in place:
                raise NamedTwice(at, code=code)
            place[children[code]] = part.code
    missing = sorted(code for code, child in children.items() if child not in place)
    if missing:
        raise ChildNotPlaced("into", code=missing[0], count=len(missing))
    return place


def _move_under(
    plan: Plan, old: str, new: str, under: Sequence[Standing], numbers: Numbers
) -> None:
    """Give new codes to all that lies under an area which goes on in another."""
    for child in under:
        if parent_of(child.code) == old:
            _move(plan, child, new, _subtree(child, under), numbers)


def _move(
    plan: Plan, area: Standing, parent: str, under: Sequence[Standing], numbers: Numbers
) -> None:
    """Let an area go on under another parent, with all that lies under it."""
    suffix = area.code[len(parent_of(area.code) or "") :]
    code = numbers.follow(parent, suffix)
    plan.begin(code, area.name)
    plan.end(area, code)
    for one in under:
        # nothing ever lay under a code that is new
        plan.begin(code + one.code[len(area.code) :], one.name)
        plan.end(one, code + one.code[len(area.code) :])


def _subtree(area: Standing, among: Sequence[Standing]) -> list[Standing]:
    return [one for one in among if one.code != area.code and one.code.startswith(area.code)]


def _length_above(code: str) -> int:
    return len(parent_of(code) or "")
