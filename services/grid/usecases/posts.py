"""Owns posts: set up and changed by the offices, shown and listed with who holds them on a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import posts
from services.grid.domain.areas import AreaNotRegistered, subtree_of
from services.grid.domain.holding import (
    ANSWERING,
    Appointment,
    Office,
    appointed,
    require_two_persons_each_day,
)
from services.grid.domain.post_kinds import assisted_classes, branch_of, classes_of_kind, kind_of
from services.grid.models.areas import Area
from services.grid.models.posts import PostHolding, PostRow
from services.grid.schemas.posts import ListPosts, PostPage, PostView, PutPost
from services.grid.usecases.area_days import day_of
from services.grid.usecases.post_records import (
    Held,
    holdings_of,
    renew,
    rewrite,
    tell,
    view_of,
    views_of,
)
from shared.auth.callers import Caller
from shared.http.etags import Expected, PreconditionRequired, require_version
from shared.http.listing import Key, Listing
from shared.ids import new_id
from shared.privacy.personal_numbers import require_nobody_named

_BY_CODE = Listing("posts", {"code": (Key(PostRow.code),)})
_PERSONS: dict[Office, str] = {
    "first": "first_responsible_id",
    "direct": "directly_responsible_id",
}


@dataclass(frozen=True)
class PostChange:
    """Which post is to be as the request has it, who asks, and which versions they may have seen.

    `conditional` tells "any version" (`*`) from a request that doesn't say.
    """

    code: str
    who: Caller
    expected: Expected = None
    conditional: bool = False


@dataclass(frozen=True)
class PostPut:
    """What became of it."""

    view: PostView
    created: bool


def put_post(session: Session, asked: PostChange, request: PutPost, now: datetime) -> PostPut:
    """Make a post, or make it be as the request has it; what is so already changes nothing.

    Raises:
        AreaNotGranted: when the area is not the caller's, or that where the post was.
        PostCodeMalformed, AreaNotRegistered, KindMissing, KindOfOtherBranch, OnePersonForBoth,
        ClassesOfKind, ClassReserved, ClassesOfPolicePost, ClassesOfTerritorialPost,
        AssistsOfKind, AssistsInItsOwn,
        CaseClassMalformed, TextNamesSomebody, HoldersMissing
        OnePersonOnDay: when a deputy, or who comes later, would hold two offices.
        PreconditionRequired, Stale: when there is one, and the caller doesn't say which version of
            it was seen, or another.
        PostUnknown: when a version is expected of a post that doesn't exist.
    """
    wanted = _checked(session, asked, request)
    if not asked.conditional and _created(session, asked, request, wanted, now):
        return PostPut(get_post(session, asked.code, None, now), created=True)
    row = locked_post(session, asked)
    if row is None:
        raise posts.PostUnknown if asked.conditional else posts.HoldersMissing(_PERSONS["first"])
    held = holdings_of(session, [row.id])[row.id]
    after = _held_after(row, held, request, now)
    if after != held or any(getattr(row, name) != value for name, value in wanted.items()):
        _require_seen(row, held, asked, now)
        rewrite(session, row, held, after)
        for name, value in wanted.items():
            setattr(row, name, value)
        renew(row, after, now)
        tell(session, row, after, asked.who.id, now)
    return PostPut(view_of(row, after, day_of(now)), created=False)


def locked_post(session: Session, asked: PostChange) -> PostRow | None:
    """Return the post, which nobody else changes until the transaction ends; None for none.

    Raises:
        AreaNotGranted: when it lies in no area of the caller's.
    """
    row = session.scalar(select(PostRow).where(PostRow.code == asked.code).with_for_update())
    if row is not None:
        asked.who.require_area("area_code", row.area_code)
    return row


def get_post(session: Session, code: str, on: Any, now: datetime) -> PostView:
    """Return a post with who holds its offices on a day, today when none is said.

    Raises:
        PostUnknown: when none has that code.
    """
    row = session.scalar(select(PostRow).where(PostRow.code == code))
    if row is None:
        raise posts.PostUnknown
    return views_of(session, [row], on or day_of(now))[0]


def list_posts(session: Session, wanted: ListPosts, now: datetime) -> PostPage:
    """Return a page of posts by code.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found, day = select(PostRow), wanted.on or day_of(now)
    if wanted.area is not None:
        first, past = subtree_of(wanted.area)
        found = found.where(PostRow.area_code >= first, PostRow.area_code < past)
    if wanted.branch is not None:
        found = found.where(PostRow.branch == wanted.branch)
    if wanted.kind is not None:
        found = found.where(PostRow.kind == wanted.kind)
    if wanted.person is not None:
        found = found.where(_held(day, PostHolding.person_id == wanted.person))
    if wanted.vacant is not None:
        filled = and_(*(_held(day, PostHolding.office == office) for office in ANSWERING))
        found = found.where(~filled if wanted.vacant else filled)
    page = _BY_CODE.page(session, found, wanted)
    return PostPage(views_of(session, page.items, day), page.next)


