"""Owns how areas get their codes: chosen, carried along or the next number, and never again."""

from collections.abc import Iterable

from services.grid.domain.areas import level_of, parent_of
from shared.errors import Conflict, Rejected


class AreaCodeTaken(Rejected):
    """The code is that of an area, or was: no code is ever used for another one."""

    zh = "区划代码 {code} 已经使用过，代码不得重复使用"
    en = "The code {code} has been used; codes are never used again"


class CodeNotUnder(Rejected):
    """The code that a caller chose isn't one of a child of the area where it is to lie."""

    zh = "代码 {code} 不是 {parent} 下一级的区划代码"
    en = "The code {code} is not one of an area right under {parent}"


class NoNumberFree(Conflict):
    """Every number under an area has been used."""

    zh = "{parent} 下已没有可用的编号"
    en = "All numbers under {parent} have been used"


class Numbers:
    """Gives out codes: those that were never used."""

    def __init__(self, used: Iterable[str], given_back: Iterable[str] = ()) -> None:
        """Take every code that is or was used where new ones are needed.

        Those `given_back` were never in force: their change was undone on its own day. Who records
        it anew, for another day say, has to name them again; we don't.
        """
        self._used = set(used)
        self._given_back = set(given_back)

    def take(self, parent: str, code: str, at: str) -> str:
        """Take a code that somebody chose; `at` is the field where.

        Raises:
            CodeNotUnder, AreaCodeTaken
        """
        if level_of(code) is None or parent_of(code) != (parent or None):
            raise CodeNotUnder(at, code=code, parent=parent or "中国")
        if code in self._used - self._given_back:
            raise AreaCodeTaken(at, code=code)
        self._used.add(code)
        self._given_back.discard(code)
        return code

    def follow(self, parent: str, suffix: str) -> str:
        """Take the code with the same last digits under another parent, or the next that is free.

        Raises:
            NoNumberFree
        """
        if (code := parent + suffix) in self._used:
            return self.next(parent, len(suffix))
        self._used.add(code)
        return code

    def next(self, parent: str, digits: int) -> str:
        """Take the number after the highest that was used, or the lowest free one when that's last.

        Raises:
            NoNumberFree
        """
        length = len(parent) + digits
        taken = {
            int(code[-digits:])
            for code in self._used
            if len(code) == length and code.startswith(parent)
        }
        highest, last = max(taken, default=0), 10**digits - 1
        number = highest + 1 if highest < last else _lowest_free(taken, last, parent)
        self._used.add(code := f"{parent}{number:0{digits}}")
        return code


def _lowest_free(taken: set[int], last: int, parent: str) -> int:
    for number in range(1, last + 1):
        if number not in taken:
            return number
    raise NoNumberFree(parent=parent)
