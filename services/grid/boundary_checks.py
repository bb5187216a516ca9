"""Owns the checks of an import of boundaries in SQL: each problem with where it is.

They read `incoming` and `drawn` (boundary_staging). "That day" is the day from which the file
holds: what is drawn for it counts, of what is stored that which holds on it.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from services.grid.domain.boundary_problems import Problem
from services.grid.domain.coordinates import Crs, from_stored

LEAST_AREA_M2 = 1.0
"""An overlap, gap or excess up to here is no mistake: nobody's duty depends on one square metre."""
LEAST_WIDTH_M = 0.1
"""A sliver thinner than this on average is none either: two people digitise one kerb so, and where
one has a corner on the other's straight line, converting GCJ-02 alone makes some centimetres."""

_SAID: dict[str, Any] = {"area": LEAST_AREA_M2, "width": LEAST_WIDTH_M}
_BEYOND = """
    SELECT {key} feature, code, subject, ST_X(spot) AS lon, ST_Y(spot) AS lat, area
    FROM (
        SELECT found.*, part.geom, ST_PointOnSurface(part.geom) AS spot,
            ST_Area(part.geom::geography) AS area
        FROM found, ST_Dump(ST_CollectionExtract(found.shape, 3)) AS part
    ) AS parts
    WHERE area > :area AND 2 * area / ST_Perimeter(geom::geography) > :width
    ORDER BY feature, code, subject, area DESC
"""
_WORST = _BEYOND.format(key="DISTINCT ON (feature, code, subject)")
"""One problem for each pair, at the largest part of what is common."""
_EACH = _BEYOND.format(key="")


def _and_where(found: str, spots: str) -> TextClause:
    """Return the query for the spots of what was found."""
    return text(" ".join((found, spots)))


