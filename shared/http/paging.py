"""Owns keyset paging: pages that stay right while rows are added, at any depth."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.errors import Rejected

Item = TypeVar("Item")


class BadCursor(Rejected):
    """The `after` value is none that this list gave out."""

    status = 422
    zh = "翻页标记无效，请从第一页重新读取"
    en = "The paging mark is not valid; start again from the first page"


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items, and the mark that asks for those after them (None at the end)."""

    items: list[Item]
    next: str | None


def page_of(rows: Sequence[Item], limit: int, key: Callable[[Item], str]) -> Page[Item]:
    """Return a page from `limit + 1` rows read in the order of `key`."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items, _sealed(key(items[-1])) if more else None)


def position(after: str | None) -> str | None:
    """Return the key that a mark stands for, None for the first page.

    Raises:
        BadCursor: when the mark can't be read.
    """
    if after is None:
        return None
    try:
        key = base64.b64decode(after, altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise BadCursor("after") from error
    if "\x00" in key:
        raise BadCursor("after")
    return key


def _sealed(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode("ascii")
