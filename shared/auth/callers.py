"""Owns what a use case knows of its caller, and the filter that keeps it to the caller's areas."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_

from shared.auth.claims import Grant, Kind
from shared.auth.roles import Role
from shared.errors import Rejected


class AreaNotGranted(Rejected):
    """The caller's role doesn't hold in that area."""

    status = 403
    zh = "您的权限不包括区划 {code}"
    en = "Your rights do not cover the area {code}"


@dataclass(frozen=True)
class Caller:
    """Who asks for one action, and where they may do it: prefixes of area codes."""

    id: UUID
    kind: Kind
    areas: tuple[str, ...]
    roles: frozenset[Role] = frozenset()
    session: UUID | None = None
    grants: tuple[Grant, ...] = ()
    """Which role holds where, of the roles that may do the action."""

    def may_act_in(self, code: str) -> bool:
        """Tell whether an area lies in one that was granted."""
        return code.startswith(self.areas)

    def require_area(self, field: str, code: str) -> None:
        """Refuse an area that was not granted; `field` is where the caller named it.

        Raises:
            AreaNotGranted
        """
        if not self.may_act_in(code):
            raise AreaNotGranted(field, code=code)


def within(column: Any, areas: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that an area code lies in one of the areas; in none when none is given.

    A range per prefix, on a column that sorts by byte (COLLATE "C"): PostgreSQL finds `LIKE ANY`
    in no index, and `LIKE` in none once a statement has a generic plan.
    """
    return or_(false(), *(and_(column >= area, column < _past(area)) for area in least(areas)))


def least(areas: Sequence[str]) -> tuple[str, ...]:
    """Return the same areas without those that lie in another of them, sorted."""
    kept: list[str] = []
    for area in sorted(set(areas)):
        if not kept or not area.startswith(kept[-1]):
            kept.append(area)
    return tuple(kept)


def _past(area: str) -> str:
    # digits alone follow a prefix, and ":" is the character after "9"
    return area + ":"
