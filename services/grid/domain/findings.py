"""Owns what can be wrong with a responsibility matrix, and the words for it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.grid.domain.holding import OFFICE_WORDS, Office
from services.grid.domain.responsibility import Branch

FindingKind = Literal[
    "gap",
    "overlap",
    "vacancy",
    "one_person",
    "reorganisation",
    "area_ended",
    "inactive",
    "no_leading_group",
    "no_office",
    "no_coordinator",
]
Severity = Literal["error", "warning"]

_WORDS: dict[FindingKind, tuple[str, str]] = {
    "gap": ("没有负责{classes}的{branch_zh}岗位", "no {branch} post answers for {classes_en}"),
    "overlap": (
        "{posts}同时负责{classes}，无法确定唯一的{branch_zh}岗位",
        "{posts} both answer for {classes_en}: no single {branch} post",
    ),
    "vacancy": ("岗位{posts}无{office_zh}", "the post {posts} has no {office_en}"),
    "one_person": (
        "岗位{posts}的第一责任人与直接责任人为同一人",
        "one person is first and directly responsible at {posts}",
    ),
    "reorganisation": (
        "区划自该日设立，而没有负责{classes}的{branch_zh}岗位",
        "the area begins on that day, and no {branch} post answers for {classes_en}",
    ),
    "area_ended": (
        "区划自该日撤销，岗位{posts}仍在用",
        "the area ends on that day, and the post {posts} lives on",
    ),
    "inactive": (
        "生效的矩阵仍指向已停用的岗位{posts}，其案件将等待",
        "the matrix in force still names {posts}, which is stopped: its cases wait",
    ),
    "no_leading_group": ("没有领导小组", "there is no leading group"),
    "no_office": ("没有负责综合协调的办公室", "there is no coordinating office"),
    "no_coordinator": ("{posts}未确定联络人", "{posts} has no coordinator"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where, and on which days.

    `area_code` is the largest area that has it all over; for what is wrong with a post it is that
    of the post, and `cells` says in how many of its cells the post answers. A community without
    cells counts as one.
    """

    kind: FindingKind
    severity: Severity
    area_code: str
    first_day: date
    last_day: date | None
    branch: Branch | None = None
    case_classes: tuple[str, ...] | None = None
    """None is all of them."""
    posts: tuple[str, ...] = ()
    office: Office | None = None
    cells: int = 0

    def text(self, language: str, name: str = "") -> str:
        """Return the sentence for a person, in `zh` or `en`; `name` is what the area is called."""
        chinese, english = _WORDS[self.kind]
        sentence = (chinese if language == "zh" else english).format(**self._facts())
        if language == "zh":
            until = f"至 {self.last_day} " if self.last_day else "起"
            place = f"{name}（{self.area_code}）" if name else self.area_code
            return f"{place}：{self.first_day} {until}，{sentence}".replace(" ，", "，")
        until = f" to {self.last_day}" if self.last_day else ""
        place = f"{name} ({self.area_code})" if name else self.area_code
        return f"{place}: from {self.first_day}{until}, {sentence}"

    def _facts(self) -> dict[str, str]:
        classes = self.case_classes
        office_zh, office_en = OFFICE_WORDS[self.office] if self.office else ("", "")
        return {
            "classes": "全部类别" if classes is None else "、".join(classes),
            "classes_en": "any class" if classes is None else ", ".join(classes),
            "branch": self.branch or "",
            "branch_zh": "“块”" if self.branch == "territorial" else "“条”",
            "posts": ", ".join(self.posts),
            "office_zh": office_zh,
            "office_en": office_en,
        }


def in_order_of_weight(findings: list[Finding]) -> list[Finding]:
    """Return findings, the errors first, by area and day."""
    return sorted(
        findings,
        key=lambda one: (
            one.severity,
            one.area_code,
            one.first_day,
            one.kind,
            one.posts,
            one.office or "",
            one.case_classes or (),
        ),
    )
