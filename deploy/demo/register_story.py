"""Owns the third story: who answers for what in 姑苏区, and what two communities that merge change.

It can be played again on the same system: what it sets up stays, the merger is taken back at the
end as if it had never been.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from deploy.demo import boundaries
from deploy.demo.playing import Call, Player, StoryBroken
from deploy.demo.story import COMMUNITY
from shared.clock import SHANGHAI

DISTRICT, STREET = "320508", "320508019"
NEIGHBOUR = "320508019021"
"""毛家桥社区, which is to be merged into 三元一村社区."""
MERGED = "三元毛家桥社区居委会"
COMPOUND, COMMITTEE, ZONE = "sanyuan1-village", "lgw-sanyuan1", "guanqu-jinchang-1"
STREETS = {
    "320508017": "白洋湾街道",
    "320508018": "平江街道",
    STREET: "金阊街道",
    "320508020": "沧浪街道",
    "320508021": "双塔街道",
    "320508022": "虎丘街道",
    "320508023": "苏锦街道",
    "320508024": "吴门桥街道",
}
OFFICE = "区文明办"
_FIRST, _DIRECT = "管区书记", "社区书记"
_HEAD, _SECTION = "街道分管领导", "物业处理员"
BY_SUBJECT = (
    (
        "chuangcheng-lingdao",
        "姑苏区创建工作领导小组",
        "leading_group",
        "统筹全区创建",
    ),
    ("chuangcheng-ban", "创城办公室", "office", "综合协调、督促检查、情况汇总"),
    ("chengguan-320508", "区城管局", "department", "市容环境业务指导"),
)


@dataclass
class Responsibility:
    """Plays the register: cells, compounds, posts, the matrix, and a merger on a day ahead."""

    player: Player
    gaps: list[str] = field(default_factory=list)
    """The areas that the refused activation named."""

    def play(self) -> None:
        """Play the whole story.

        Raises:
            StoryBroken: when a step is refused, or what is shown is wrong.
        """
        self.draw()
        self.find_by_place()
        self.assign_the_compound()
        self.fill_posts_but_some_streets()
        self.try_to_activate()
        self.fill_the_gaps()
        self.activate()
        self.merge_and_take_back()

    def draw(self) -> None:
        """Draw the cells of three communities; the same file again changes nothing."""
        call = Call(
            "grid",
            "POST",
            "/boundaries/imports",
            (201,),
            boundaries.demo(),
            headers=(("Content-Type", "application/geo+json"),),
        )
        self.player.step(OFFICE, "导入三个社区的边界与网格", call)

    def find_by_place(self) -> None:
        """Find the cell of a point."""
        lon, lat = boundaries.middle_of(1, 1)
        cell = self.player.ask(_DIRECT, "grid", f"/cells/at?lon={lon}&lat={lat}")
        _require(cell["community_code"] == COMMUNITY, "坐标落在三元一村社区的网格", cell)

    def assign_the_compound(self) -> None:
        """Record a compound, its joint committee and cell, and a zone; nothing is unassigned."""
        compound = {
            "name": "三元一村",
            "community_code": COMMUNITY,
            "kind": "old_estate",
            "households": 2214,
            "floor_area_m2": 118600,
            "buildings_count": 46,
            "year_built": 1988,
            "renewal": {"state": "listed", "planned_year": 2027, "basis": "2027 年改造计划第一批"},
            "property": {"management": "professional", "company": "金阊物业"},
            "entrances": [
                {"name": "三香路门", "main": True, "safety_post": True},
                {"name": "彩香路门", "main": False, "safety_post": False},
            ],
            "corridor_lights": {"total": 184, "installed": 184},
        }
        self.player.put(_DIRECT, "登记小区：三元一村", "grid", f"/compounds/{COMPOUND}", compound)
        committee = {
            "kind": "joint_committee",
            "name": "三元一村联工委",
            "within_code": COMMUNITY,
            "members": [COMPOUND],
            "cell_code": COMMUNITY + "002",
        }
        self.player.put(_DIRECT, "联工委包保到网格", "grid", f"/groups/{COMMITTEE}", committee)
        zone = {
            "kind": "zone",
            "name": "金阊第一管区",
            "within_code": STREET,
            "members": [COMMUNITY, NEIGHBOUR],
        }
        self.player.put(OFFICE, "划定管区", "grid", f"/groups/{ZONE}", zone)
        path = f"/assignments/findings?area={COMMUNITY}"
        found = self.player.ask(_DIRECT, "grid", path)["items"]
        _require(found == [], "三元一村没有未包保的小区", found)

    def fill_posts_but_some_streets(self) -> None:
        """Set up who answers by subject, and by place in one street and one community."""
        for code, name, kind, duties in BY_SUBJECT:
            self._fill(code, name, kind, DISTRICT, _HEAD, _SECTION, duties)
        self._fill_street(STREET)
        name = "三元一村社区属地责任岗"
        self._fill(f"kuai-{COMMUNITY}", name, "territorial", COMMUNITY, _FIRST, _DIRECT, "")

    def try_to_activate(self) -> None:
        """Be refused, and read which areas nobody answers for; on a second play all is filled."""
        answer = self._activate("启用责任矩阵：有缺口则不予启用", (200, 422))
        self.gaps = [one["value"] for one in answer.get("errors", [])]

    def fill_the_gaps(self) -> None:
        """Set up a post by place in each street that has none."""
        for street in STREETS:
            if street != STREET:
                self._fill_street(street)
        findings = self.player.ask(OFFICE, "grid", f"/matrices/{DISTRICT}/findings")
        _require(findings["errors"] == 0, "责任矩阵没有缺口、重叠与空岗", findings["items"][:3])

    def activate(self) -> None:
        """Let the matrix hold."""
        self._activate("启用责任矩阵", (200,))

    def merge_and_take_back(self) -> None:
        """Merge two communities in a month, look at the days before and after, and take it back."""
        for left in self.player.ask(OFFICE, "grid", f"/area-changes?area={STREET}")["items"]:
            if left["kind"] == "merge" and left["reverted_by"] is None:
                self._take_back(left, "撤回上次演示留下的合并")
        day = self.player.stage.now().astimezone(SHANGHAI).date() + timedelta(days=30)
        said = {"effective_on": day.isoformat(), "basis": "姑苏府发〔2026〕18号"}
        into = {"code": COMMUNITY, "name": MERGED}
        body = said | {"codes": [COMMUNITY, NEIGHBOUR], "into": into}
        call = Call("grid", "POST", "/areas/merge", (201,), body)
        change = self.player.step(OFFICE, "自下月起两社区合并", call)
        self.look(day, change)
        self._take_back(change, "批文撤回，合并视同从未发生")
        after = self.player.ask(OFFICE, "grid", f"/areas/{NEIGHBOUR}?on={day}")
        _require(after["until"] is None, "毛家桥社区照旧", after)

    def look(self, day: date, change: Any) -> None:
        """See what the register says of the day before the merger and of its own."""
        before = day - timedelta(days=1)
        names = [self._area(COMMUNITY, on)["name"] for on in (before, day)]
        _require(names[1] == MERGED != names[0], "名称按日期不同", names)
        children = [self._area(COMMUNITY, on)["children_count"] for on in (before, day)]
        _require(children == [6, 12], "毛家桥的六个网格随之并入", children)
        lon, lat = boundaries.middle_of(boundaries.COLUMNS, 0)
        cells = [
            self.player.ask(OFFICE, "grid", f"/cells/at?lon={lon}&lat={lat}&on={on}")["code"]
            for on in (before, day)
        ]
        links = {link["from_code"]: link["to_code"] for link in change["links"]}
        _require(cells == [NEIGHBOUR + "001", links[NEIGHBOUR + "001"]], "坐标按日期归属", cells)
        owners = [
            self.player.ask(OFFICE, "grid", f"/owners?area={cell}&case_class=graffiti&on={on}")
            for cell, on in zip(cells, (before, day), strict=True)
        ]
        by_place = [owner["territorial"]["post_code"] for owner in owners]
        _require(by_place == [f"kuai-{STREET}", f"kuai-{COMMUNITY}"], "属地责任随之转移", owners)
        zone = [
            self.player.ask(OFFICE, "grid", f"/groups/{ZONE}?on={on}")["members"]
            for on in (before, day)
        ]
        _require(zone == [[COMMUNITY, NEIGHBOUR], [COMMUNITY]], "管区成员按日期不同", zone)

    def _take_back(self, change: Any, what: str) -> None:
        body = {"effective_on": change["effective_on"], "basis": "批文撤回"}
        path = f"/area-changes/{change['id']}/revert"
        self.player.step(OFFICE, what, Call("grid", "POST", path, (201,), body))

    def _activate(self, what: str, expected: tuple[int, ...]) -> Any:
        path = f"/matrices/{DISTRICT}"
        seen = (("If-Match", "*"),) if self.player.exists(OFFICE, "grid", path) else ()
        call = Call("grid", "POST", f"{path}/activate", expected, {}, headers=seen)
        return self.player.step(OFFICE, what, call)

    def _area(self, code: str, on: date) -> Any:
        return self.player.ask(OFFICE, "grid", f"/areas/{code}?on={on}")

    def _fill_street(self, street: str) -> None:
        name = f"{STREETS[street]}属地责任岗"
        self._fill(f"kuai-{street}", name, "territorial", street, _FIRST, _DIRECT, "")

    def _fill(
        self, code: str, name: str, kind: str, area: str, first: str, direct: str, duties: str
    ) -> None:
        body = {
            "name": name,
            "kind": kind,
            "area_code": area,
            "first_responsible_id": self.player.id_of(first),
            "directly_responsible_id": self.player.id_of(direct),
            "duties": duties,
        }
        self.player.put(OFFICE, f"设{name}", "grid", f"/posts/{code}", body)


def _require(right: bool, what: str, seen: Any) -> None:
    if not right:
        raise StoryBroken(f"应为：{what}；所见：{seen}")
