"""Owns the form of the ledger's chain: what exactly of an entry is hashed.

It is that of the audit (shared/audit/chain.py), so that anybody can compute it again: `action` is
`record_hours`, `subject` is `volunteer:<id>`, `who` recorded it, and the facts are the entry. A
fact that is empty is left out: a column that comes later leaves the older hashes as they are.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.volunteers.models import HoursEntry
from shared.audit.chain import Entry, require_plain

_FACTS = (
    "id",
    "activity_id",
    "attendance_id",
    "activity_title",
    "area_code",
    "case_id",
    "kind",
    "minutes",
    "started_at",
    "ended_at",
)


def chained(row: HoursEntry) -> Entry:
    """Return a line of the ledger in the form that is hashed."""
    facts = {name: _plain(getattr(row, name)) for name in _FACTS}
    return Entry(
        position=row.position,
        at=row.recorded_at,
        who=str(row.recorded_by),
        action="record_hours",
        subject=f"volunteer:{row.volunteer_id}",
        facts=require_plain({name: fact for name, fact in facts.items() if fact is not None}),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value) if isinstance(value, UUID) else value