def _held(day: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that somebody is in an office of the post on a day."""
    return exists().where(
        PostHolding.post_id == PostRow.id,
        PostHolding.since <= day,
        or_(PostHolding.until.is_(None), PostHolding.until > day),
        condition,
    )


def _checked(session: Session, asked: PostChange, request: PutPost) -> dict[str, Any]:
    asked.who.require_area("area_code", request.area_code)
    posts.require_code(asked.code)
    require_nobody_named(name=request.name, duties=request.duties, basis=request.basis or "")
    posts.require_two_persons(request.first_responsible_id, request.directly_responsible_id)
    kind = kind_of(request.kind, request.branch)
    classes = list(classes_of_kind(kind, request.case_classes))
    assists = list(assisted_classes(kind, request.assists, classes))
    if session.get(Area, request.area_code) is None:
        raise AreaNotRegistered("area_code", code=request.area_code)
    said = ("name", "area_code", "duties", "basis", "active")
    content = {name: getattr(request, name) for name in said}
    content |= {"kind": kind, "branch": branch_of(kind)}
    return content | {"case_classes": classes, "assists": assists}


def _created(
    session: Session, asked: PostChange, request: PutPost, wanted: dict[str, Any], now: datetime
) -> bool:
    """Make the post unless there is one; of two who make it at once the other waits."""
    persons = {name: getattr(request, name) for name in _PERSONS.values()}
    if None in persons.values():
        return False
    times = {"created_at": now, "updated_at": now}
    new = insert(PostRow).values(
        id=new_id(), code=asked.code, version=1, **wanted, **persons, **times
    )
    made = session.scalar(new.on_conflict_do_nothing(index_elements=["code"]).returning(PostRow.id))
    if made is None:
        return False
    row = session.get_one(PostRow, made)
    held = _held_after(row, (), request, now)
    rewrite(session, row, (), held)
    tell(session, row, held, asked.who.id, now)
    return True


def _held_after(row: PostRow, held: Held, request: PutPost, now: datetime) -> Held:
    """Return the holdings when those whom a request names hold from today on.

    Who is shown as the one who answers, a deputy perhaps, or who holds the office under a deputy,
    is there already: a caller that sends back what it read changes nobody.
    """
    today, is_new = day_of(now), not held
    for office, name in _PERSONS.items():
        person = getattr(request, name)
        there = {one.person_id for one in held if one.office == office and one.period.holds(today)}
        shown = not is_new and person == getattr(row, name)
        if person is None or person in there or shown:
            continue
        held = appointed(held, Appointment(office, person, today))
    require_two_persons_each_day(held, _PERSONS["direct"])
    return held


def _require_seen(row: PostRow, held: Held, asked: PostChange, now: datetime) -> None:
    if not asked.conditional:
        raise PreconditionRequired("If-Match")
    require_version(asked.expected, row.version, lambda: view_of(row, held, day_of(now)))
