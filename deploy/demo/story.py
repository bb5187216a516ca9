"""Owns the first story: a checklist item fails, and everybody does their part until it is mended.

Every step goes through the HTTP API as the persona whose job it is. An effect is what a step
brought about elsewhere, seen by whom it concerns.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from deploy.demo.playing import Call, Player, StoryBroken

COMMUNITY = "320508019020"
"""三元一村社区, 金阊街道, 姑苏区, 苏州市."""

CHECKLIST = "compound-order"
FAILED_ITEM = "no-piling"
FAILED_ITEM_NOTE = "3 幢 2 单元二楼楼道堆放纸箱、旧家具，通道受阻"

OWNERS = ("管区书记", "社区书记", "街道分管领导", "物业处理员")
"""First-responsible and directly responsible: by place (块), then by subject (条)."""
VOLUNTEERS = ("志愿者甲", "志愿者乙")
CLEAN_UP = timedelta(hours=2)

_POSTS = (
    ("kuai-320508019020", "三元一村社区属地责任岗", "territorial", OWNERS[0], OWNERS[1]),
    ("tiao-wuye-320508019", "金阊街道物业管理责任岗", "functional", OWNERS[2], OWNERS[3]),
)


@dataclass
class Rectification:
    """Plays the inspection, the rectification with its clean-up, and the re-inspection."""

    player: Player

    def play(self) -> None:
        """Play the whole story.

        Raises:
            StoryBroken: when a step is refused or an effect doesn't come.
        """
        self.prepare()
        finding = self.record_inspection()
        case = self.await_dispatch(finding)
        self.await_told(case)
        activity = self.call_volunteers(case)
        self.clean_up(activity)
        self.resolve(case)
        self.close(case)
        self.reinspect(finding)
        self.await_all_told(finding)

    def prepare(self) -> None:
        """See that the register has arrived, publish the checklist, fill posts, give addresses."""
        self.know_the_community()
        self.publish_checklist()
        self.fill_posts()
        for who in OWNERS:
            self.give_address(who)

    def know_the_community(self) -> None:
        """See that the services have learned the area register from grid."""
        self.player.effect(
            "区文明办",
            "inspections",
            "三元一村社区已在检查服务登记",
            f"/areas/{COMMUNITY}",
            lambda area: area["name"],
        )

    def publish_checklist(self) -> None:
        """Publish the checklist; the same content again is the same version."""
        (checklist,) = (c for c in demo_checklists() if c["code"] == CHECKLIST)
        call = Call("inspections", "POST", "/checklists", (200, 201), checklist)
        self.player.step("区文明办", "发布检查表", call)

    def fill_posts(self) -> None:
        """Say who answers for the community, by place and by subject (plan rows G07 to G09)."""
        for code, name, branch, first, direct in _POSTS:
            body = {
                "name": name,
                "branch": branch,
                "area_code": COMMUNITY if branch == "territorial" else COMMUNITY[:9],
                "case_classes": [],
                "first_responsible_id": self.player.id_of(first),
                "directly_responsible_id": self.player.id_of(direct),
            }
            self.player.put("区文明办", f"设{name}", "grid", f"/posts/{code}", body)

    def give_address(self, who: str) -> None:
        """Say where e-mails for a persona go."""
        body = {"email": address_of(who), "language": "zh-CN", "channels": {"email": True}}
        path = f"/recipients/{self.player.id_of(who)}"
        self.player.put(who, "登记邮箱", "notifications", path, body)

    def record_inspection(self) -> str:
        """Score the community; one item fails. Return the finding's id."""
        checklist = self.player.ask("区文明办", "inspections", f"/checklists/{CHECKLIST}")
        body = failing_inspection([item["code"] for item in checklist["items"]], self.now())
        call = Call("inspections", "POST", "/inspections", (201,), body, _first_finding)
        return _first_finding(self.player.step("检查员", "现场检查打分，1 项不合格", call))

    def await_dispatch(self, finding: str) -> str:
        """See the case with its deadline and two owners; return the case's id."""

        def owned(page: Any) -> str | None:
            found = (case for case in page["items"] if case["finding_id"] == finding)
            return next((str(case["id"]) for case in found if case["state"] != "filed"), None)

        path = f"/cases?area={COMMUNITY}"
        what = "整改案件已立案并派遣，条块责任人与期限明确"
        case: str = self.player.effect("社区书记", "grid", what, path, owned)
        self.player.effect(
            "区文明办",
            "inspections",
            "问题已关联案件编号",
            f"/findings/{finding}",
            lambda seen: seen["case_number"],
        )
        return case

    def await_told(self, case: str) -> None:
        """See that all four owners have the dispatch in their inbox and by e-mail, once."""
        number = self.player.ask("社区书记", "grid", f"/cases/{case}")["case_number"]
        for who in OWNERS:
            self._await_message(who, "收到派单消息", "case_dispatched", case)
            mailed = partial(self._mailed, who, number)
            self.player.await_effect("notifications", f"{who}收到派单邮件", mailed)

    def call_volunteers(self, case: str) -> str:
        """Publish a clean-up for the case; return the activity's id."""
        starts = self.now() + timedelta(minutes=40)
        body = {
            "area_code": COMMUNITY,
            "kind": "environment_cleanup",
            "title": "三元一村 3 幢楼道清理志愿行动",
            "place": "三元一村 3 幢 2 单元楼下集合",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + CLEAN_UP).isoformat(),
            "places": 12,
            "case_id": case,
        }
        # 422 until the event of the dispatch has come there
        call = Call("volunteers", "POST", "/activities", (201,), body, _id, not_yet=(422,))
        activity = _id(self.player.step("社区书记", "发布志愿清理活动", call))
        for who in VOLUNTEERS:
            self._await_message(who, "收到活动招募消息", "activity_published", activity)
        return activity

    def clean_up(self, activity: str) -> None:
        """Sign up, check in and out on the spot, and see the hours in the ledger."""
        for who, name in zip(VOLUNTEERS, ("朱婷", "施文杰"), strict=True):
            if not self.player.exists(who, "volunteers", "/me"):
                body = {"area_code": COMMUNITY, "real_name": name}
                register = Call("volunteers", "POST", "/volunteers", (201,), body)
                self.player.step(who, "登记为志愿者", register)
            sign_up = Call("volunteers", "POST", f"/activities/{activity}/sign-ups", (200,))
            self.player.step(who, "报名", sign_up)
        self.player.stage.advance(timedelta(minutes=40).total_seconds())
        self._attend(activity, "check-in", "签到")
        self.player.stage.advance(timedelta(minutes=95).total_seconds())
        self._attend(activity, "check-out", "签退")
        for who in VOLUNTEERS:
            self.player.effect(
                who, "volunteers", f"{who}的时长已入台账", "/me/hours", lambda seen: seen["items"]
            )

    def resolve(self, case: str) -> None:
        """Report the problem as mended."""
        body = {"note": "已会同志愿者清运，楼道恢复畅通"}
        call = Call("grid", "POST", f"/cases/{case}/resolve", body=body, subject=_id)
        self.player.step("物业处理员", "处理并反馈", call)

    def close(self, case: str) -> None:
        """Check on the spot, by another person, and close."""
        body = {"note": "现场核查合格"}
        call = Call("grid", "POST", f"/cases/{case}/close", body=body, subject=_id)
        self.player.step("网格员", "现场核查并结案", call)

    def reinspect(self, finding: str) -> None:
        """See that the first inspector may not look again, and that another one may; he passes."""

        def opened(page: Any) -> str | None:
            found = (one for one in page["items"] if one["finding_id"] == finding)
            return next((str(one["id"]) for one in found if one["state"] == "open"), None)

        path = f"/reinspections?area={COMMUNITY}&state=open"
        again: str = self.player.effect("复查员", "inspections", "复查任务已生成", path, opened)
        self._await_message("复查员", "收到复查消息", "reinspection_opened", finding)
        passing = f"/reinspections/{again}/pass"
        body = {"note": "复查合格，楼道畅通"}
        refused = Call("inspections", "POST", passing, (409, 422), body)
        self.player.step("检查员", "想自己复查，被拒（须换人复查）", refused)
        call = Call("inspections", "POST", passing, body=body, subject=lambda _: again)
        self.player.step("复查员", "复查合格", call)
        self.player.effect(
            "区文明办",
            "inspections",
            "问题已销号",
            f"/findings/{finding}",
            lambda seen: seen["state"] == "closed",
        )

    def await_all_told(self, finding: str) -> None:
        """See that everyone concerned is told that it is done, each once."""
        for who in (*OWNERS, "检查员", "复查员", "网格员", *VOLUNTEERS):
            self._await_message(who, "收到销号消息", "finding_closed", finding)

    def now(self) -> datetime:
        """Return business time as the system has it."""
        return self.player.stage.now()

    def _attend(self, activity: str, move: str, what: str) -> None:
        path = f"/activities/{activity}/check-in-code"
        code = self.player.ask("社区书记", "volunteers", path)["code"]
        for who in VOLUNTEERS:
            path = f"/activities/{activity}/{move}"
            call = Call("volunteers", "POST", path, body={"code": code}, not_yet=(409, 422))
            self.player.step(who, f"现场{what}", call)

    def _mailed(self, who: str, about: str) -> bool:
        """Tell whether an e-mail about something came to a persona; a second one breaks it."""
        found = [
            subject for subject in self.player.stage.mails_to(address_of(who)) if about in subject
        ]
        if len(found) > 1:
            raise StoryBroken(f"{who}收到重复邮件：{found}")
        return bool(found)

    def _await_message(self, who: str, what: str, template: str, about: str) -> None:
        """See one message about a case, a finding or an activity, and no second of the same."""

        def told(page: Any) -> bool:
            ids = ("case_id", "finding_id", "activity_id")
            found = [one for one in page["items"] if one["template"] == template]
            return sum(about in (one[name] for name in ids) for one in found) == 1

        self.player.effect(who, "notifications", f"{who}{what}", "/inbox?limit=100", told)


def address_of(who: str) -> str:
    """Return the e-mail address of a persona; the local system's mail server takes all."""
    names = {"管区书记": "guanqu.qian", "社区书记": "sanyuan1.xu"}
    names |= {"街道分管领导": "jinchang.lu", "物业处理员": "wuye.chen"}
    return f"{names[who]}@linli.example"


def failing_inspection(item_codes: Iterable[str], at: datetime) -> dict[str, Any]:
    """Return an inspection of the community at a time, in which one item fails."""
    results = [
        {
            "item_code": code,
            "passed": code != FAILED_ITEM,
            "note": FAILED_ITEM_NOTE if code == FAILED_ITEM else "",
        }
        for code in item_codes
    ]
    return {
        "area_code": COMMUNITY,
        "checklist_code": CHECKLIST,
        "mode": "open",
        "inspected_at": at.isoformat(),
        "results": results,
    }


def demo_checklists() -> list[dict[str, Any]]:
    """Return the checklists that the demo installation publishes."""
    path = Path(__file__).parent / "checklists.json"
    checklists: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return checklists


def _id(content: Any) -> str:
    return str(content["id"])


def _first_finding(inspection: Any) -> str:
    return str(inspection["findings"][0]["id"])
