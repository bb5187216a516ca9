"""Owns the look behind the mask: with a reason, and a row in the audit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from shared.audit import trail
from shared.privacy.keyring import Keyring
from shared.privacy.personal import reveal
from shared.privacy.reasons import require_new_reason


def unmask(
    session: Session,
    keyring: Keyring,
    *,
    who: UUID,
    person_id: UUID,
    field: str,
    sealed: bytes,
    reason: str,
    now: datetime,
) -> str:
    """Return a text in full; the audit row that says who looked and why commits with the look.

    Raises:
        ReasonMissing: when nobody says why.
        ReasonNamesSomebody: when a number or address of somebody stands in it.
        PersonErased: when the person's data was erased.
    """
    facts = {"field": field, "reason": require_new_reason(reason)}
    subject = f"person:{person_id}"
    trail.record(session, who=str(who), action="unmask", subject=subject, facts=facts, now=now)
    return reveal(session, keyring, person_id, field, sealed)
