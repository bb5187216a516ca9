"""Owns posts: set up and changed by the offices, and the matrix that they make together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import posts
from services.grid.domain.areas import AreaNotRegistered, ancestors_of, subtree_of
from services.grid.domain.responsibility import Matrix, Post
from services.grid.models.areas import Area
from services.grid.models.posts import PostRow, PostVersion
from services.grid.schemas.posts import ListPosts, PostPage, PostView, PutPost
from shared.auth.callers import Caller
from shared.contracts.grid import PostChangedV1
from shared.http.etags import Expected, PreconditionRequired, require_version
from shared.http.listing import Key, Listing
from shared.ids import new_id
from shared.messaging import outbox
from shared.privacy.personal_numbers import require_nobody_named

_BY_CODE = Listing("posts", {"code": (Key(PostRow.code),)})
_CONTENT = (
    "name",
    "branch",
    "area_code",
    "case_classes",
    "first_responsible_id",
    "directly_responsible_id",
    "active",
)


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
        PostCodeMalformed, AreaNotRegistered, ClassesOfTerritorialPost, CaseClassMalformed,
        OnePersonForBoth, TextNamesSomebody
        PreconditionRequired, Stale: when there is one, and the caller doesn't say which version of
            it was seen, or another.
        PostUnknown: when a version is expected of a post that doesn't exist.
    """
    wanted = _checked(session, asked, request)
    if not asked.conditional and _created(session, asked, wanted, now):
        return PostPut(get_post(session, asked.code), created=True)
    row = session.scalar(select(PostRow).where(PostRow.code == asked.code).with_for_update())
    if row is None:
        raise posts.PostUnknown
    asked.who.require_area("area_code", row.area_code)
    if any(getattr(row, name) != value for name, value in wanted.items()):
        _change(session, row, asked, wanted, now)
    return PostPut(_view_of(row), created=False)


def get_post(session: Session, code: str) -> PostView:
    """Return a post.

    Raises:
        PostUnknown: when none has that code.
    """
    row = session.scalar(select(PostRow).where(PostRow.code == code))
    if row is None:
        raise posts.PostUnknown
    return _view_of(row)


def list_posts(session: Session, wanted: ListPosts) -> PostPage:
    """Return a page of posts by code.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(PostRow)
    if wanted.area is not None:
        first, past = subtree_of(wanted.area)
        found = found.where(PostRow.area_code >= first, PostRow.area_code < past)
    if wanted.branch is not None:
        found = found.where(PostRow.branch == wanted.branch)
    page = _BY_CODE.page(session, found, wanted)
    return PostPage([_view_of(row) for row in page.items], page.next)


def matrix_for(session: Session, area_code: str) -> Matrix:
    """Return the part of the responsibility matrix that an area needs: posts there and above."""
    codes = (*ancestors_of(area_code), area_code)
    rows = session.scalars(select(PostRow).where(PostRow.area_code.in_(codes), PostRow.active))
    return Matrix(map(as_post, rows))


def whole_matrix(session: Session) -> Matrix:
    """Return the whole responsibility matrix: some thousand posts."""
    return Matrix(map(as_post, session.scalars(select(PostRow).where(PostRow.active))))


def post_named(session: Session, code: str) -> Post | None:
    """Return a post for the rules, None when there is none."""
    row = session.scalar(select(PostRow).where(PostRow.code == code))
    return None if row is None else as_post(row)


def as_post(row: PostRow) -> Post:
    """Return what the rules know of a post."""
    content = {name: getattr(row, name) for name in _CONTENT}
    content["case_classes"] = tuple(row.case_classes)
    return Post(id=row.id, code=row.code, **content)


def _checked(session: Session, asked: PostChange, request: PutPost) -> dict[str, Any]:
    asked.who.require_area("area_code", request.area_code)
    posts.require_code(asked.code)
    require_nobody_named(name=request.name)
    posts.require_two_persons(request.first_responsible_id, request.directly_responsible_id)
    classes = list(posts.classes_of(request.branch, request.case_classes))
    if session.get(Area, request.area_code) is None:
        raise AreaNotRegistered("area_code", code=request.area_code)
    return {**{name: getattr(request, name) for name in _CONTENT}, "case_classes": classes}


def _created(session: Session, asked: PostChange, wanted: dict[str, Any], now: datetime) -> bool:
    """Make the post unless there is one; of two who make it at once the other waits."""
    times = {"created_at": now, "updated_at": now}
    new = insert(PostRow).values(id=new_id(), code=asked.code, version=1, **wanted, **times)
    made = session.scalar(new.on_conflict_do_nothing(index_elements=["code"]).returning(PostRow.id))
    if made is None:
        return False
    _tell(session, session.get_one(PostRow, made), asked.who, now)
    return True


def _change(
    session: Session, row: PostRow, asked: PostChange, wanted: dict[str, Any], now: datetime
) -> None:
    if not asked.conditional:
        raise PreconditionRequired("If-Match")
    require_version(asked.expected, row.version, lambda: _view_of(row))
    for name, value in wanted.items():
        setattr(row, name, value)
    row.updated_at = now
    session.flush()
    _tell(session, row, asked.who, now)


def _tell(session: Session, row: PostRow, who: Caller, now: datetime) -> None:
    content = {name: getattr(row, name) for name in _CONTENT}
    session.add(
        PostVersion(
            post_id=row.id, version=row.version, **content, changed_by=who.id, changed_at=now
        )
    )
    outbox.add(
        session,
        PostChangedV1(post_id=row.id, post_code=row.code, version=row.version, **content),
    )


def _view_of(row: PostRow) -> PostView:
    content = {name: getattr(row, name) for name in _CONTENT}
    return PostView(id=row.id, code=row.code, version=row.version, **content)