_INVALID = text("""
    SELECT feature, code, (detail).reason, ST_X((detail).location), ST_Y((detail).location)
    FROM (
        SELECT feature, code, ST_IsValidDetail(shape) AS detail
        FROM incoming WHERE NOT ST_IsValid(shape)
    ) AS wrong ORDER BY feature
""")
_DUPLICATES = text("""
    SELECT feature, code, first
    FROM (SELECT feature, code, min(feature) OVER (PARTITION BY code) AS first
        FROM drawn WHERE code IS NOT NULL) AS every
    WHERE feature <> first ORDER BY feature
""")
_NOT_NUMBERED = text("SELECT feature, community FROM drawn WHERE code IS NULL ORDER BY feature")
_STRAYS = text("""
    SELECT feature, drawn.code, community FROM drawn
    WHERE NOT EXISTS (
        SELECT FROM areas WHERE areas.code = community AND level = 'community' AND (
            NOT dated OR EXISTS (
                SELECT FROM area_versions AS version
                WHERE version.code = areas.code
                    AND daterange(version.since, version.until) @> :day)))
    ORDER BY feature
""")
# a change of areas that is recorded ahead doesn't know of cells that begin since
_ENDING = text("""
    SELECT feature, drawn.code, community, min(until)
    FROM drawn JOIN area_versions AS version ON version.code = community
    WHERE level = 'cell' AND until > :day
        AND NOT EXISTS (SELECT FROM areas WHERE areas.code = drawn.code)
        AND NOT EXISTS (
            SELECT FROM area_versions AS next
            WHERE next.code = version.code AND next.since = version.until)
    GROUP BY feature, drawn.code, community ORDER BY feature
""")
_ABSENT = text("""
    SELECT feature, drawn.code, (
        SELECT min(since) FROM area_versions
        WHERE area_versions.code = drawn.code AND since > :day) AS begins
    FROM drawn JOIN areas USING (code)
    WHERE drawn.level = 'cell' AND dated AND NOT EXISTS (
        SELECT FROM area_versions
        WHERE area_versions.code = drawn.code AND daterange(since, until) @> :day)
    ORDER BY feature
""")
_NAMELESS = text("""
    SELECT feature, code FROM drawn
    WHERE level = 'cell' AND name IS NULL
        AND NOT EXISTS (SELECT FROM areas WHERE areas.code = drawn.code)
    ORDER BY feature
""")
_OVERLAPS = _and_where(
    """
    WITH pairs AS MATERIALIZED (
        SELECT mine.feature, mine.code, other.code AS subject,
            mine.shape AS shape, other.shape AS other_shape
        FROM drawn AS mine JOIN drawn AS other
            ON mine.shape && other.shape AND other.feature < mine.feature
        WHERE mine.level = 'cell' AND other.level = 'cell'
            AND ST_Relate(mine.shape, other.shape, '2********')
        UNION ALL
        SELECT mine.feature, mine.code, other.area_code, mine.shape, other.shape
        FROM drawn AS mine JOIN boundaries AS other ON mine.shape && other.shape
        WHERE mine.level = 'cell' AND other.level = 'cell'
            AND daterange(other.since, other.until) @> :day
            AND NOT EXISTS (SELECT FROM drawn WHERE drawn.code = other.area_code)
            AND ST_Relate(mine.shape, other.shape, '2********')
    ), found AS (
        SELECT feature, code, subject, ST_Intersection(shape, other_shape) AS shape FROM pairs
    )
""",
    _WORST,
)
_STANDING = (
    """
    CREATE TEMP TABLE touched ON COMMIT DROP AS
    SELECT community, min(feature) FILTER (WHERE level = 'community') AS feature
    FROM drawn GROUP BY community
    """,
    """
    CREATE TEMP TABLE communities ON COMMIT DROP AS
    SELECT touched.community, touched.feature, drawn.shape
    FROM touched JOIN drawn ON drawn.code = touched.community
    UNION ALL
    SELECT touched.community, NULL, boundaries.shape
    FROM touched JOIN boundaries ON boundaries.area_code = touched.community
    WHERE touched.feature IS NULL AND daterange(since, until) @> :day
    """,
    """
    CREATE TEMP TABLE cells ON COMMIT DROP AS
    SELECT community, feature, code, shape FROM drawn WHERE level = 'cell'
    UNION ALL
    SELECT touched.community, NULL, area_code, shape
    FROM touched JOIN boundaries
        ON area_code > touched.community AND area_code < touched.community || ':'
    WHERE level = 'cell' AND daterange(since, until) @> :day
        AND NOT EXISTS (SELECT FROM drawn WHERE drawn.code = area_code)
    """,
    "ANALYZE cells",
)
_OUTSIDE = _and_where(
    """
    WITH found AS (
        SELECT cells.feature, code, community AS subject,
            ST_Difference(cells.shape, communities.shape) AS shape
        FROM cells JOIN communities USING (community)
        WHERE NOT ST_CoveredBy(cells.shape, communities.shape)
    )
""",
    _WORST,
)
_GAPS = _and_where(
    """
    WITH covered AS (
        SELECT community, ST_Union(shape) AS shape FROM cells GROUP BY community
    ), found AS (
        SELECT feature, community AS code, community AS subject,
            ST_Difference(communities.shape, covered.shape) AS shape
        FROM communities JOIN covered USING (community)
    )
""",
    _EACH,
)
_UNBOUNDED = text("""
    SELECT community FROM touched
    WHERE NOT EXISTS (SELECT FROM communities WHERE communities.community = touched.community)
    ORDER BY community
""")
_EMPTY = text("""
    SELECT community, feature FROM touched
    WHERE NOT EXISTS (SELECT FROM cells WHERE cells.community = touched.community)
    ORDER BY community
""")
# checked is the file's day: neighbours may differ on the later one, where the old drawing holds
_HELD = text("""
    SELECT feature, code, until FROM (
        SELECT drawn.feature, drawn.code, drawn.shape_hash, old.shape_hash AS old_hash,
            coalesce(old.until, (
                SELECT min(since) FROM boundaries AS later
                WHERE later.area_code = drawn.code AND later.since > :day AND old.id IS NULL
            )) AS until
        FROM drawn LEFT JOIN boundaries AS old
            ON old.area_code = drawn.code AND daterange(old.since, old.until) @> :day
    ) AS compared
    WHERE until IS NOT NULL AND old_hash IS DISTINCT FROM shape_hash
    ORDER BY feature
""")
_OTHER_NAMES = text("""
    SELECT feature, drawn.code, coalesce(version.name, areas.name)
    FROM drawn JOIN areas USING (code) LEFT JOIN area_versions AS version
        ON version.code = drawn.code AND daterange(version.since, version.until) @> :day
    WHERE drawn.name <> coalesce(version.name, areas.name) ORDER BY feature
""")


