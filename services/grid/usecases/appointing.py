"""Owns who comes to and leaves an office of a post, on a day: by a person, then by the calendar."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain.holding import Appointment, appointed, require_two_persons_each_day
from services.grid.domain.posts import PostUnknown
from services.grid.models.posts import PostRow
from services.grid.schemas.posts import AppointHolder, PostView
from services.grid.usecases.area_days import day_of
from services.grid.usecases.post_records import holdings_of, renew, rewrite, tell, view_of
from services.grid.usecases.posts import PostChange, locked_post
from shared.http.etags import require_version

BATCH_POSTS = 50


def appoint_holder(
    session: Session, asked: PostChange, request: AppointHolder, now: datetime
) -> PostView:
    """Let a person hold an office in a period, or act in it, or nobody; the same again is nothing.

    Raises:
        PostUnknown: when there is no such post.
        AreaNotGranted: when it lies in no area of the caller's.
        Stale: when it has another version than the caller expects.
        PeriodBackwards, OnePersonOnDay
    """
    row, today = locked_post(session, asked), day_of(now)
    if row is None:
        raise PostUnknown
    held = holdings_of(session, [row.id])[row.id]
    wanted = Appointment(
        request.office, request.person_id, request.since, request.until, request.acting
    )
    after = appointed(held, wanted)
    require_two_persons_each_day(after, "person_id")
    if after != held:
        require_version(asked.expected, row.version, lambda: view_of(row, held, today))
        rewrite(session, row, held, after)
        renew(row, after, now)
        tell(session, row, after, asked.who.id, now)
    return view_of(row, after, today)


def renew_holders(session: Session, now: datetime) -> int:
    """Let a batch of posts show who answers since a change took effect; return how many.

    Several workers may do it at once, each post once: what another has locked is passed over. After
    an outage the days that were missed count as one change, to what holds today.
    """
    today = day_of(now)
    due = session.scalars(
        select(PostRow)
        .where(PostRow.next_change_on <= today)
        .order_by(PostRow.next_change_on)
        .limit(BATCH_POSTS)
        .with_for_update(skip_locked=True)
    ).all()
    held = holdings_of(session, [row.id for row in due])
    for row in due:
        renew(row, held[row.id], now)
        tell(session, row, held[row.id], None, now)
    return len(due)
