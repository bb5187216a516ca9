"""Owns how an inspection becomes points: every item answered once, whole numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.inspections.domain.checklists import ChecklistItem
from shared.errors import Rejected
from shared.privacy.personal_numbers import require_nobody_named


class ItemUnknown(Rejected):
    """A result names an item that the current version of the checklist doesn't have."""

    zh = "检查表当前版本中没有项目“{code}”"
    en = "The current version of the checklist has no item {code}"


class ItemAnsweredTwice(Rejected):
    """Two results name the same item."""

    zh = "项目“{code}”填写了两次"
    en = "The item {code} is answered twice"


class ItemsMissing(Rejected):
    """Some items of the checklist have no result."""

    zh = "以下项目尚未填写：{codes}"
    en = "These items are not answered: {codes}"


class NoteMissing(Rejected):
    """A failed item doesn't say what was seen."""

    zh = "不合格项目“{code}”必须填写问题描述"
    en = "The failed item {code} needs a note on what was seen"


@dataclass(frozen=True)
class ItemResult:
    """What the inspector saw of one item; a failed one says what is wrong."""

    item_code: str
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class Score:
    """The outcome of an inspection in points."""

    points: int
    points_possible: int
    failed_items: int


def check_results(items: Sequence[ChecklistItem], results: Sequence[ItemResult]) -> None:
    """Accept results that answer every item exactly once, the failed ones with a note.

    Such a note goes into the event of its finding; those of items that passed stay here.

    Raises:
        ItemUnknown, ItemAnsweredTwice, NoteMissing, TextNamesSomebody: naming the result at fault.
        ItemsMissing: naming `results`.
    """
    known = {item.code for item in items}
    answered: set[str] = set()
    for index, result in enumerate(results):
        _check_result(result, index, known, answered)
        answered.add(result.item_code)
    if missing := [item.code for item in items if item.code not in answered]:
        raise ItemsMissing("results", codes=", ".join(missing))


def score(items: Sequence[ChecklistItem], results: Sequence[ItemResult]) -> Score:
    """Return the points of the items that passed, of all items, and how many failed.

    The results are those that `check_results` accepted.
    """
    passed = {result.item_code for result in results if result.passed}
    return Score(
        points=sum(item.points for item in items if item.code in passed),
        points_possible=sum(item.points for item in items),
        failed_items=sum(item.code not in passed for item in items),
    )


def _check_result(result: ItemResult, index: int, known: set[str], answered: set[str]) -> None:
    code = result.item_code
    if code not in known:
        raise ItemUnknown(f"results.{index}.item_code", code=code)
    if code in answered:
        raise ItemAnsweredTwice(f"results.{index}.item_code", code=code)
    if not result.passed:
        if not result.note.strip():
            raise NoteMissing(f"results.{index}.note", code=code)
        require_nobody_named(**{f"results.{index}.note": result.note})
