"""Owns the temporary tables of an import of boundaries: drawings as they came, then what changes.

Whoever calls holds the lock of boundary imports from `complete` on.
"""

import struct
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.domain.boundary_features import Drawing, Polygon
from shared.database import DatabaseUnavailable

_INCOMING = """
    CREATE TEMP TABLE incoming (
        feature integer NOT NULL,
        code text COLLATE "C",
        community text COLLATE "C" NOT NULL,
        name text,
        shape geometry(MultiPolygon, 4326) NOT NULL
    ) ON COMMIT DROP
"""
_COPY = "COPY incoming (feature, code, community, name, shape) FROM STDIN"
# the hash of one form: who begins a ring elsewhere, or goes round the other way, draws the same
_DRAWN = (
    """
    CREATE TEMP TABLE drawn ON COMMIT DROP AS
    SELECT feature, code, community, name,
        CASE WHEN length(code) = 12 THEN 'community' ELSE 'cell' END AS level,
        ST_ForcePolygonCCW(shape) AS shape,
        sha256(ST_AsBinary(ST_Normalize(shape), 'NDR')) AS shape_hash
    FROM incoming
    """,
    "CREATE INDEX drawn_shape ON drawn USING gist (shape)",
    "CREATE INDEX drawn_code ON drawn (code)",
    "ANALYZE drawn",
)
# a cell without a code that is drawn already is that cell: the same file again changes nothing
_RECOGNISE = """
    UPDATE drawn SET code = boundaries.area_code FROM boundaries
    WHERE drawn.code IS NULL AND boundaries.level = 'cell'
        AND boundaries.shape && drawn.shape AND boundaries.shape_hash = drawn.shape_hash
        AND daterange(boundaries.since, boundaries.until) @> :day
        AND left(boundaries.area_code, 12) = drawn.community
"""
# areas are never deleted: a number that stands in none was never used
_NUMBER = """
    WITH free AS (
        SELECT community, code, row_number() OVER (PARTITION BY community ORDER BY code) AS place
        FROM (
            SELECT community, community || lpad(n::text, 3, '0') COLLATE "C" AS code
            FROM (SELECT DISTINCT community FROM drawn WHERE code IS NULL) AS wanted
            CROSS JOIN generate_series(1, 999) AS n
        ) AS every
        WHERE NOT EXISTS (SELECT FROM areas WHERE areas.code = every.code)
            AND NOT EXISTS (SELECT FROM drawn WHERE drawn.code = every.code)
    ), wanted AS (
        SELECT feature, community,
            row_number() OVER (PARTITION BY community ORDER BY feature) AS place
        FROM drawn WHERE code IS NULL
    )
    UPDATE drawn SET code = free.code FROM free JOIN wanted USING (community, place)
    WHERE drawn.feature = wanted.feature
"""
_NEW_CELLS = """
    SELECT code, name FROM drawn
    WHERE level = 'cell' AND NOT EXISTS (SELECT FROM areas WHERE areas.code = drawn.code)
    ORDER BY code
"""
# one that is drawn for a later day already goes on until then, and none after its area's end
_COMPARED = """
    CREATE TEMP TABLE compared ON COMMIT DROP AS
    SELECT drawn.*, old.id AS old_id, old.since AS old_since,
        CASE WHEN old.id IS NULL THEN least(
            (SELECT min(since) FROM boundaries WHERE area_code = drawn.code AND since > :day),
            (SELECT CASE WHEN bool_and(until IS NOT NULL) THEN max(until) END
                FROM area_versions
                WHERE area_versions.code = drawn.code AND (until IS NULL OR until > :day))
        ) ELSE old.until END AS until
    FROM drawn LEFT JOIN boundaries AS old
        ON old.area_code = drawn.code AND daterange(old.since, old.until) @> :day
    WHERE old.id IS NULL OR old.shape_hash <> drawn.shape_hash
"""
_COUNTED = """
    SELECT count(*) FILTER (WHERE old_id IS NULL), count(*) FILTER (WHERE old_id IS NOT NULL)
    FROM compared
"""
_REDRAW = """
    UPDATE boundaries SET shape = compared.shape, shape_hash = compared.shape_hash,
        import_id = :import_id, change_id = NULL
    FROM compared WHERE boundaries.id = compared.old_id AND compared.old_since = :day
"""
_END = """
    UPDATE boundaries SET until = :day
    FROM compared WHERE boundaries.id = compared.old_id AND compared.old_since < :day
"""
_BEGIN = """
    INSERT INTO boundaries (area_code, level, since, until, shape, shape_hash, import_id)
    SELECT code, level, :day, until, shape, shape_hash, :import_id FROM compared
    WHERE old_id IS NULL OR old_since < :day ORDER BY code
"""
_CHECK_SECONDS = 200
"""So long may one check take: of 100,000 cells the longest takes ten. A file of cells that all lie
on one another would take days."""
_WORTH_ANALYZING = 10_000
_POLYGON, _MULTI_POLYGON, _WITH_SRID = 3, 6, 0x20000000


def stage(session: Session, drawings: Iterable[Drawing]) -> int:
    """Copy drawings into `incoming` while they arrive; return how many came.

    Raises:
        DatabaseUnavailable: when the connection breaks.
    """
    # a whole city comes in for longer than any other request may take
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text(_INCOMING))
    connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    staged = 0
    try:
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for one in drawings:
                shape = ewkb_of(one.polygons).hex()
                copy.write_row((one.feature, one.code, one.community, one.name, shape))
                staged += 1
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable("the connection broke during COPY") from error
    session.execute(text(f"SET LOCAL statement_timeout = '{_CHECK_SECONDS}s'"))
    return staged


def complete(session: Session, day: date) -> None:
    """Make `drawn` of `incoming`: shapes in one form, and codes for cells that have none."""
    for statement in _DRAWN:
        session.execute(text(statement))
    session.execute(text(_RECOGNISE), {"day": day})
    session.execute(text(_NUMBER))


def new_cells(session: Session) -> Iterator[tuple[str, str]]:
    """Yield (code, name) of the cells that the register doesn't have."""
    rows = session.execute(text(_NEW_CELLS), execution_options={"yield_per": 1000})
    yield from ((code, name) for code, name in rows)


def merge(session: Session, import_id: UUID, day: date) -> tuple[int, int]:
    """Let what was drawn hold from a day on; return how many boundaries it (added, changed)."""
    session.execute(text(_COMPARED), {"day": day})
    session.execute(text("ANALYZE compared"))
    added, changed = session.execute(text(_COUNTED)).one()
    for statement in (_REDRAW, _END, _BEGIN):
        session.execute(text(statement), {"day": day, "import_id": import_id})
    if added + changed > _WORTH_ANALYZING:
        session.execute(text("ANALYZE boundaries"))
    return added, changed


def ewkb_of(polygons: Iterable[Polygon]) -> bytes:
    """Return a MultiPolygon as PostGIS reads it: little endian, with its reference system."""
    many = tuple(polygons)
    return b"".join(
        (
            struct.pack("<BIII", 1, _MULTI_POLYGON | _WITH_SRID, 4326, len(many)),
            *map(_wkb_of, many),
        )
    )


def _wkb_of(rings: Polygon) -> bytes:
    parts = [struct.pack("<BII", 1, _POLYGON, len(rings))]
    for ring in rings:
        flat = [number for point in ring for number in point]
        parts.append(struct.pack(f"<I{len(flat)}d", len(ring), *flat))
    return b"".join(parts)
