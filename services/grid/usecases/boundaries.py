"""Owns what becomes of boundaries when areas change: they follow to the codes that go on.

All is cut by days: from the day of the change the areas concerned have other boundaries, before it
the same as ever. What a change took away is kept (boundaries_before) to be given back from any day
on, even where it was drawn anew meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# what those that go on in another, and those in which they do, have from the day on
_TAKE = """
    INSERT INTO boundaries_before (change_id, area_code, since, until, shape)
    SELECT :change_id, wanted.code, coalesce(greatest(since, :day), :day), until, shape
    FROM unnest(CAST(:codes AS text[])) AS wanted (code)
    LEFT JOIN boundaries ON area_code = wanted.code AND (until IS NULL OR until > :day)
"""
_DROP = "DELETE FROM boundaries WHERE area_code = ANY(:codes) AND since >= :day"
_CUT = """
    UPDATE boundaries SET until = :day
    WHERE area_code = ANY(:codes) AND since < :day AND (until IS NULL OR until > :day)
"""
# who goes on in itself alone has no row here; each stretch of days without a change is one row
_UNITE = """
    WITH moved AS (
        SELECT old, new FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS moves (old, new)
        UNION SELECT new, new FROM unnest(CAST(:new AS text[])) AS stays (new)
            WHERE new <> ALL(:old)
    ), parts AS (
        SELECT new, since, until, shape FROM moved
        JOIN boundaries_before ON area_code = old AND change_id = :change_id
        WHERE shape IS NOT NULL
    ), days AS (
        SELECT new, since AS day FROM parts
        UNION SELECT new, until FROM parts WHERE until IS NOT NULL
    ), stretches AS (
        SELECT new, day AS since, lead(day) OVER (PARTITION BY new ORDER BY day) AS until FROM days
    ), united AS (
        SELECT new, stretches.since, stretches.until,
            CASE count(*) WHEN 1 THEN (array_agg(shape))[1]
                ELSE ST_ForcePolygonCCW(ST_Multi(ST_Union(shape))) END AS shape
        FROM stretches JOIN parts USING (new)
        WHERE parts.since <= stretches.since
            AND (parts.until IS NULL OR parts.until > stretches.since)
        GROUP BY new, stretches.since, stretches.until
    )
    INSERT INTO boundaries (area_code, level, since, until, shape, shape_hash, change_id)
    SELECT new, CASE length(new) WHEN 12 THEN 'community' ELSE 'cell' END, since, until,
        shape, sha256(ST_AsBinary(ST_Normalize(shape), 'NDR')), :change_id
    FROM united
"""
_TAKEN = "SELECT DISTINCT area_code FROM boundaries_before WHERE change_id = :change_id"
_GIVE_BACK = """
    INSERT INTO boundaries (area_code, level, since, until, shape, shape_hash)
    SELECT area_code, CASE length(area_code) WHEN 12 THEN 'community' ELSE 'cell' END,
        greatest(since, :day), until, shape, sha256(ST_AsBinary(ST_Normalize(shape), 'NDR'))
    FROM boundaries_before
    WHERE change_id = :change_id AND shape IS NOT NULL AND (until IS NULL OR until > :day)
"""
# what goes on as it was is one stretch again
_JOIN = """
    WITH joined AS (
        DELETE FROM boundaries AS later USING boundaries AS earlier
        WHERE later.area_code = ANY(:codes) AND later.since = :day
            AND earlier.area_code = later.area_code AND earlier.until = later.since
            AND earlier.shape_hash = later.shape_hash
        RETURNING earlier.id, later.until
    )
    UPDATE boundaries SET until = joined.until FROM joined WHERE boundaries.id = joined.id
"""
_DRAWN_LENGTHS = (12, 15)


def follow(session: Session, change_id: UUID, moved: Mapping[str, str | None], on: date) -> None:
    """Let boundaries go on, from a day, under the codes in which their areas go on.

    `moved` says for each old code the new one, or None where its boundary just ends: what is split
    is drawn anew. What goes on in one area together is united, with what that area itself has
    unless it goes on in yet another. Only communities and cells have boundaries; others may be
    named. The caller has the turn to change the register.
    """
    ended = {old for old, new in moved.items() if new is None}
    pairs = [(old, new) for old, new in moved.items() if new and _has_boundary(old, new)]
    if not pairs and not ended:
        return
    session.flush()  # what the change made of areas: SQL below refers to it
    codes = sorted(ended.union(*pairs))
    said: dict[str, Any] = {"change_id": change_id, "day": on}
    said |= {"codes": codes, "old": [old for old, _ in pairs], "new": [new for _, new in pairs]}
    _run(session, (_TAKE, _DROP, _CUT, _UNITE), said)


def unfollow(session: Session, change_id: UUID, on: date) -> None:
    """Give back, from a day, what a change took; on the change's own day it never was.

    What was drawn since for the areas concerned ends on that day as well: it was drawn for areas
    as the change had made them.
    """
    codes = session.scalars(text(_TAKEN), {"change_id": change_id}).all()
    if codes:
        said = {"change_id": change_id, "day": on, "codes": list(codes)}
        _run(session, (_DROP, _CUT, _GIVE_BACK, _JOIN), said)


def _has_boundary(old: str, new: str) -> bool:
    return old != new and len(old) == len(new) and len(new) in _DRAWN_LENGTHS


def _run(session: Session, statements: Sequence[str], said: Mapping[str, Any]) -> None:
    for statement in statements:
        session.execute(text(statement), said)
