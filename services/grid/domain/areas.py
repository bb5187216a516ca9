"""Owns the codes of areas, national ones and grid cells: levels, parents, subtrees."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from shared.errors import NotFound, Rejected

Level = Literal["province", "city", "district", "street", "community", "cell"]
LENGTH_OF_LEVEL: dict[Level, int] = {
    "province": 2,
    "city": 4,
    "district": 6,
    "street": 9,
    "community": 12,
    "cell": 15,
}
"""Digits per level; every code begins with its parent's (国家统计局 统计用区划代码).

Grid cells continue the national code by three digits (GB/T 30428.1, 单元网格).
"""

LEVELS = tuple(LENGTH_OF_LEVEL)
TREE_NODES = 2_000
"""The largest tree that one answer holds."""

_LEVEL_OF_LENGTH = {length: level for level, length in LENGTH_OF_LEVEL.items()}
_DIGITS = re.compile(r"[0-9]+")
_AFTER_ALL_DIGITS = ":"
"""The character that follows `9`: a code with it behind sorts after the whole subtree."""


class AreaUnknown(NotFound):
    """The register has no area of that code."""

    zh = "登记册中没有区划代码 {code}"
    en = "The register has no area {code}"


class AreaNotRegistered(Rejected):
    """A request names an area that the register doesn't have."""

    zh = "登记册中没有区划代码 {code}"
    en = "The register has no area {code}"


class TreeTooLarge(Rejected):
    """More areas lie within that depth than one answer may hold."""

    zh = "该深度内的地区超过 {limit} 个，请减小 depth 或选择下级地区"
    en = "More than {limit} areas lie within this depth; ask for less depth or a smaller area"


class SearchTooWide(Rejected):
    """A name is looked for under an area, or on a level; the whole register is too much."""

    zh = "按名称查找时须指定 parent 或 level"
    en = "To search by name, give parent or level"


@dataclass(frozen=True)
class AreaTree:
    """An area and those under it, in the order of their codes."""

    code: str
    name: str
    level: str
    children: "list[AreaTree]" = field(default_factory=list)


def level_of(code: str) -> Level | None:
    """Return the level that a code belongs to, None where it is no area code."""
    return _LEVEL_OF_LENGTH.get(len(code)) if _DIGITS.fullmatch(code) else None


def ancestors_of(code: str) -> tuple[str, ...]:
    """Return the codes above an area, from the province down."""
    return tuple(code[:length] for length in LENGTH_OF_LEVEL.values() if length < len(code))


def parent_of(code: str) -> str | None:
    """Return the code right above an area, None above a province."""
    above = ancestors_of(code)
    return above[-1] if above else None


def district_of(code: str) -> str:
    """Return the district that a district, street or community lies in."""
    return code[: LENGTH_OF_LEVEL["district"]]


def subtree_of(prefix: str) -> tuple[str, str]:
    """Return (first, past the last) of the codes that begin with a prefix, in byte order.

    A range and not LIKE: it uses the index even where the plan was made before the value was
    known.
    """
    return prefix, prefix + _AFTER_ALL_DIGITS


def levels_below(level: Level, depth: int) -> tuple[Level, ...]:
    """Return the level itself and up to `depth` levels under it."""
    at = LEVELS.index(level)
    return LEVELS[at : at + depth + 1]


def tree_of(areas: Iterable[tuple[str, str, str]]) -> AreaTree:
    """Return (code, name, level) of one subtree, its top first, parents before children, nested."""
    nodes: dict[str, AreaTree] = {}
    for code, name, level in areas:
        node = nodes[code] = AreaTree(code, name, level)
        if parent := nodes.get(parent_of(code) or ""):
            parent.children.append(node)
    return next(iter(nodes.values()))
