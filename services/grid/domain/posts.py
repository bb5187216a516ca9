"""Owns what a post may be: an area of the register, two persons, classes only by subject."""

import re
from collections.abc import Sequence
from uuid import UUID

from services.grid.domain.responsibility import Branch
from shared.errors import NotFound, Rejected

_LONGEST = 64
_CLASS = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class PostUnknown(NotFound):
    """There is no post of that code."""

    zh = "没有此岗位"
    en = "There is no such post"


class ClassesOfTerritorialPost(Rejected):
    """A post by place answers for every class there; only one by subject may have a choice."""

    zh = "“块”的岗位负责所辖区划内的全部类别，不能指定 case_classes"
    en = "A territorial post answers for every class; case_classes must be empty"


class CaseClassMalformed(Rejected):
    """A class has other signs than a class can have."""

    zh = "类别须为 1 到 64 个小写字母、数字，中间可用 . _ - 分隔"
    en = "A class has 1 to 64 lower-case letters and digits, with single . _ - between them"


class PostCodeMalformed(Rejected):
    """The code that a caller chose for a post has other signs than a code can have."""

    zh = "岗位代码须为 1 到 64 个小写字母、数字，中间可用 - 分隔"
    en = "The code of a post has 1 to 64 lower-case letters and digits, with single - between them"


class HoldersMissing(Rejected):
    """A new post names nobody to answer."""

    zh = "设立岗位时须指明第一责任人和直接责任人"
    en = "A new post needs its first responsible and its directly responsible person"


class OnePersonForBoth(Rejected):
    """The first responsible and the directly responsible are two offices of two persons.

    Plan rows G08 and G09 name two, and a reminder that goes from one to the other must reach
    somebody else.
    """

    zh = "第一责任人与直接责任人不能是同一人"
    en = "The first responsible and the directly responsible must be two persons"


def require_code(code: str) -> None:
    """Refuse a code that no post can have.

    Raises:
        PostCodeMalformed
    """
    if len(code) > _LONGEST or not _CODE.fullmatch(code):
        raise PostCodeMalformed("code")


def require_two_persons(first: UUID | None, direct: UUID | None) -> None:
    """Refuse one person in both places.

    Raises:
        OnePersonForBoth
    """
    if first is not None and first == direct:
        raise OnePersonForBoth("directly_responsible_id")


def classes_of(branch: Branch, named: Sequence[str]) -> tuple[str, ...]:
    """Return the classes of a post, sorted and each once.

    Raises:
        ClassesOfTerritorialPost: when a post by place names any.
        CaseClassMalformed: naming the first.
    """
    if branch == "territorial" and named:
        raise ClassesOfTerritorialPost("case_classes")
    for index, one in enumerate(named):
        require_class(f"case_classes.{index}", one)
    return tuple(sorted(set(named)))


def require_class(field: str, case_class: str) -> None:
    """Refuse what no class can be.

    Raises:
        CaseClassMalformed
    """
    if len(case_class) > _LONGEST or not _CLASS.fullmatch(case_class):
        raise CaseClassMalformed(field)
