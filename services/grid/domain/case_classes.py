"""Owns what can be wrong in a street, as the responsibility matrix knows it.

A rectification has the class of the checklist's item that failed. A resident chooses from a short
list: the six disorders of plan row I16, and what else people write of most.
"""

import re
from dataclasses import dataclass

from shared.errors import Rejected

UNCLASSIFIED = "unclassified"
"""The class of cases from before there were classes, and of items whose code says none."""
_BETWEEN = re.compile(r"[^a-z0-9]+")


class CaseClassUnknown(Rejected):
    """The class is none that a report may have."""

    zh = "没有类别 {case_class}"
    en = "There is no class {case_class}"


@dataclass(frozen=True)
class CaseClass:
    """A class of problems: its name, in how many natural days it is to be mended, how bad."""

    zh: str
    en: str
    days: int
    severity: int


STREET_PROBLEMS: dict[str, CaseClass] = {
    "disorderly-parking": CaseClass("乱停乱放", "disorderly parking", 1, 2),
    "illegal-construction": CaseClass("乱搭乱建", "illegal construction", 15, 4),
    "graffiti": CaseClass("乱涂乱画", "graffiti and bill-posting", 3, 2),
    "disorderly-piling": CaseClass("乱堆乱占", "disorderly piling", 3, 3),
    "disorderly-hanging": CaseClass("乱扯乱挂", "disorderly wires and hangings", 3, 3),
    "disorderly-stalls": CaseClass("乱摆摊点", "disorderly stalls", 1, 2),
    "exposed-litter": CaseClass("暴露垃圾", "exposed litter", 1, 2),
    "broken-facility": CaseClass("公共设施损坏", "broken public facility", 7, 3),
    "other": CaseClass("其他问题", "another problem", 7, 2),
}
"""What a resident may report; plan rows I16 and G28."""


def street_problem(case_class: str) -> CaseClass:
    """Return a class of the list by its code.

    Raises:
        CaseClassUnknown: when it isn't there.
    """
    if case_class not in STREET_PROBLEMS:
        raise CaseClassUnknown("case_class", case_class=case_class)
    return STREET_PROBLEMS[case_class]


def class_of_item(item_code: str) -> str:
    """Return the class of a rectification: the item's code, in the letters that classes have."""
    words = [word for word in _BETWEEN.split(item_code.lower()) if word]
    return "-".join(words) or UNCLASSIFIED
