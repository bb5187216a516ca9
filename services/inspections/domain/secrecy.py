"""Owns what stays unsaid of a covert inspection (暗访): who came to look."""

from collections.abc import Sequence
from uuid import UUID

from services.inspections.domain.reinspections import Parties
from shared.auth.claims import Grant
from shared.auth.roles import Role
from shared.contracts.inspections import InspectionMode

_ORGANISERS: frozenset[Role] = frozenset({"district_office", "committee"})
"""Who sends covert inspectors, and so knows them."""


def told_inspector(mode: InspectionMode, inspector: UUID) -> UUID | None:
    """Return who inspected, as everyone may know it."""
    return None if mode == "covert" else inspector


def told_excluded(mode: InspectionMode, parties: Parties) -> list[UUID]:
    """Return who may not re-inspect, as everyone may know it."""
    return sorted(parties.of_rectification if mode == "covert" else parties.all)


def may_see_inspector(
    mode: InspectionMode, inspector: UUID, viewer: UUID, area_code: str, grants: Sequence[Grant]
) -> bool:
    """Tell whether a viewer may see who inspected: covert, only that person and who sent them."""
    if mode != "covert" or viewer == inspector:
        return True
    return any(g.role in _ORGANISERS and area_code.startswith(g.areas) for g in grants)
