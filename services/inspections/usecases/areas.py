"""Owns this service's copy of the area register: learned from events, never edited."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.inspections.models import Area
from services.inspections.schemas import AreaView
from services.inspections.usecases.views import view_of
from shared.contracts.grid import AreasImportedV1
from shared.errors import NotFound

# sorted, so that two events on the same areas lock them in the same order
_LEARN = text("""
    INSERT INTO areas (code, name, level, version)
    SELECT DISTINCT ON (code) code, name, level, version
    FROM unnest(
        CAST(:codes AS text[]), CAST(:names AS text[]),
        CAST(:levels AS text[]), CAST(:versions AS integer[])
    ) AS said (code, name, level, version)
    ORDER BY code, version DESC
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, level = excluded.level, version = excluded.version
    WHERE areas.version < excluded.version
""")


class AreaNotFound(NotFound):
    """No area of that code is in this service's copy of the register."""

    zh = "未找到区划 {code}"
    en = "There is no area {code}"


def learn_areas(session: Session, events: list[AreasImportedV1], now: datetime) -> None:
    """Keep the highest version of each area that the events carry, in one statement."""
    areas = [area for event in events for area in event.areas]
    session.execute(
        _LEARN,
        {
            "codes": [area.code for area in areas],
            "names": [area.name for area in areas],
            "levels": [area.level for area in areas],
            "versions": [area.version for area in areas],
        },
    )


def get_area(session: Session, code: str) -> AreaView:
    """Return an area.

    Raises:
        AreaNotFound
    """
    area = session.get(Area, code)
    if area is None:
        raise AreaNotFound(code=code)
    return view_of(AreaView, area)
