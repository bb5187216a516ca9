"""Owns the temporary tables of an import: rows as they came, then what they change."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from services.grid.domain.register_rows import AreaRow, Problem
from shared.contracts.grid import AreaLevel
from shared.database import DatabaseUnavailable

_INCOMING = """
    CREATE TEMP TABLE incoming (
        row integer NOT NULL,
        code text COLLATE "C" NOT NULL,
        name text NOT NULL,
        level text NOT NULL,
        parent_code text COLLATE "C"
    ) ON COMMIT DROP
"""
_COPY = "COPY incoming (row, code, name, level, parent_code) FROM STDIN"

_DUPLICATES = text("""
    SELECT row, code, first_row
    FROM (SELECT row, code, min(row) OVER (PARTITION BY code) AS first_row FROM incoming) AS every
    WHERE row <> first_row ORDER BY row
""")
_ORPHANS = text("""
    SELECT row, parent_code FROM incoming
    WHERE parent_code IN (
        SELECT parent_code FROM incoming WHERE parent_code IS NOT NULL
        EXCEPT SELECT code FROM incoming
        EXCEPT SELECT code FROM areas)
    ORDER BY row
""")
# level and parent follow from the code, so a known area can only have another name
_TOUCHED = """
    CREATE TEMP TABLE touched ON COMMIT DROP AS
    SELECT incoming.code, incoming.name, incoming.level, incoming.parent_code,
           coalesce(areas.version, 0) + 1 AS version
    FROM incoming LEFT JOIN areas USING (code)
    WHERE areas.code IS NULL OR areas.name <> incoming.name
    ORDER BY incoming.code
"""
_CHANGE = """
    UPDATE areas SET name = touched.name, version = touched.version, updated_at = :now, dated = true
    FROM touched WHERE areas.code = touched.code AND touched.version > 1
"""
_ADD = """
    INSERT INTO areas (code, name, level, parent_code, version, created_at, updated_at)
    SELECT code, name, level, parent_code, version, :now, :now
    FROM touched WHERE version = 1 ORDER BY code
"""
# an area that has ended is not in force, and one with a change ahead is not to be renamed before it
_NOT_NOW = text("""
    SELECT DISTINCT incoming.row, incoming.code FROM incoming JOIN areas USING (code)
    WHERE areas.dated AND NOT EXISTS (
        SELECT FROM area_versions AS version WHERE version.code = areas.code
            AND version.until IS NULL AND (version.since IS NULL OR version.since <= :today))
    ORDER BY row
""")
_UNDER_ENDED = text("""
    SELECT incoming.row, incoming.parent_code
    FROM incoming JOIN areas AS parent ON parent.code = incoming.parent_code
    WHERE parent.dated AND NOT EXISTS (SELECT FROM areas WHERE areas.code = incoming.code)
        AND NOT EXISTS (
            SELECT FROM area_versions AS version WHERE version.code = parent.code
                AND version.until IS NULL AND (version.since IS NULL OR version.since <= :today))
    ORDER BY row
""")
# what an area was called until yesterday stays to be looked up
_DATE_RENAMED = (
    """
    INSERT INTO area_versions (code, name)
    SELECT areas.code, areas.name FROM areas JOIN touched USING (code)
    WHERE touched.version > 1 AND NOT areas.dated
    """,
    """
    UPDATE area_versions SET name = touched.name, change_id = :change_id FROM touched
    WHERE area_versions.code = touched.code AND since = :today AND until IS NULL
    """,
    """
    WITH ended AS (
        UPDATE area_versions SET until = :today FROM touched
        WHERE area_versions.code = touched.code AND until IS NULL
            AND (since IS NULL OR since < :today)
        RETURNING touched.code, touched.name)
    INSERT INTO area_versions (code, since, name, change_id)
    SELECT code, :today, name, :change_id FROM ended
    """,
)
_WORTH_ANALYZING = 10_000


def stage(session: Session, rows: Iterable[tuple[int, AreaRow]]) -> int:
    """Copy rows into `incoming` while they arrive; return how many came.

    Raises:
        DatabaseUnavailable: when the connection breaks.
    """
    # a register of the whole country takes longer than any other request may
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text(_INCOMING))
    connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    staged = 0
    try:
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for number, area in rows:
                copy.write_row((number, *area))
                staged += 1
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable("the connection broke during COPY") from error
    session.execute(text("ANALYZE incoming"))
    return staged


def duplicates(session: Session) -> Iterator[Problem]:
    """Yield each row whose code stands in an earlier row too."""
    for row, code, first in session.execute(_DUPLICATES, execution_options={"yield_per": 1000}):
        yield Problem(row, "code", code, "duplicate", {"first_row": first})


def orphans(session: Session) -> Iterator[Problem]:
    """Yield each row whose parent is neither in the file nor in the register."""
    for row, parent in session.execute(_ORPHANS, execution_options={"yield_per": 1000}):
        yield Problem(row, "parent_code", parent, "orphan", {"parent": parent})


def not_now(session: Session, today: date) -> Iterator[Problem]:
    """Yield each row whose area, or whose parent, has ended or has a change ahead."""
    for row, code in session.execute(_NOT_NOW, {"today": today}):
        yield Problem(row, "code", code, "not_now")
    for row, parent in session.execute(_UNDER_ENDED, {"today": today}):
        yield Problem(row, "parent_code", parent, "not_now")


def touch(session: Session) -> int:
    """Find what an import adds or changes, and keep it in `touched`; return how many it changes.

    The caller holds the lock of the register.
    """
    session.execute(text(_TOUCHED))
    session.execute(text("ANALYZE touched"))
    return session.scalar(text("SELECT count(*) FROM touched WHERE version > 1")) or 0


def date_renamed(session: Session, change_id: UUID, today: date) -> None:
    """Let the areas that an import renames have their new name from today on."""
    for statement in _DATE_RENAMED:
        values = {"change_id": change_id, "today": today}
        session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


def merge(session: Session, now: datetime) -> tuple[int, int]:
    """Bring the register to what is `touched`; return how many areas it (added, changed)."""
    changed = _rows(session, _CHANGE, now)
    added = _rows(session, _ADD, now)
    if added > _WORTH_ANALYZING:
        session.execute(text("ANALYZE areas"))
    return added, changed


def touched(session: Session, size: int) -> Iterator[list[tuple[str, str, AreaLevel, int]]]:
    """Yield (code, name, level, version) of what was added or changed, by code, in lists."""
    rows = session.execute(
        text("SELECT code, name, level, version FROM touched ORDER BY code"),
        execution_options={"yield_per": size},
    )
    for part in rows.partitions(size):
        yield [(code, name, level, version) for code, name, level, version in part]


def _rows(session: Session, statement: str, now: datetime) -> int:
    return cast("CursorResult[Any]", session.execute(text(statement), {"now": now})).rowcount
