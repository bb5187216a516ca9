"""Owns how persons may be reached: told, shown behind a mask, exported, erased."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.notifications.domain import recipients as rules
from services.notifications.domain.recipients import RecipientUnknown
from services.notifications.models import Delivery, Message, Recipient
from services.notifications.personal import EMAIL, PERSONAL_FIELDS, PHONE
from services.notifications.schemas import (
    AddressesView,
    ChannelsView,
    PutRecipient,
    RecipientView,
)
from shared.audit import trail
from shared.auth.callers import Caller
from shared.clock import real_now
from shared.http.etags import Expected, require_version
from shared.privacy import keyring
from shared.privacy.erasure import erase_person
from shared.privacy.export import export_person
from shared.privacy.export_views import ExportView, export_view
from shared.privacy.fields import PersonalField
from shared.privacy.masking import masked
from shared.privacy.personal import PersonErased, lock_person, reveal, reveal_many, seal
from shared.privacy.tables import Erasure
from shared.privacy.unmask import unmask


@dataclass(frozen=True)
class RecipientAsked:
    """Which person, who asks, and which versions they may have seen."""

    person_id: UUID
    who: Caller
    expected: Expected = None

    def require_own(self) -> None:
        """Refuse what is neither the caller's own nor theirs to administer.

        Raises:
            NotOwnRecipient
        """
        client = self.who.kind == "client"
        rules.require_own(self.person_id, self.who.id, self.who.roles, is_client=client)


def put_recipient(
    session: Session, asked: RecipientAsked, request: PutRecipient, now: datetime
) -> RecipientView:
    """Note how a person may be reached from now on, in place of what was known before.

    Messages that came before are not sent after.

    Raises:
        NotOwnRecipient, EmailMalformed, PhoneMalformed, PersonErased, Stale
    """
    asked.require_own()
    email = None if request.email is None else rules.normalised_email(request.email)
    phone = None if request.phone is None else rules.normalised_phone(request.phone)
    lock_person(session, asked.person_id)
    _require_not_erased(session, asked.person_id)
    row = session.get(Recipient, asked.person_id, with_for_update=True)
    if row is None:
        row = Recipient(person_id=asked.person_id)
    else:
        require_version(asked.expected, row.version, partial(_view, session, row))
    sealed = [
        _sealed(session, row.person_id, field, text)
        for field, text in ((EMAIL, email), (PHONE, phone))
    ]
    row.email, row.phone = sealed
    row.language = request.language
    row.email_wanted = request.channels.email
    row.updated_at = now
    session.add(row)
    session.flush()
    facts = {"email": email is not None, "phone": phone is not None, "version": row.version}
    _record(session, "put_recipient", asked, facts, now)
    return _view(session, row)


def get_recipient(session: Session, asked: RecipientAsked) -> RecipientView:
    """Return how a person may be reached, behind masks.

    Raises:
        NotOwnRecipient, RecipientUnknown
    """
    asked.require_own()
    return _view(session, _known(session, asked.person_id))


def unmask_recipient(
    session: Session, asked: RecipientAsked, reason: str, now: datetime
) -> AddressesView:
    """Return a person's addresses whole, with a line each in the audit.

    Raises:
        NotOwnRecipient, RecipientUnknown, ReasonMissing, PersonErased
    """
    asked.require_own()
    row = _known(session, asked.person_id)
    whole = {
        field.column: unmask(
            session,
            keyring.of(session),
            who=asked.who.id,
            person_id=row.person_id,
            field=field.field,
            sealed=sealed,
            reason=reason,
            now=now,
        )
        for field in PERSONAL_FIELDS
        if (sealed := getattr(row, field.column)) is not None
    }
    email, phone = whole.get(EMAIL.column), whole.get(PHONE.column)
    return AddressesView(person_id=row.person_id, email=email, phone=phone)


def export_recipient(session: Session, asked: RecipientAsked, now: datetime) -> ExportView:
    """Return everything personal that is held on a person here, with a line in the audit.

    Raises:
        NotOwnRecipient
    """
    asked.require_own()
    told = export_person(session, keyring.of(session), PERSONAL_FIELDS, asked.person_id)
    _record(session, "export_recipient", asked, {"values": len(told["held"])}, now)
    return export_view(asked.person_id, told)


def erase_recipient(
    session: Session, asked: RecipientAsked, reason: str, now: datetime
) -> RecipientView:
    """Make all that is held on how to reach a person unreadable for ever; stop what is on its way.

    Raises:
        RecipientUnknown, ReasonMissing
    """
    lock_person(session, asked.person_id)
    row = _known(session, asked.person_id, lock=True)
    row.email = row.phone = None
    row.email_wanted = False
    row.updated_at = now
    session.execute(
        update(Delivery)
        .where(
            Delivery.state == "waiting",
            Delivery.message_id == Message.id,
            Message.person_id == row.person_id,
        )
        .values(state="cancelled", settled_at=real_now())
        .execution_options(synchronize_session=False)
    )
    by = asked.who.id
    erase_person(session, PERSONAL_FIELDS, row.person_id, by=by, reason=reason, now=now)
    return _view(session, row)


def address_of(session: Session, recipient: Recipient | None) -> str | None:
    """Return where e-mail for a person goes, None when there is or may be none."""
    if recipient is None or recipient.email is None or not recipient.email_wanted:
        return None
    try:
        keys = keyring.of(session)
        return reveal(session, keys, recipient.person_id, EMAIL.field, recipient.email)
    except PersonErased:
        return None


def _known(session: Session, person_id: UUID, *, lock: bool = False) -> Recipient:
    row = session.get(Recipient, person_id, with_for_update=lock)
    if row is None:
        raise RecipientUnknown
    return row


def _require_not_erased(session: Session, person_id: UUID) -> None:
    if session.get(Erasure, person_id) is not None:
        raise PersonErased


def _sealed(
    session: Session, person_id: UUID, field: PersonalField, text: str | None
) -> bytes | None:
    if text is None:
        return None
    return seal(session, keyring.of(session), person_id, field.field, text)


def _view(session: Session, row: Recipient) -> RecipientView:
    session.flush()
    email, phone = (_masked(session, row, field) for field in (EMAIL, PHONE))
    return RecipientView(
        person_id=row.person_id,
        email=email,
        phone=phone,
        language=row.language,
        channels=ChannelsView(email=row.email_wanted),
        updated_at=row.updated_at,
        version=row.version,
    )


def _masked(session: Session, row: Recipient, field: PersonalField) -> str | None:
    sealed = getattr(row, field.column)
    if sealed is None:
        return None
    keys = keyring.of(session)
    text = reveal_many(session, keys, field.field, {row.person_id: sealed}).get(row.person_id)
    return None if text is None else masked(field.kind, text)


def _record(
    session: Session, action: str, asked: RecipientAsked, facts: dict[str, Any], now: datetime
) -> None:
    trail.record(
        session,
        who=str(asked.who.id),
        action=action,
        subject=f"person:{asked.person_id}",
        facts=facts,
        now=now,
    )
