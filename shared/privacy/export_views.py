"""Owns the shape in which a service shows all that it holds on a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class HeldValue:
    """One personal value that this service holds, and where."""

    table: str
    row: str
    column: str
    kind: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ExportView:
    """Everything personal that this service holds on a person."""

    person_id: UUID
    erased_at: str | None
    held: list[HeldValue]


def export_view(person_id: UUID, told: Mapping[str, Any]) -> ExportView:
    """Return what `export_person` found as callers see it."""
    values = [HeldValue(**one) for one in told["held"]]
    return ExportView(person_id=person_id, erased_at=told["erased_at"], held=values)
