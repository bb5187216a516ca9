"""Owns the declaration of what `notifications` gives versions to, and knows of others'."""

from shared.messaging.aggregates import Column, Held

HELD = (
    Held("grid", "area_code", "areas", "code", "version"),
    Held("gateway", "account_id", "recipients", "person_id"),
)
COUNTED = (Column("recipients", "version"),)
