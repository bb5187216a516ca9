"""Owns a person's messages: those to themself, and those to a role that they have."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from services.notifications.domain.rules import SUBJECTS
from services.notifications.domain.wording import Language, said, spoken_area
from services.notifications.models import Area, Message, MessageRead
from services.notifications.schemas import ListMessages, MessagePage, MessageSummary, MessageView
from shared.auth.callers import Caller, within
from shared.errors import NotFound
from shared.http.listing import Listing, newest

MOST_COUNTED = 1_000

_BY_ID = Listing("messages", {"-id": (newest(Message.id),)})


class MessageNotFound(NotFound):
    """No message of the caller's has that id."""

    zh = "未找到该消息"
    en = "There is no such message"


def list_messages(
    session: Session, wanted: ListMessages, who: Caller, language: Language
) -> MessagePage:
    """Return the caller's messages, the newest first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    rows = _own(who).options(joinedload(Message.announcement))
    if wanted.unread:
        rows = rows.where(~_read_by(who))
    page = _BY_ID.page(session, rows, wanted)
    return MessagePage(items=_views(session, page.items, who, language), next=page.next)


def get_message(session: Session, message_id: UUID, who: Caller, language: Language) -> MessageView:
    """Return one of the caller's messages.

    Raises:
        MessageNotFound
    """
    message = session.scalars(_own(who).where(Message.id == message_id)).one_or_none()
    if message is None:
        raise MessageNotFound
    (view,) = _views(session, [message], who, language)
    return view


def read_message(
    session: Session, message_id: UUID, who: Caller, language: Language, now: datetime
) -> MessageView:
    """Note that the caller read a message; a second time changes nothing.

    Raises:
        MessageNotFound
    """
    get_message(session, message_id, who, language)
    read = insert(MessageRead).values(person_id=who.id, message_id=message_id, read_at=now)
    session.execute(read.on_conflict_do_nothing())
    return get_message(session, message_id, who, language)


def get_message_summary(session: Session, who: Caller) -> MessageSummary:
    """Return how many messages the caller has not read; it counts no further than a thousand."""
    some = _own(who).where(~_read_by(who)).with_only_columns(Message.id).limit(MOST_COUNTED + 1)
    found = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return MessageSummary(unread=min(found, MOST_COUNTED), more=found > MOST_COUNTED)


def _own(who: Caller) -> Select[Message]:
    """Return the messages to the caller, and to each role where the caller has it."""
    roles: list[ColumnElement[bool]] = [
        and_(Message.role == grant.role, within(Message.area_code, grant.areas))
        for grant in who.grants
    ]
    to_role = and_(or_(*roles), ~Message.excluded_ids.contains([who.id])) if roles else None
    return select(Message).where(
        Message.person_id == who.id
        if to_role is None
        else or_(Message.person_id == who.id, to_role)
    )


def _read_by(who: Caller) -> ColumnElement[bool]:
    return exists().where(MessageRead.person_id == who.id, MessageRead.message_id == Message.id)


def _views(
    session: Session, messages: Sequence[Message], who: Caller, language: Language
) -> list[MessageView]:
    read_at = _read_at(session, messages, who)
    names = area_names(session, messages)
    return [_view(one, names, read_at.get(one.id), language) for one in messages]


def area_names(session: Session, messages: Sequence[Message]) -> dict[str, str]:
    """Return the name of each message's area, the code where the register has none."""
    codes = {one.announcement.area_code for one in messages}
    found = select(Area.code, Area.name).where(Area.code.in_(codes))
    return {code: code for code in codes} | {code: name for code, name in session.execute(found)}


def _read_at(session: Session, messages: Sequence[Message], who: Caller) -> dict[UUID, datetime]:
    found = select(MessageRead.message_id, MessageRead.read_at).where(
        MessageRead.person_id == who.id, MessageRead.message_id.in_([one.id for one in messages])
    )
    return {message_id: read_at for message_id, read_at in session.execute(found)}


def _view(
    message: Message, names: dict[str, str], read_at: datetime | None, language: Language
) -> MessageView:
    announcement = message.announcement
    area = names[announcement.area_code]
    words = said(
        announcement.template,
        announcement.data,
        area=area,
        occurred_at=announcement.occurred_at,
        language=language,
    )
    about: dict[str, Any] = {name: _id(announcement.data.get(name)) for name in SUBJECTS}
    return MessageView(
        id=message.id,
        template=announcement.template,
        subject=words.subject,
        body=words.body,
        area_code=announcement.area_code,
        area_name=spoken_area(area),
        to_role=message.role,
        **about,
        occurred_at=announcement.occurred_at,
        created_at=message.created_at,
        read_at=read_at,
    )


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
