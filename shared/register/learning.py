"""Owns how a service keeps its copy of the area register: learned from events, never edited."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.contracts.grid import AreaChangedV1, AreasImportedV1

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


def learn_areas(session: Session, events: Sequence[AreasImportedV1], now: datetime) -> None:
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


# what a later version of the area said already stays, whichever event brings it
_LEARN_CHANGES = text("""
    INSERT INTO areas (code, name, level, version, until)
    SELECT DISTINCT ON (code) code, name, level, version, until
    FROM unnest(
        CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:levels AS text[]),
        CAST(:versions AS integer[]), CAST(:untils AS date[])
    ) AS said (code, name, level, version, until)
    ORDER BY code, version DESC
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, level = excluded.level,
        version = excluded.version, until = excluded.until
    WHERE areas.version < excluded.version
""")
_NATIONAL = ("province", "city", "district", "street", "community")


def learn_area_changes(session: Session, events: Sequence[AreaChangedV1], now: datetime) -> None:
    """Keep the highest version of each national area that the events carry, in one statement.

    Grid cells are not in the copy: no service works by them but `grid`.
    """
    areas = [area for area in events if area.level in _NATIONAL]
    session.execute(
        _LEARN_CHANGES,
        {
            "codes": [area.area_code for area in areas],
            "names": [area.name for area in areas],
            "levels": [area.level for area in areas],
            "versions": [area.version for area in areas],
            "untils": [area.until for area in areas],
        },
    )
