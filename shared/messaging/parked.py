"""Owns what an operator does with parked events, the same from HTTP and from the command line.

Of an event that failed the row is the truth: a replay makes it due, and the worker's timer runs it
through the same `once` as a delivery. All of it is machinery: real time, `Transactions.change`.
"""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.errors import Rejected
from shared.http.listing import Key, Listing, newest
from shared.ids import new_id
from shared.messaging import parked_rules as rules
from shared.messaging.parked_schemas import (
    BodyFormat,
    ListParkedEvents,
    NotReplayed,
    ParkedEventLine,
    ParkedEventPage,
    ParkedEventView,
    ParkedStepView,
    Replayed,
    WhichParkedEvents,
)
from shared.messaging.tables import FailedEvent, FailedEventStep, InboxRow
from shared.privacy.reasons import require_new_reason

_FAILED = Listing(
    "failed events",
    {"-created_at": (newest(FailedEvent.id),), "created_at": (Key(FailedEvent.id),)},
)
"""Ids are in the order in which events failed first."""

_LOCK = 7_236_002
"""Advisory lock under which replays are counted; the number means nothing."""

_DEEPEST = 50
"""Levels of JSON that are shown as JSON: more are no event of ours, and fail many a reader."""

_LOOKED_AT = 1_000
"""Parked events that one replay of many looks at: those that it must refuse may come first."""


def list_parked_events(session: Session, wanted: ListParkedEvents) -> ParkedEventPage:
    """Return a page of failed events in one state, without their content.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    asked_for = _asked_for(wanted.state, wanted.queue, wanted.event_type)
    page = _FAILED.page(session, select(FailedEvent).where(*asked_for), wanted)
    found = _with_effect().where(FailedEvent.id.in_([row.id for row in page.items]))
    effects = {row.id: had_effect for row, had_effect in session.execute(found)}
    lines = [ParkedEventLine(**_line_of(row, effects[row.id])) for row in page.items]
    return ParkedEventPage(items=lines, next=page.next)


def get_parked_event(session: Session, parked_id: UUID) -> ParkedEventView:
    """Return a failed event with its content and what people did with it.

    Raises:
        ParkedEventUnknown: when there is none of that id.
    """
    found = session.execute(_with_effect().where(FailedEvent.id == parked_id)).first()
    if found is None:
        raise rules.ParkedEventUnknown
    return _view_of(session, *found)


def replay_parked_event(
    session: Session, parked_id: UUID, person: str, inbox_period: timedelta
) -> ParkedEventView:
    """Let the worker try a parked event again at once, with all its tries before it.

    Raises:
        ParkedEventUnknown: when there is none of that id.
        EventNotParked: when somebody else was faster, or it waits for its next try anyway.
        TooManyReplays: when this minute's are used up.
        Rejected: when a replay can't help or might do harm; `require_replayable` tells.
    """
    now = real_now()
    _replays_left(session, now)
    row = _locked(session, parked_id)
    rules.require_replayable(row, inbox_period, now)
    _make_due(session, row, person, now)
    session.flush()
    return get_parked_event(session, parked_id)


def replay_parked_events(
    session: Session, wanted: WhichParkedEvents, person: str, inbox_period: timedelta
) -> Replayed:
    """Replay what a filter finds, the oldest first, up to its limit and to this minute's.

    What must not be replayed is passed over and told; so is what another person holds, untold.

    Raises:
        TooManyReplays: when this minute's are used up.
    """
    now = real_now()
    most = min(wanted.limit, _replays_left(session, now))
    asked_for = _asked_for("parked", wanted.queue, wanted.event_type)
    done: list[UUID] = []
    refused: list[NotReplayed] = []
    for row in _oldest(session, asked_for):
        try:
            rules.require_replayable(row, inbox_period, now)
        except Rejected as refusal:
            refused.append(NotReplayed(row.id, refusal))
            continue
        _make_due(session, row, person, now)
        done.append(row.id)
        if len(done) == most:
            break
    session.flush()
    left = select(func.count()).select_from(FailedEvent).where(*asked_for)
    return Replayed(done, refused[: rules.REPLAYS_PER_MINUTE], session.scalars(left).one())


def discard_parked_event(
    session: Session, parked_id: UUID, person: str, reason: str
) -> ParkedEventView:
    """Give a parked event up for good; it stays to be looked at until its time is over.

    It is claimed in the inbox: delivered again, it has no effect behind the person's back.

    Raises:
        ParkedEventUnknown: when there is none of that id.
        EventNotParked: when somebody else was faster.
        EventHadItsEffect: when it came again and was handled meanwhile.
        ReasonNamesSomebody: when a number or address of somebody stands in the reason.
    """
    now, why = real_now(), require_new_reason(reason)
    row = _locked(session, parked_id)
    _claim(session, row)
    row.state, row.settled_at = "discarded", now
    _note(session, row, "discarded", person, why, now)
    session.flush()
    return get_parked_event(session, parked_id)


def _asked_for(
    state: str, queue: str | None, event_type: str | None
) -> tuple[ColumnElement[bool], ...]:
    asked = [FailedEvent.state == state]
    if queue is not None:
        asked.append(FailedEvent.queue == queue)
    if event_type is not None:
        asked.append(FailedEvent.event_type == event_type)
    return tuple(asked)


def _with_effect() -> Select[FailedEvent, bool]:
    """Select failed events, each with whether the inbox holds its claim."""
    claimed = exists().where(
        InboxRow.consumer == FailedEvent.queue, InboxRow.event_id == FailedEvent.event_id
    )
    # a discard claims an event so that it never has its effect
    return select(FailedEvent, and_(FailedEvent.state != "discarded", claimed))


def _locked(session: Session, parked_id: UUID) -> FailedEvent:
    row = session.get(FailedEvent, parked_id, with_for_update=True)
    if row is None:
        raise rules.ParkedEventUnknown
    rules.require_parked(row)
    return row


def _replays_left(session: Session, now: datetime) -> int:
    """Count under a lock: two at once must not both have the rest of the minute."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    recent = session.scalars(
        select(FailedEventStep.at).where(
            FailedEventStep.action == "replayed", FailedEventStep.at > rules.minute_before(now)
        )
    )
    return rules.replays_left(recent.all(), now)


