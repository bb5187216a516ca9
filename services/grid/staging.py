"""Owns the temporary tables of an import: rows as they came, then what they change."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

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
    UPDATE areas SET name = touched.name, version = touched.version, updated_at = :now
    FROM touched WHERE areas.code = touched.code AND touched.version > 1
"""
_ADD = """
    INSERT INTO areas (code, name, level, parent_code, version, created_at, updated_at)
    SELECT code, name, level, parent_code, version, :now, :now
    FROM touched WHERE version = 1 ORDER BY code
"""
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


def merge(session: Session, now: datetime) -> tuple[int, int]:
    """Bring the register to what was staged; return how many areas it (added, changed).

    What changed stays in `touched`. The caller holds the lock of imports.
    """
    session.execute(text(_TOUCHED))
    session.execute(text("ANALYZE touched"))
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
