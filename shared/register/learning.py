"""Owns how a service keeps its copy of the area register: learned from events, never edited."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.contracts.grid import AreasImportedV1

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
