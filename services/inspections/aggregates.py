"""Owns the declaration of what `inspections` gives versions to, and of what it knows of others'."""

from shared.messaging.aggregates import Held, Owned

OWNED = (
    Owned("inspection_id", "inspections", "id", "version"),
    Owned("finding_id", "findings", "id", "version"),
)
HELD = (
    Held("grid", "case_id", "findings", "case_id", "case_version"),
    Held("grid", "area_code", "areas", "code", "version"),
)
