"""Owns the boundary files that the tests of `grid` load, on one street's communities."""

import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from deploy.demo import boundaries as demo
from services.grid.boundary_file import BoundaryFile
from services.grid.domain.boundary_problems import BoundariesRefused, Problem
from services.grid.schemas.boundaries import CellAt, ImportBoundaries
from services.grid.usecases.boundary_imports import BoundariesImported, import_boundaries
from services.grid.usecases.boundary_reading import NoCellThere, cell_at
from shared.database import Transactions
from tests.tokens import somebody

ONE, TWO, THREE = demo.COMMUNITIES
TODAY = date(2026, 11, 23)


def file_of(features: Sequence[dict[str, Any]]) -> bytes:
    """Return a GeoJSON file with these features."""
    return json.dumps(demo.collection(features)).encode()


def draw(
    db: Transactions, data: bytes | Sequence[dict[str, Any]], *areas: str, **asked: Any
) -> BoundariesImported:
    """Import a file, or features, as somebody who may in these areas (everywhere by default)."""
    content = data if isinstance(data, bytes) else file_of(data)
    wanted = ImportBoundaries(**{"effective_on": TODAY} | asked)
    file = BoundaryFile(io.BytesIO(content), packed=content.startswith(b"\x1f\x8b"))
    return db.run(import_boundaries, file, wanted, somebody(*areas))


def counts(done: BoundariesImported) -> tuple[int, int, int]:
    """Return how many boundaries an import (added, changed, left as they were)."""
    return done.added, done.changed, done.unchanged


def refused(db: Transactions, features: Sequence[dict[str, Any]], **asked: Any) -> list[Problem]:
    """Return what a file that is refused has wrong; nothing of it was stored."""
    before = stored(db)
    with pytest.raises(BoundariesRefused) as refusal:
        draw(db, features, **asked)
    assert stored(db) == before
    return refusal.value.report.problems


def stored(db: Transactions) -> list[tuple[Any, ...]]:
    """Return (code, since, until, square metres) of every boundary."""
    with db.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT area_code, since, until, round(ST_Area(shape::geography))::int"
                " FROM boundaries ORDER BY 1, 2"
            )
        )
        return [tuple(row) for row in rows]


def where(db: Transactions, column: int, row: int, on: date = TODAY) -> str | None:
    """Return the code of the cell that covers the middle of a block on a day."""
    lon, lat = demo.middle_of(column, row)
    try:
        return db.run(cell_at, CellAt(lon, lat, on=on)).code
    except NoCellThere:
        return None
