"""Owns what a page of a list is, and the refusal of a mark that doesn't lead to one."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.errors import Rejected

Item = TypeVar("Item")


class BadCursor(Rejected):
    """The `after` value is none that this list gave out for this order and these filters."""

    status = 422
    zh = "翻页标记无效，请从第一页重新读取"
    en = "The paging mark is not valid; start again from the first page"


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items, and the mark that asks for those after them (None at the end)."""

    items: list[Item]
    next: str | None
