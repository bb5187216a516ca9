"""Owns the words for what is wrong with boundaries, and where: so that it is found on the map."""

import dataclasses
from bisect import insort
from dataclasses import dataclass

from shared.errors import Rejected

REPORTED = 100
"""How many problems a report lists; it counts them all."""
NO_FEATURE = 10**9
"""Sorts what is no feature of the file, a gap say, behind those that are."""

WORDS = {
    "feature": ("应为 GeoJSON 要素（Feature）", "must be a GeoJSON Feature"),
    "geometry": (
        "几何类型须为 Polygon 或 MultiPolygon",
        "the geometry must be a Polygon or MultiPolygon",
    ),
    "code": ("编码须为 12 位（社区）或 15 位（网格）数字", "the code must have 12 or 15 digits"),
    "no_code": (
        "缺少编码；新网格可只给出所属社区 community（12 位数字）",
        "has no code; a new cell may name its community (12 digits) instead",
    ),
    "name": (
        "名称须为 1 至 200 字且不含控制字符",
        "the name must have 1 to 200 characters and no control characters",
    ),
    "name_missing": ("新网格须有名称 name", "a new cell needs a name"),
    "names_somebody": (
        "名称中不得含有个人信息（如手机号、身份证号）",
        "the name must not hold a person's numbers",
    ),
    "ring": ("应为坐标点的列表", "must be a list of points"),
    "point": ("坐标应为两个有限的数：经度、纬度", "a point must be two finite numbers: lon, lat"),
    "few_points": (
        "环至少需要 4 个点，现有 {count} 个",
        "a ring needs 4 points or more and has {count}",
    ),
    "many_points": (
        "环不得超过 {limit} 个点，现有 {count} 个",
        "a ring must not have more than {limit} points and has {count}",
    ),
    "many_rings": ("一个要素不得超过 {limit} 个环", "a feature must not have over {limit} rings"),
    "swapped": (
        "经纬度似乎颠倒；须先经度、后纬度",
        "looks swapped: longitude comes first, then latitude",
    ),
    "out_of_range": ("坐标不在中国范围内", "the point does not lie in China"),
    "not_closed": ("环未闭合：末点须与首点相同", "the ring is not closed: last point ≠ first"),
    "invalid": ("图形无效：{reason}", "the shape is invalid: {reason}"),
    "duplicate": ("编码与第 {first} 个要素重复", "is also the code of feature {first}"),
    "unknown_community": (
        "登记册中当日没有社区 {community}",
        "the register has no community {community} on that day",
    ),
    "community_ends": (
        "社区 {community} 自 {until} 起撤销，不能在其中新设网格",
        "the community {community} ends on {until}: no new cell can begin in it",
    ),
    "ended": (
        "该网格编码已终止，编码不得重复使用",
        "this cell has ended; codes are never used again",
    ),
    "not_yet": ("该网格自 {since} 起设立", "this cell begins on {since}"),
    "numbers_exhausted": (
        "社区 {community} 的网格编号（001–999）已用完",
        "the community {community} has used all its cell numbers (001-999)",
    ),
    "overlap": ("与网格 {other} 重叠", "overlaps the cell {other}"),
    "outside": (
        "超出所属社区 {community} 的边界",
        "lies partly outside the boundary of its community {community}",
    ),
    "gap": ("社区 {community} 内有区域不属于任何网格", "no cell covers this part of {community}"),
    "no_boundary": (
        "社区 {community} 尚无边界，无法检查网格是否越界或留有空隙",
        "the community {community} has no boundary: containment and gaps can't be checked",
    ),
    "no_cells": ("社区 {community} 尚无网格", "the community {community} has no cells yet"),
    "holds_until": (
        "只到 {until} 前有效：该日起的边界已另行登记（后续绘制或区划变更），如需改动请另绘",
        "holds until before {until} alone: the boundary of that day is another; draw that, too",
    ),
    "name_differs": (
        "名称与登记册不同（{registered}），未改名；改名请用区划变更",
        "the register calls it {registered}; an import of boundaries renames nothing",
    ),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong, of which of WORDS, and where: feature and ring count from 1."""

    kind: str
    feature: int | None = None
    code: str | None = None
    ring: int | None = None
    at: tuple[float, float] | None = None
    """Longitude and latitude in the caller's own coordinates."""
    area_m2: float | None = None
    facts: dict[str, object] = dataclasses.field(default_factory=dict)

    def text(self, language: str) -> str:
        """Return the sentence for a person, in `zh` or `en`."""
        chinese, english = WORDS[self.kind]
        return (chinese if language == "zh" else english).format(**self.facts)


class BoundariesRefused(Rejected):
    """Boundaries of the file are wrong; nothing of it was stored."""

    zh = "边界文件有 {count} 处错误，未导入任何数据"
    en = "The file of boundaries has {count} mistakes; nothing was stored"

    def __init__(self, report: "BoundaryProblems") -> None:
        self.report = report
        super().__init__(count=report.count)


class BoundaryProblems:
    """Collects problems: all counted, the first hundred by feature kept."""

    def __init__(self) -> None:
        self.count = 0
        self.problems: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it if it is among the first hundred."""
        self.count += 1
        insort(self.problems, problem, key=lambda each: each.feature or NO_FEATURE)
        del self.problems[REPORTED:]

    def refuse(self) -> None:
        """Refuse the file if there is any problem.

        Raises:
            BoundariesRefused
        """
        if self.count:
            raise BoundariesRefused(self)
