"""Owns what the public is told of a case: where it is, in words that name nobody."""

from dataclasses import dataclass

from services.grid.domain.cases import State, Step


@dataclass(frozen=True)
class Words:
    """A phrase for a person, in Chinese and English."""

    zh: str
    en: str


STATES: dict[State, Words] = {
    "reported": Words("已收到，待核实", "received, to be verified"),
    "refused": Words("不予立案", "not taken up"),
    "filed": Words("已立案，待派遣", "taken up, to be assigned"),
    "dispatched": Words("处理中", "being worked on"),
    "resolved": Words("已处理，待现场核查", "done, to be checked on the spot"),
    "closed": Words("已结案", "closed"),
}

STEPS: dict[Step, Words] = {
    "reported": Words("收到反映", "the report came in"),
    "refused": Words("核实后不予立案", "looked at, and not taken up"),
    "filed": Words("现场核实，立案", "verified on the spot and taken up"),
    "dispatched": Words("派遣至责任单位", "assigned to those who answer for it"),
    "resolved": Words("处理完毕", "reported as done"),
    "returned": Words("核查未通过，继续处理", "checked and not yet done"),
    "closed": Words("核查通过，结案", "checked and closed"),
    "reopened": Words("复查未通过，重新办理", "looked at again and reopened"),
}
