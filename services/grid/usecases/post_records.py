"""Owns what every change of a post does besides: write who holds what, keep and say its state."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from services.grid.domain.holding import (
    Holding,
    answering,
    holders_on,
    in_order,
    next_change,
    vacant_on,
)
from services.grid.domain.post_kinds import PostKind, kind_of
from services.grid.models.posts import PostHolding, PostRow, PostVersion
from services.grid.schemas.posts import HolderView, HoldingView, PostView
from services.grid.usecases.area_days import day_of
from shared.contracts.grid import HoldingState, PostChangedV1
from shared.messaging import outbox

CONTENT = (
    "name",
    "branch",
    "area_code",
    "case_classes",
    "assists",
    "duties",
    "first_responsible_id",
    "directly_responsible_id",
    "active",
)
_KEY = (PostHolding.post_id, PostHolding.office, PostHolding.acting, PostHolding.since)
Held = tuple[Holding, ...]


def kind_of_row(row: PostRow) -> PostKind:
    """Return the kind of a post, also of one that the code of step 0006 made."""
    return kind_of(row.kind, row.branch)


def content_of(row: PostRow) -> dict[str, Any]:
    """Return what a post is, but for its code, its basis and its version."""
    return {**{name: getattr(row, name) for name in CONTENT}, "kind": kind_of_row(row)}


def holdings_of(session: Session, post_ids: Collection[UUID]) -> Mapping[UUID, Held]:
    """Return every holding of some posts, by office and day."""
    held: dict[UUID, list[Holding]] = {post_id: [] for post_id in post_ids}
    rows = session.execute(
        select(
            PostHolding.post_id,
            PostHolding.office,
            PostHolding.person_id,
            PostHolding.acting,
            PostHolding.since,
            PostHolding.until,
        ).where(PostHolding.post_id.in_(post_ids))
    )
    for post_id, office, person_id, acting, since, until in rows:
        held[post_id].append(Holding(office, person_id, acting, since, until))
    return {post_id: in_order(found) for post_id, found in held.items()}


def rewrite(session: Session, row: PostRow, before: Held, after: Held) -> None:
    """Let the holdings of a post be those after a change; the row itself is not touched yet."""
    gone = [(row.id, one.office, one.acting, one.since) for one in before if one not in after]
    new = [{"post_id": row.id, **asdict(one)} for one in after if one not in before]
    if gone:
        session.execute(delete(PostHolding).where(tuple_(*_KEY).in_(gone)))
    if new:
        session.execute(insert(PostHolding), new)


def renew(row: PostRow, held: Held, now: datetime) -> None:
    """Let a post show who answers today, or where nobody does who did last; its version grows.

    In any case: its holders may be all that changed, and the clock may stand.
    """
    today = day_of(now)
    row.first_responsible_id = answering(held, "first", today) or row.first_responsible_id
    row.directly_responsible_id = answering(held, "direct", today) or row.directly_responsible_id
    row.next_change_on = next_change(held, today)
    row.updated_at = now
    flag_modified(row, "updated_at")


def tell(session: Session, row: PostRow, held: Held, by: UUID | None, now: datetime) -> None:
    """Keep and say what a post has become; `by` is nobody where a day came."""
    session.flush()
    content, today = content_of(row), day_of(now)
    session.add(
        PostVersion(
            post_id=row.id,
            version=row.version,
            **content,
            basis=row.basis,
            holders=[_stored(one) for one in held],
            changed_by=by,
            changed_at=now,
        )
    )
    said = [HoldingState(**asdict(one)) for one in held if one.until is None or one.until > today]
    outbox.add(
        session,
        PostChangedV1(
            post_id=row.id,
            post_code=row.code,
            version=row.version,
            **content,
            holders=said,
            vacant=list(vacant_on(held, today)),
        ),
    )


def view_of(row: PostRow, held: Held, day: date) -> PostView:
    """Return a post with who holds its offices on a day, and all its dated holdings."""
    there = holders_on(held, day)
    return PostView(
        id=row.id,
        code=row.code,
        version=row.version,
        **content_of(row),
        basis=row.basis,
        on=day,
        holders=[HolderView(one.office, one.person_id, one.acting) for one in there],
        vacant=list(vacant_on(held, day)),
        holdings=[HoldingView(**asdict(one)) for one in held],
    )


def views_of(session: Session, rows: Sequence[PostRow], day: date) -> list[PostView]:
    """Return some posts with who holds their offices on a day."""
    held = holdings_of(session, [row.id for row in rows])
    return [view_of(row, held[row.id], day) for row in rows]


def _stored(one: Holding) -> dict[str, Any]:
    until = one.until and one.until.isoformat()
    return asdict(one) | {
        "person_id": str(one.person_id),
        "since": one.since.isoformat(),
        "until": until,
    }