def _oldest(session: Session, asked_for: tuple[ColumnElement[bool], ...]) -> Iterator[FailedEvent]:
    """Lock and yield rows by hundreds, so that bodies don't fill the memory."""
    after: UUID | None = None
    for _ in range(_LOOKED_AT // 100):
        found = select(FailedEvent).where(*asked_for).order_by(FailedEvent.id).limit(100)
        if after is not None:
            found = found.where(FailedEvent.id > after)
        rows = session.scalars(found.with_for_update(skip_locked=True)).all()
        yield from rows
        if len(rows) < 100:
            return
        after = rows[-1].id


def _make_due(session: Session, row: FailedEvent, person: str, now: datetime) -> None:
    row.state, row.attempts, row.next_attempt_at = "waiting", 0, now
    _note(session, row, "replayed", person, "", now)


def _note(
    session: Session, row: FailedEvent, action: str, person: str, reason: str, now: datetime
) -> None:
    session.add(
        FailedEventStep(
            id=new_id(),
            failed_event_id=row.id,
            action=action,
            person=person,
            reason=reason,
            at=now,
        )
    )


def _claim(session: Session, row: FailedEvent) -> None:
    if row.event_id is None:
        return
    claim = (
        insert(InboxRow)
        .values(consumer=row.queue, event_id=row.event_id)
        .on_conflict_do_nothing()
        .returning(InboxRow.event_id)
    )
    if session.execute(claim).first() is None:
        raise rules.EventHadItsEffect


def _view_of(session: Session, row: FailedEvent, had_effect: bool) -> ParkedEventView:
    steps = session.scalars(
        select(FailedEventStep)
        .where(FailedEventStep.failed_event_id == row.id)
        .order_by(FailedEventStep.id)
    )
    body_format, body = shown(row.body)
    return ParkedEventView(
        **_line_of(row, had_effect),
        headers=row.headers,
        body=body,
        body_format=body_format,
        steps=[ParkedStepView(s.action, s.person, s.reason, s.at) for s in steps],
    )


def _line_of(row: FailedEvent, had_effect: bool) -> dict[str, Any]:
    names = ("id", "queue", "event_id", "event_type", "state", "attempts", "error", "created_at")
    times = ("next_attempt_at", "settled_at")
    line = {name: getattr(row, name) for name in (*names, *times)}
    return line | {"said_at": row.headers.get("ce-time"), "had_effect": had_effect}


def shown(body: bytes) -> tuple[BodyFormat, Any]:
    """Return a body as (`json`, value), (`text`, text) or (`base64`, text): the first that fits."""
    try:
        written = body.decode("utf-8")
    except UnicodeDecodeError:
        return "base64", base64.b64encode(body).decode("ascii")
    try:
        value = json.loads(written)
        # what Python reads, but no reader of our answer: NaN, 1e999, half of a surrogate pair
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        return "text", written
    return ("text", written) if _is_nested(value, _DEEPEST) else ("json", value)


def _is_nested(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return False
    return levels == 0 or any(_is_nested(one, levels - 1) for one in inside)
