"""Owns how announcements reach those they concern: everyone once, whatever comes first.

Who is concerned with a subject and what is told about it arrive in any order. Whichever comes
second finds the other, by the same query; the lock on the subjects lets neither miss the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifications.domain.rules import Announcement as Announced
from services.notifications.domain.rules import Concerned
from services.notifications.models import Announcement, Concern, Delivery, Message, Recipient
from shared.auth.roles import Role
from shared.clock import real_now
from shared.ids import new_id

_LOCKS = 7_236_021
"""Seeds the advisory locks of subjects; the number means nothing."""

# sorted, so that two who tell the same at once wait for each other instead of deadlocking
_UNTOLD = text("""
    SELECT DISTINCT told.id, concerned.person_id
    FROM announcements AS told
    JOIN concerns AS concerned ON concerned.subject_id = ANY (told.subject_ids)
    WHERE told.told = 'concerned' AND told.subject_ids && CAST(:subjects AS uuid[])
    AND NOT EXISTS (
        SELECT FROM messages
        WHERE messages.announcement_id = told.id AND messages.person_id = concerned.person_id)
    ORDER BY told.id, concerned.person_id
""")


@dataclass(frozen=True)
class _To:
    """Whom an announcement is for: a person, or a role in an area but for some persons."""

    announcement_id: UUID
    person_id: UUID | None = None
    role: Role | None = None
    area_code: str | None = None
    excluded: tuple[UUID, ...] = ()


def tell(
    session: Session,
    event_id: UUID,
    concerned: Sequence[Concerned],
    announced: Announced | None,
    now: datetime,
) -> None:
    """Note who is concerned and what is announced, and tell everyone who wasn't told yet."""
    subjects = {one.subject_id for one in concerned}
    if announced is not None and announced.told == "concerned":
        subjects |= set(announced.subject_ids)
    _lock(session, subjects)
    _add_concerns(session, concerned)
    to: list[_To] = []
    if announced is not None:
        session.add(_row_of(event_id, announced))
        session.flush()
        to = _named(event_id, announced)
    _send(session, [*to, *_untold(session, subjects)], now)


def _lock(session: Session, subjects: Iterable[UUID]) -> None:
    """Let one transaction at a time tell about a subject, always in the order of ids."""
    for subject in sorted(subjects):
        key = func.hashtextextended(str(subject), _LOCKS)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def _add_concerns(session: Session, concerned: Sequence[Concerned]) -> None:
    if concerned:
        rows = [vars(one) for one in concerned]
        session.execute(insert(Concern).values(rows).on_conflict_do_nothing())


def _row_of(event_id: UUID, announced: Announced) -> Announcement:
    return Announcement(
        id=event_id,
        template=announced.template,
        told=announced.told,
        area_code=announced.area_code,
        subject_ids=list(announced.subject_ids),
        data=announced.facts,
        occurred_at=announced.occurred_at,
    )


def _named(event_id: UUID, announced: Announced) -> list[_To]:
    persons = [_To(event_id, person) for person in announced.persons]
    roles = [
        _To(event_id, None, role, announced.area_code, announced.excluded)
        for role in announced.roles
    ]
    return persons + roles


def _untold(session: Session, subjects: set[UUID]) -> list[_To]:
    """Return those concerned with the subjects, of every announcement that they don't know yet."""
    if not subjects:
        return []
    found = session.execute(_UNTOLD, {"subjects": sorted(subjects)})
    return [_To(announcement_id, person_id) for announcement_id, person_id in found]


def _send(session: Session, to: Sequence[_To], now: datetime) -> None:
    """Put messages where they belong; who has an address and wants it gets an e-mail as well."""
    if not to:
        return
    rows = [
        {
            "id": new_id(),
            "announcement_id": one.announcement_id,
            "person_id": one.person_id,
            "role": one.role,
            "area_code": one.area_code,
            "excluded_ids": list(one.excluded),
            "created_at": now,
        }
        for one in to
    ]
    sent = insert(Message).values(rows).on_conflict_do_nothing()
    made = session.execute(sent.returning(Message.id, Message.person_id)).all()
    _deliver(session, {message: person for message, person in made if person is not None})


def _deliver(session: Session, messages: dict[UUID, UUID]) -> None:
    if not messages:
        return
    wanted = select(Recipient.person_id).where(
        Recipient.person_id.in_(set(messages.values())),
        Recipient.email.is_not(None),
        Recipient.email_wanted,
    )
    reachable, now = set(session.scalars(wanted)), real_now()
    session.add_all(
        Delivery(
            id=new_id(),
            message_id=message,
            channel="email",
            state="waiting",
            attempts=0,
            due_at=now,
            created_at=now,
        )
        for message, person in messages.items()
        if person in reachable
    )
