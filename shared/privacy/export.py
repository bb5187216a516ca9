"""Owns the answer to "what do you hold on me?" (个人信息保护法 art. 45)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.privacy.fields import PersonalField
from shared.privacy.keyring import Keyring
from shared.privacy.personal import reveal
from shared.privacy.tables import Erasure


def export_person(
    session: Session, keyring: Keyring, fields: Sequence[PersonalField], person_id: UUID
) -> dict[str, Any]:
    """Return everything personal that this service holds on a person, as plain JSON data.

    Of an erased person it returns when that was, and nothing held. It shows all unmasked: who
    calls it checks the permission and writes the audit row.
    """
    erasure = session.get(Erasure, person_id)
    held = [] if erasure else [one for f in fields for one in _held(session, keyring, f, person_id)]
    return {
        "person_id": str(person_id),
        "erased_at": erasure.erased_at.isoformat() if erasure else None,
        "held": held,
    }


def _held(
    session: Session, keyring: Keyring, field: PersonalField, person_id: UUID
) -> list[dict[str, str]]:
    stored = field.stored()
    row_id, value = stored.c[field.id_column], stored.c[field.column]
    found = select(row_id, value).where(
        stored.c[field.person_column] == person_id, value.is_not(None)
    )
    return [
        {
            "table": field.table,
            "row": str(row),
            "column": field.column,
            "kind": field.kind,
            "value": reveal(session, keyring, person_id, field.field, sealed),
        }
        for row, sealed in session.execute(found.order_by(row_id))
    ]
