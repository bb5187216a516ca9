"""Owns which e-mails are due and what became of them; sending lies between, in no transaction.

A worker takes deliveries with a lease and sends them. If it dies in between, the lease ends and
another sends them again, with the same Message-ID, by which mail systems know them as one. So an
e-mail is sent at least once, and twice only when a worker died just after sending it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from services.notifications.domain.deliveries import (
    LEASE,
    MOST_ATTEMPTS,
    Outcome,
    after_failure,
    moved,
)
from services.notifications.domain.wording import Language, footer, said
from services.notifications.models import Delivery, Message, Recipient
from services.notifications.usecases.messages import area_names
from services.notifications.usecases.recipients import address_of
from shared.contracts.notifications import MessageFailedV1
from shared.messaging import outbox

_UNSETTLED = ("waiting", "sending")


@dataclass(frozen=True)
class Letter:
    """A message on its way to an address; the same at each attempt but for the recipient's
    wishes."""

    delivery_id: UUID
    attempt: int
    written_at: datetime
    subject: str = field(repr=False)
    body: str = field(repr=False)
    to: str = field(repr=False)


@dataclass(frozen=True)
class Taken:
    """What a worker took: letters to send, and what was settled on the way, by outcome."""

    letters: list[Letter]
    settled: list[Outcome]


@dataclass(frozen=True)
class Posted:
    """What became of a letter; `answer` is the kind of the server's answer, in our own words."""

    delivery_id: UUID
    attempt: int
    outcome: Outcome
    answer: str


@dataclass(frozen=True)
class Backlog:
    """How many deliveries wait, and since when the oldest does."""

    rows: int
    oldest: datetime | None


def take_letters(session: Session, now: datetime, most: int) -> Taken:
    """Take deliveries that are due; nobody else sends them until the lease ends.

    `now` is real time. What has no address any more is cancelled; what was lost once too often
    is given up.
    """
    due = (
        select(Delivery)
        .where(Delivery.state.in_(_UNSETTLED), Delivery.due_at <= now)
        .order_by(Delivery.due_at)
        .limit(most)
        .with_for_update(skip_locked=True, of=Delivery)
        .options(joinedload(Delivery.message).joinedload(Message.announcement))
    )
    rows = session.scalars(due).all()
    recipients = _recipients(session, rows)
    names = area_names(session, [row.message for row in rows])
    taken = Taken([], [])
    for row in rows:
        recipient = recipients.get(row.message.person_id)
        _take(session, row, recipient, names, taken, now)
    return taken


def settle_letter(session: Session, posted: Posted, now: datetime) -> Outcome | None:
    """Note what became of a letter; a failure for good is said. Returns the outcome, None when it
    counts no more: another worker has settled it, or tries it again.

    `now` is real time.
    """
    row = session.get(Delivery, posted.delivery_id, with_for_update=True)
    if row is None or row.state != "sending":
        return None
    if posted.outcome == "sent":
        row.state, row.settled_at = moved(row.state, "sent"), now
        row.answer = posted.answer
    elif row.attempts != posted.attempt:
        return None
    else:
        row.answer = posted.answer
        _fail(session, row, posted.outcome, now)
    return posted.outcome


def give_back(session: Session, letters: Sequence[Letter], now: datetime) -> None:
    """Let others send what this worker took and did not come to: no attempt is counted."""
    attempts = {one.delivery_id: one.attempt for one in letters}
    taken = select(Delivery).where(Delivery.id.in_(attempts), Delivery.state == "sending")
    for row in session.scalars(taken.order_by(Delivery.id).with_for_update()):
        if row.attempts == attempts[row.id]:
            row.state, row.due_at = moved(row.state, "waiting"), now
            row.attempts -= 1


def backlog(session: Session) -> Backlog:
    """Return what waits to be sent."""
    found = select(func.count(), func.min(Delivery.created_at)).where(
        Delivery.state.in_(_UNSETTLED)
    )
    rows, oldest = session.execute(found).one()
    return Backlog(rows, oldest)


def _recipients(session: Session, rows: Sequence[Delivery]) -> dict[UUID | None, Recipient]:
    persons = {row.message.person_id for row in rows}
    found = select(Recipient).where(Recipient.person_id.in_(persons))
    return {one.person_id: one for one in session.scalars(found)}


def _take(
    session: Session,
    row: Delivery,
    recipient: Recipient | None,
    names: dict[str, str],
    taken: Taken,
    now: datetime,
) -> None:
    address = address_of(session, recipient)
    if recipient is None or address is None:
        row.state, row.settled_at = moved(row.state, "cancelled"), now
        taken.settled.append("cancelled")
    elif row.attempts >= MOST_ATTEMPTS:  # its worker died each time
        row.answer = "lost"
        _fail(session, row, "unreachable", now)
        taken.settled.append("unreachable")
    else:
        row.state = moved(row.state, "sending")
        row.attempts += 1
        row.due_at = now + LEASE
        language: Language = "en" if recipient.language == "en" else "zh"
        taken.letters.append(_letter(row, address, names, language))


def _letter(row: Delivery, address: str, names: dict[str, str], language: Language) -> Letter:
    announcement = row.message.announcement
    words = said(
        announcement.template,
        announcement.data,
        area=names[announcement.area_code],
        occurred_at=announcement.occurred_at,
        language=language,
    )
    body = f"{words.body}\n\n-- \n{footer(language)}\n"
    return Letter(row.id, row.attempts, row.created_at, words.subject, body, address)


def _fail(session: Session, row: Delivery, outcome: Outcome, now: datetime) -> None:
    state, row.due_at = after_failure(outcome, row.attempts, now)
    row.state = moved(row.state, state)
    if state != "failed":
        return
    row.failure = "refused" if outcome == "refused" else "unreachable"
    row.settled_at = now
    failed = MessageFailedV1(
        delivery_id=row.id,
        message_id=row.message_id,
        channel="email",
        reason=row.failure,
        failed_at=now,
    )
    outbox.add(session, failed)
