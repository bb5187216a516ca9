"""Owns what a checklist may be: its items, its points, and when two of them are the same."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.errors import Rejected
from shared.privacy.personal_numbers import require_nobody_named


class ItemCodeDoubled(Rejected):
    """Two items of a checklist have the same code."""

    zh = "项目编号“{code}”在同一检查表中重复"
    en = "The item code {code} occurs twice in the checklist"


class ItemTitleDoubled(Rejected):
    """Two items of a checklist read the same, so an inspector can't tell them apart."""

    zh = "项目内容“{title}”在同一检查表中重复"
    en = "The item title {title} occurs twice in the checklist"


@dataclass(frozen=True)
class ChecklistItem:
    """One thing to look at. Severity runs from 1 (cosmetic) to 5 (danger to life)."""

    code: str
    title: str
    severity: int
    points: int
    rectify_within_days: int
    """Natural days that a failed item may take to be mended."""


@dataclass(frozen=True)
class Checklist:
    """What a version of a checklist says. Equal content is the same version."""

    code: str
    title: str
    items: tuple[ChecklistItem, ...]

    @property
    def points_possible(self) -> int:
        """The points of an inspection in which every item passes."""
        return sum(item.points for item in self.items)


def check_checklist(checklist: Checklist) -> None:
    """Accept a checklist whose items can be told apart and name nobody: findings carry them.

    Raises:
        ItemCodeDoubled, ItemTitleDoubled: naming the later of the two, `items.2.code`.
        TextNamesSomebody: naming the title.
    """
    for index, item in enumerate(checklist.items):
        require_nobody_named(**{f"items.{index}.title": item.title})
    for index, code in _repeats(item.code for item in checklist.items):
        raise ItemCodeDoubled(f"items.{index}.code", code=code)
    for index, title in _repeats(item.title.strip() for item in checklist.items):
        raise ItemTitleDoubled(f"items.{index}.title", title=title)


def _repeats(values: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index, value
        seen.add(value)
