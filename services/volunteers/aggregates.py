"""Owns the declaration of what `volunteers` gives versions to, and of what it knows of others'."""

from shared.messaging.aggregates import Column, Held, Owned

OWNED = (
    Owned("volunteer_id", "volunteers", "id", "version"),
    Owned("activity_id", "activities", "id", "version"),
)
HELD = (
    Held("grid", "case_id", "cases", "id", "version"),
    Held("grid", "area_code", "areas", "code", "version"),
    Held("gateway", "account_id", "volunteers", "id"),
)
COUNTED = (Column("sign_ups", "version"),)
