"""Owns the second story: a resident reports a problem without a name and follows it by number."""

from dataclasses import dataclass
from typing import Any

from deploy.demo.playing import Call, Player
from deploy.demo.story import COMMUNITY

NOBODY = ""
"""Who asks without an account."""


@dataclass
class AnonymousReport:
    """Plays a resident's report from the first word to the closing that the resident reads."""

    player: Player

    def play(self) -> None:
        """Play the whole story, after the first: the posts are filled.

        Raises:
            StoryBroken: when a step is refused or an effect doesn't come.
        """
        number = self.report()
        case = self.file()
        self.mend(case)
        self.follow(number, "closed", "凭查询码看到：已结案")

    def report(self) -> str:
        """Report without an account; return the tracking number."""
        body = {
            "area_code": COMMUNITY,
            "case_class": "exposed-litter",
            "place": "三元一村 5 幢北侧垃圾房旁",
            "description": "垃圾散落在桶外，两天没人收，气味大",
        }
        call = Call("grid", "POST", "/reports", (201,), body)
        number = str(self.player.step(NOBODY, "匿名反映：暴露垃圾", call)["tracking_number"])
        self.follow(number, "reported", "凭查询码看到：已收到，待核实")
        return number

    def file(self) -> str:
        """See the report as the grid officer, verify it on the spot and file it."""
        path = f"/cases?area={COMMUNITY}&state=reported"
        what = "网格员看到新上报的问题"
        case: str = self.player.effect("网格员", "grid", what, path, _newest)
        body = {"note": "现场核实，情况属实"}
        call = Call("grid", "POST", f"/cases/{case}/file", body=body, subject=lambda _: case)
        filed = self.player.step("网格员", "现场核实并立案，随即派遣", call)
        number = filed["case_number"]

        def told(page: Any) -> bool:
            return any(number in one["subject"] + one["body"] for one in page["items"])

        self.player.effect(
            "物业处理员", "notifications", "物业处理员收到派单消息", "/inbox?limit=100", told
        )
        return case

    def mend(self, case: str) -> None:
        """Mend it, and have another person check."""
        steps = (
            ("物业处理员", "清运并反馈", "resolve", "已清运、冲洗，加密收运频次"),
            ("网格员", "现场核查并结案", "close", "现场已干净"),
        )
        for who, what, move, note in steps:
            call = Call("grid", "POST", f"/cases/{case}/{move}", body={"note": note}, subject=_id)
            self.player.step(who, what, call)

    def follow(self, number: str, state: str, what: str) -> None:
        """See by the tracking number how far it is."""
        self.player.effect(
            NOBODY, "grid", what, f"/reports/{number}", lambda seen: seen["state"] == state
        )


def _newest(page: Any) -> str | None:
    return next((str(case["id"]) for case in page["items"]), None)


def _id(content: Any) -> str:
    return str(content["id"])
