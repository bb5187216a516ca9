"""Owns who answers for a case: 条块结合、以块为主, one owner by place and one by subject.

Plan rows G07 (both, the territorial first), G08 (by place: zone secretary and community secretary)
and G09 (by subject: the member in charge and the section head).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.grid.domain.areas import ancestors_of
from services.grid.domain.holding import ANSWERING, OFFICE_WORDS, Office
from shared.errors import Conflict, Rejected

Branch = Literal["territorial", "functional"]
BRANCHES: tuple[Branch, ...] = ("territorial", "functional")
_CHINESE: dict[Branch, str] = {"territorial": "块", "functional": "条"}


class PostNotKnown(Rejected):
    """No post has the code that a request names."""

    zh = "没有代码为 {code} 的岗位"
    en = "There is no post {code}"


class PostInactive(Rejected):
    """The post that a request names takes no cases any more."""

    zh = "岗位 {code} 已停用"
    en = "The post {code} is not active"


class PostOfOtherBranch(Rejected):
    """A post by place is named where one by subject is needed, or the other way round."""

    zh = "岗位 {code} 不是“{wanted_zh}”的岗位"
    en = "The post {code} is not {wanted}"


class PostElsewhere(Rejected):
    """The post answers for another area than that of the case."""

    zh = "岗位 {code} 不负责区划 {area}"
    en = "The post {code} does not answer for the area {area}"


class PostVacant(Rejected):
    """The post has nobody in an office on the day; who answers for the case must have a name."""

    zh = "岗位 {code} 当日无{offices_zh}（或岗位已停用），不能承接案件"
    en = "The post {code} has no {offices} on this day, or is stopped: it can take no case"


class NoOwnerFound(Conflict):
    """The responsibility matrix has no post for the case; somebody must name or set up one."""

    zh = "责任矩阵中没有负责该案件的“{wanted_zh}”岗位，请指定或先设立岗位"
    en = "The responsibility matrix has no {wanted} post for this case; name one, or set one up"


@dataclass(frozen=True)
class Post:
    """A post on a day as the rules see it; no classes is all of them, no person is a vacancy."""

    id: UUID
    code: str
    name: str
    branch: Branch
    area_code: str
    case_classes: tuple[str, ...]
    first_responsible_id: UUID | None
    directly_responsible_id: UUID | None
    active: bool

    @property
    def vacant(self) -> tuple[Office, ...]:
        """The offices in which nobody is."""
        persons = (self.first_responsible_id, self.directly_responsible_id)
        return tuple(o for o, one in zip(ANSWERING, persons, strict=True) if one is None)

    def covers(self, area_code: str) -> bool:
        """Tell whether an area lies in that of the post."""
        return area_code.startswith(self.area_code)

    def answers_for(self, case_class: str) -> bool:
        """Tell whether a class is the post's; one by place has all."""
        return not self.case_classes or case_class in self.case_classes


@dataclass(frozen=True)
class Owner:
    """A post as it was on the day when a case was dispatched to it."""

    post_id: UUID
    post_code: str
    post_name: str
    first_responsible_id: UUID
    directly_responsible_id: UUID

    @property
    def persons(self) -> tuple[UUID, UUID]:
        return self.first_responsible_id, self.directly_responsible_id


@dataclass(frozen=True)
class Owners:
    """The two owners of a case."""

    territorial: Owner
    functional: Owner


class Matrix:
    """Area × class → the two posts that answer, found by the area's own prefixes."""

    def __init__(self, posts: Iterable[Post]) -> None:
        """Take posts; those that are not active answer for nothing."""
        self._posts: dict[tuple[Branch, str], list[Post]] = {}
        for post in posts:
            if post.active:
                self._posts.setdefault((post.branch, post.area_code), []).append(post)

    def post_of(self, branch: Branch, area_code: str, case_class: str) -> Post | None:
        """Return the post that answers, None where there is a gap.

        The more specific area comes first, then a post that names the class before one with all
        of them, then the code.
        """
        for area in reversed((*ancestors_of(area_code), area_code)):
            fitting = [p for p in self._posts.get((branch, area), ()) if p.answers_for(case_class)]
            if fitting:
                return min(fitting, key=lambda post: (not post.case_classes, post.code))
        return None

    def owners_of(self, area_code: str, case_class: str) -> Owners | None:
        """Return both owners of a case, None unless there are both, with both their persons.

        Where one is vacant the case waits: it never goes to another post silently.
        """
        territorial, functional = (self.post_of(b, area_code, case_class) for b in BRANCHES)
        if territorial is None or functional is None or territorial.vacant or functional.vacant:
            return None
        return Owners(owner_at(territorial, "territorial"), owner_at(functional, "functional"))


def owner_at(post: Post, wanted: Branch) -> Owner:
    """Return what a case keeps of the post that owns it by one branch.

    Raises:
        PostVacant: when it has nobody in an office.
    """
    first, direct = post.first_responsible_id, post.directly_responsible_id
    if first is None or direct is None:
        chinese, english = zip(*(OFFICE_WORDS[office] for office in post.vacant), strict=True)
        offices = {"offices_zh": "、".join(chinese), "offices": " and no ".join(english)}
        raise PostVacant(wanted, code=post.code, **offices)
    return Owner(post.id, post.code, post.name, first, direct)


def require_fitting(post: Post | None, code: str, wanted: Branch, area_code: str) -> Post:
    """Return the post that somebody named as the owner of one branch.

    Its classes don't matter: who dispatches by hand may know better than the matrix.

    Raises:
        PostNotKnown, PostInactive, PostOfOtherBranch, PostElsewhere: naming the branch as field.
    """
    if post is None:
        raise PostNotKnown(wanted, code=code)
    if not post.active:
        raise PostInactive(wanted, code=code)
    if post.branch != wanted:
        raise PostOfOtherBranch(wanted, code=code, wanted=wanted, wanted_zh=_CHINESE[wanted])
    if not post.covers(area_code):
        raise PostElsewhere(wanted, code=code, area=area_code)
    return post


def require_found(post: Post | None, wanted: Branch) -> Post:
    """Return the post that the matrix found.

    Raises:
        NoOwnerFound: when it found none.
    """
    if post is None:
        raise NoOwnerFound(wanted, wanted=wanted, wanted_zh=_CHINESE[wanted])
    return post
