"""Owns the first story: a checklist item fails, grid has it mended, inspections closes it.

Every step goes through the HTTP API as the persona whose job it is. An effect is what an event
of that step brought about in another service, seen through that service's API.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

COMMUNITY = "320508019020"
"""三元一村社区, 金阊街道, 姑苏区, 苏州市."""

CHECKLIST = "compound-order"
FAILED_ITEM_NOTE = "3 幢 2 单元二楼楼道堆放纸箱、旧家具，通道受阻"

EFFECT_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.005

EventIds = Callable[[str, str], list[str]]
"""Tells, for a service and a subject, the ids of the events said about it, as `type id`."""


class StoryBroken(Exception):
    """A step was refused or an effect did not come; the message says which and what was seen."""


@dataclass(frozen=True)
class Step:
    """What one persona did."""

    who: str
    what: str
    status: int
    milliseconds: float
    events: list[str]
    repeated: bool = False
    """It was sent once more with the same key, and got the same answer."""


@dataclass(frozen=True)
class Call:
    """One HTTP request of a story."""

    service: str
    method: str
    path: str
    expected: tuple[int, ...] = (200,)
    body: Any = None


@dataclass(frozen=True)
class Effect:
    """What an event brought about in another service, and how long after the answer it was seen."""

    where: str
    what: str
    milliseconds: float


@dataclass
class Story:
    """Plays the steps and waits for the effects; `tell` hears of each as it happens."""

    address_of: Callable[[str], str]
    token_of: Callable[[str], str]
    event_ids: EventIds
    tell: Callable[[Step | Effect], None]
    done: list[Step | Effect] = field(default_factory=list)
    _answered_at: float = 0.0

    def play(self) -> None:
        """Play the whole story.

        Raises:
            StoryBroken: when a step is refused or an effect doesn't come in 30 s.
        """
        self.know_the_community()
        self.publish_checklist()
        finding = self.record_inspection()
        case = self.await_case(finding)
        self.resolve(case)
        self.close(case)
        self.await_closed(finding)

    def know_the_community(self) -> None:
        """See that inspections has learned the area register from grid."""
        self._step("社区工作人员", "查询登记册", Call("grid", "GET", f"/areas/{COMMUNITY}"))
        self._effect(
            "inspections",
            "三元一村社区已在检查服务登记",
            f"/areas/{COMMUNITY}",
            lambda area: bool(area["name"]),
        )

    def publish_checklist(self) -> None:
        """Publish the checklist; the same content again is the same version."""
        (checklist,) = (c for c in demo_checklists() if c["code"] == CHECKLIST)
        call = Call("inspections", "POST", "/checklists", (200, 201), checklist)
        self._step("区文明办", "发布检查表", call)

    def record_inspection(self) -> str:
        """Score the community; the first item fails. Return the finding's id."""
        checklist = self._ask("inspections", f"/checklists/{CHECKLIST}")
        results = [
            {
                "item_code": item["code"],
                "passed": number > 0,
                "note": "" if number else FAILED_ITEM_NOTE,
            }
            for number, item in enumerate(checklist["items"])
        ]
        body = {
            "area_code": COMMUNITY,
            "checklist_code": CHECKLIST,
            "mode": "open",
            "inspected_at": datetime.now(UTC).isoformat(),
            "results": results,
        }
        inspection = self._step(
            "检查员",
            "记录检查，1 项不合格",
            Call("inspections", "POST", "/inspections", (201,), body),
            lambda answer: str(answer["findings"][0]["id"]),
        )
        return str(inspection["findings"][0]["id"])

    def await_case(self, finding: str) -> str:
        """See the case in grid and its number on the finding; return the case's id."""
        path = f"/cases?area={COMMUNITY}&state=filed"
        page = self._effect(
            "grid",
            "整改案件已立案",
            path,
            lambda page: any(case["finding_id"] == finding for case in page["items"]),
        )
        self._effect(
            "inspections",
            "问题已关联案件编号",
            f"/findings/{finding}",
            lambda seen: seen["state"] == "in_rectification",
        )
        return next(str(c["id"]) for c in page["items"] if c["finding_id"] == finding)

    def resolve(self, case: str) -> None:
        """Report the problem as mended."""
        body = {"note": "已联系住户清运，楼道恢复畅通"}
        call = Call("grid", "POST", f"/cases/{case}/resolve", body=body)
        self._step("物业处理员", "处理并反馈", call, lambda _: case)

    def close(self, case: str) -> None:
        """Check on the spot, by another person, and close."""
        body = {"note": "现场核查合格"}
        call = Call("grid", "POST", f"/cases/{case}/close", body=body)
        self._step("网格员", "现场核查并结案", call, lambda _: case)

    def await_closed(self, finding: str) -> None:
        """See the finding closed."""
        self._effect(
            "inspections",
            "问题已销号",
            f"/findings/{finding}",
            lambda seen: seen["state"] == "closed",
        )

    def _step(
        self, who: str, what: str, call: Call, subject: Callable[[Any], str] | None = None
    ) -> Any:
        started = time.perf_counter()
        url = self._url(call.service, call.path)
        headers = self._headers_of(who)
        if call.method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        answer = requests.request(call.method, url, json=call.body, headers=headers, timeout=30)
        self._answered_at = time.perf_counter()
        if answer.status_code not in call.expected:
            raise StoryBroken(f"{who} {what}: {answer.status_code} {answer.text[:400]}")
        repeated = call.method == "POST"
        if repeated:
            self._send_again(url, call, headers, answer)
        content = answer.json()
        events = self.event_ids(call.service, subject(content)) if subject else []
        milliseconds = (self._answered_at - started) * 1000
        self._note(Step(who, what, answer.status_code, milliseconds, events, repeated))
        return content

    def _effect(self, service: str, what: str, path: str, seen: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + EFFECT_SECONDS
        while time.monotonic() < deadline:
            answer = requests.get(self._url(service, path), headers=self._reader(), timeout=30)
            if answer.status_code == 200 and seen(answer.json()):
                milliseconds = (time.perf_counter() - self._answered_at) * 1000
                self._note(Effect(service, what, milliseconds))
                return answer.json()
            # ever less often, or the front door's limit is reached before the effect comes
            waited = time.perf_counter() - self._answered_at
            time.sleep(max(_LOOK_EVERY_SECONDS, waited / 20))
        raise StoryBroken(f"{service} 未见：{what}（{answer.status_code} {answer.text[:400]}）")

    def _ask(self, service: str, path: str) -> Any:
        answer = requests.get(self._url(service, path), headers=self._reader(), timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _send_again(
        self, url: str, call: Call, headers: dict[str, str], first: requests.Response
    ) -> None:
        """Send the same request with the same key, as a client does that lost the answer.

        Raises:
            StoryBroken: when it isn't answered as the first time.
        """
        again = requests.request(call.method, url, json=call.body, headers=headers, timeout=30)
        if (again.status_code, again.content) != (first.status_code, first.content):
            raise StoryBroken(f"重复请求得到不同应答：{again.status_code} {again.text[:400]}")

    def _headers_of(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token_of(who)}"}

    def _reader(self) -> dict[str, str]:
        return self._headers_of("区文明办")

    def _url(self, service: str, path: str) -> str:
        return f"{self.address_of(service)}/api/v1/{service}{path}"

    def _note(self, happened: Step | Effect) -> None:
        self.done.append(happened)
        self.tell(happened)


def demo_checklists() -> list[dict[str, Any]]:
    """Return the checklists that the demo installation publishes."""
    path = Path(__file__).parent / "checklists.json"
    checklists: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return checklists
