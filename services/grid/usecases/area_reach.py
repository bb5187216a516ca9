"""Owns what else lies in a caller's areas: areas that have ended, and go on in one of them today.

Who answers in a community answers for what is still open of those that were merged into it.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.models.areas import AreaLink
from services.grid.usecases.area_days import goes_on_as
from shared.auth.callers import within


def with_former(session: Session, areas: Sequence[str], day: date) -> tuple[str, ...]:
    """Return the areas, and those that go on in one of them on a day and lie in none."""
    mine = found = latest = tuple(areas)
    while latest:
        before = select(AreaLink.from_code).where(within(AreaLink.to_code, latest)).distinct()
        latest = tuple(
            code
            for code in session.scalars(before).all()
            if not code.startswith(found) and goes_on_as(session, code, day).startswith(mine)
        )
        found += latest
    return found


def reaches(session: Session, areas: Sequence[str], code: str, day: date) -> bool:
    """Tell whether an area lies in one of the areas, or goes on in one of them on a day."""
    mine = tuple(areas)
    return code.startswith(mine) or goes_on_as(session, code, day).startswith(mine)
