"""Owns which of some areas there are on a day, and which part of a search is the caller's."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.grid.domain.areas import AreaNotRegistered
from services.grid.models.areas import Area, AreaVersion
from services.grid.usecases.area_days import holds_on, name_on


def there_on(session: Session, codes: Collection[str], day: date) -> set[str]:
    """Return those of the areas that there are on a day."""
    return set(
        session.scalars(
            select(Area.code)
            .outerjoin(AreaVersion, and_(AreaVersion.code == Area.code, holds_on(day)))
            .where(Area.code.in_(codes), or_(~Area.dated, AreaVersion.code.is_not(None)))
        )
    )


def require_named(session: Session, field: str, code: str, day: date, *, ended: bool) -> None:
    """Refuse an area that there isn't on a day; for what ends that day it may have ended before.

    Raises:
        AreaNotRegistered, AreaNotThatDay
    """
    if not ended:
        name_on(session, field, code, day)
    elif session.get(Area, code) is None:
        raise AreaNotRegistered(field, code=code)


def part_of(area: str | None, areas: Collection[str]) -> tuple[str, ...]:
    """Return the prefixes that lie in an area (none: anywhere) and in one of the caller's areas."""
    if area is None:
        return tuple(areas)
    if area.startswith(tuple(areas)):
        return (area,)
    return tuple(one for one in areas if one.startswith(area))