def invalid(session: Session, crs: Crs) -> Iterator[Problem]:
    """Yield each drawing that is no proper shape, with the place where it isn't."""
    for feature, code, reason, lon, lat in _rows(session, _INVALID):
        at = None if lon is None else from_stored(crs, lon, lat)
        yield Problem("invalid", feature, code, at=at, facts={"reason": reason})


def misplaced(session: Session, day: date) -> Iterator[Problem]:
    """Yield what the register doesn't let be drawn on a day, and codes that come twice."""
    for feature, code, first in _rows(session, _DUPLICATES):
        yield Problem("duplicate", feature, code, facts={"first": first})
    for feature, code, community in _rows(session, _STRAYS, day=day):
        yield Problem("unknown_community", feature, code, facts={"community": community})
    for feature, code, community, until in _rows(session, _ENDING, day=day):
        facts = {"community": community, "until": until}
        yield Problem("community_ends", feature, code, facts=facts)
    for feature, community in _rows(session, _NOT_NUMBERED):
        yield Problem("numbers_exhausted", feature, facts={"community": community})
    for feature, code, begins in _rows(session, _ABSENT, day=day):
        kind = "not_yet" if begins else "ended"
        yield Problem(kind, feature, code, facts={"since": begins})
    for feature, code in _rows(session, _NAMELESS):
        yield Problem("name_missing", feature, code)


def overlapping(session: Session, crs: Crs, day: date) -> Iterator[Problem]:
    """Yield each pair of cells that overlap, at the feature that comes later in the file."""
    for row in _rows(session, _OVERLAPS, day=day, **_SAID):
        yield _found("overlap", row, crs, "other")


def stand(session: Session, day: date) -> None:
    """Gather what stands on a day in the communities of the file, for the checks that follow."""
    for statement in _STANDING:
        session.execute(text(statement), {"day": day})


def outside(session: Session, crs: Crs) -> Iterator[Problem]:
    """Yield each cell of which a part lies outside its community."""
    for row in _rows(session, _OUTSIDE, **_SAID):
        yield _found("outside", row, crs, "community")


def gaps(session: Session, crs: Crs) -> Iterator[Problem]:
    """Yield each part of a community that no cell covers, where there are cells at all."""
    for row in _rows(session, _GAPS, **_SAID):
        yield _found("gap", row, crs, "community")


def incomplete(session: Session, day: date) -> Iterator[Problem]:
    """Yield what is no mistake and worth to be known."""
    for (community,) in _rows(session, _UNBOUNDED):
        yield Problem("no_boundary", code=community, facts={"community": community})
    for community, feature in _rows(session, _EMPTY):
        yield Problem("no_cells", feature, community, facts={"community": community})
    for feature, code, until in _rows(session, _HELD, day=day):
        yield Problem("holds_until", feature, code, facts={"until": until})
    for feature, code, registered in _rows(session, _OTHER_NAMES, day=day):
        yield Problem("name_differs", feature, code, facts={"registered": registered})


def _found(kind: str, row: Row[Any], crs: Crs, subject: str) -> Problem:
    facts: Mapping[str, object] = {subject: row.subject}
    at = from_stored(crs, row.lon, row.lat)
    return Problem(kind, row.feature, row.code, None, at, round(row.area, 1), dict(facts))


def _rows(session: Session, statement: Any, **said: Any) -> Iterator[Any]:
    yield from session.execute(statement, said, execution_options={"yield_per": 1000})
