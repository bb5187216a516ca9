"""Owns the kinds of posts: who leads, who coordinates, who answers by subject and by place.

Plan rows X01 and X02 (a leading group under the top leader), G11 (its office), G10 (the units that
guide by subject), G27 (the police officer of a community), G08 (by place).
"""

from collections.abc import Sequence
from typing import Literal

from services.grid.domain.posts import classes_of, require_class
from services.grid.domain.responsibility import Branch
from shared.errors import Rejected

PostKind = Literal["leading_group", "office", "department", "police", "territorial"]
RESERVED: dict[PostKind, str] = {"leading_group": "leadership", "office": "coordination"}
"""The one class of those who lead and coordinate: no case has it, so none is theirs by subject."""
_DEFAULT: dict[Branch, PostKind] = {"territorial": "territorial", "functional": "department"}


class KindMissing(Rejected):
    """A post is put without saying whether it answers by place or by subject."""

    zh = "须指明 kind 或 branch"
    en = "Give kind or branch"


class KindOfOtherBranch(Rejected):
    """The kind and the branch of a post contradict each other."""

    zh = "kind 为 {kind} 的岗位属于 {branch}"
    en = "A post of the kind {kind} is {branch}"


class ClassesOfKind(Rejected):
    """Who leads or coordinates answers for no class of cases beside the reserved one."""

    zh = "kind 为 {kind} 的岗位只负责 {reserved}，不能指定其他类别"
    en = "A post of the kind {kind} answers for {reserved} and for no other class"


class ClassReserved(Rejected):
    """The class is that of a leading group or its office."""

    zh = "类别 {case_class} 保留给 kind 为 {kind} 的岗位"
    en = "The class {case_class} is reserved for posts of the kind {kind}"


class ClassesOfPolicePost(Rejected):
    """A police officer without named classes would own every case by subject in the area."""

    zh = "包片民警岗位须指明负责的类别"
    en = "A police post must name its case_classes"


class AssistsOfKind(Rejected):
    """Only units by subject assist others; places and those who coordinate don't."""

    zh = "kind 为 {kind} 的岗位不参与协办"
    en = "A post of the kind {kind} assists in nothing"


class AssistsInItsOwn(Rejected):
    """A unit can't assist in a class that it answers for itself."""

    zh = "类别 {case_class} 由该岗位主办，不能同时协办"
    en = "The post answers for {case_class} itself and can't assist in it"


def branch_of(kind: PostKind) -> Branch:
    """Return the branch of a kind: by place only where it is territorial."""
    return "territorial" if kind == "territorial" else "functional"


def kind_of(kind: PostKind | None, branch: Branch | None) -> PostKind:
    """Return the kind that is said, or that of the branch.

    Raises:
        KindMissing, KindOfOtherBranch
    """
    if kind is None:
        if branch is None:
            raise KindMissing("kind")
        return _DEFAULT[branch]
    if branch not in (None, branch_of(kind)):
        raise KindOfOtherBranch("branch", kind=kind, branch=branch_of(kind))
    return kind


def classes_of_kind(kind: PostKind, named: Sequence[str]) -> tuple[str, ...]:
    """Return the classes of a post of a kind, sorted and each once.

    Raises:
        ClassesOfKind, ClassReserved, ClassesOfPolicePost
        ClassesOfTerritorialPost, CaseClassMalformed: as for every post.
    """
    if reserved := RESERVED.get(kind):
        if set(named) - {reserved}:
            raise ClassesOfKind("case_classes", kind=kind, reserved=reserved)
        return (reserved,)
    for other, reserved in RESERVED.items():
        if reserved in named:
            raise ClassReserved("case_classes", case_class=reserved, kind=other)
    if kind == "police" and not named:
        raise ClassesOfPolicePost("case_classes")
    return classes_of(branch_of(kind), named)


def assisted_classes(kind: PostKind, named: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that a post assists in, sorted and each once (plan row G13).

    Raises:
        AssistsOfKind, AssistsInItsOwn, CaseClassMalformed
    """
    if named and kind not in ("department", "police"):
        raise AssistsOfKind("assists", kind=kind)
    for index, one in enumerate(named):
        require_class(f"assists.{index}", one)
        if one in own:
            raise AssistsInItsOwn(f"assists.{index}", case_class=one)
    return tuple(sorted(set(named)))
