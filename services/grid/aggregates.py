"""Owns the declaration of what `grid` gives versions to, and of what it knows of others'."""

from shared.messaging.aggregates import Column, Held, Owned

OWNED = (
    Owned("case_id", "cases", "id", "version"),
    Owned("area_code", "areas", "code", "version"),
)
HELD = (Held("inspections", "finding_id", "cases", "finding_id"),)
COUNTED = (Column("case_counters", "last_sequence"),)
