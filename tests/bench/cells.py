"""Owns the measure of point → cell in a city: through the use case and through HTTP."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import LiteralString

import psycopg

from services.grid.boundary_staging import ewkb_of
from services.grid.schemas.boundaries import CellAt
from services.grid.usecases.boundary_reading import cell_at
from shared.database import Transactions, build_engine
from shared.http.limits import limit_statements
from tests.bench.callers import as_bytes, call
from tests.bench.ground import Ground
from tests.bench.measures import Wrong, expect
from tests.tokens import bearer, token

COLUMNS = 320
"""Cells in a row of the city: sixteen communities of twenty."""
CELLS_OF_COMMUNITY = 20
WEST, SOUTH, SIDE = 120.3, 31.1, 0.002
"""A city as wide as Suzhou's, of blocks of about 200 m."""
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))

_AREAS: LiteralString = """
    INSERT INTO areas (code, name, level, parent_code, version, created_at, updated_at)
    SELECT DISTINCT left(code, length), left(code, length), level,
        nullif(left(code, above), ''), 1, now(), now()
    FROM loaded, (VALUES (2, 'province', 0), (4, 'city', 2), (6, 'district', 4),
        (9, 'street', 6), (12, 'community', 9), (15, 'cell', 12)) AS levels (length, level, above)
    ORDER BY 1
"""
_BOUNDARIES: LiteralString = """
    INSERT INTO boundaries (area_code, level, since, shape, shape_hash)
    SELECT code, 'cell', '2026-01-01', shape, sha256(ST_AsBinary(ST_Normalize(shape), 'NDR'))
    FROM loaded
"""


@dataclass(frozen=True)
class Latency:
    """How long answers took, in milliseconds."""

    name: str
    answers: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


def code_of(number: int) -> str:
    """Return the code of a cell: a hundred communities a street, a hundred streets a district."""
    community, cell = divmod(number, CELLS_OF_COMMUNITY)
    street, place = divmod(community, 100)
    return f"3205{8 + street // 100:02d}{street % 100 + 1:03d}{place:03d}{cell + 1:03d}"


def middle_of(number: int) -> tuple[float, float]:
    """Return the middle of a cell."""
    row, column = divmod(number, COLUMNS)
    return WEST + (column + 0.5) * SIDE, SOUTH + (row + 0.5) * SIDE


def fill(url: str, cells: int) -> None:
    """Let a database of `grid` have so many cells, side by side."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            'CREATE TEMP TABLE loaded (code text COLLATE "C", shape geometry(MultiPolygon, 4326))'
        )
        with connection.cursor().copy("COPY loaded (code, shape) FROM STDIN") as copy:
            for row in _rows(cells):
                copy.write_row(row)
        for statement in (_AREAS, _BOUNDARIES):
            connection.execute(statement)
        for table in ("areas", "boundaries"):
            connection.execute(f"VACUUM ANALYZE {table}")


def by_use_case(db: Transactions, cells: int, seconds: float) -> Latency:
    """Measure the use case alone, one after the other, and that each answer is right."""
    limit_statements(db.engine)
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        number = random.randrange(cells)  # nosec B311: any will do
        point = CellAt(*middle_of(number))
        begun = time.perf_counter()
        found = db.run(cell_at, point)
        taken.append(time.perf_counter() - begun)
        expect(found.code, code_of(number), "cell")
    return _latency("cell_at", taken)


def by_http(ground: Ground, cells: int, seconds: float) -> Latency:
    """Measure GET of a point's cell by one caller."""
    ground.know_key()
    api = ground.start_api().wait_ready()
    headers = bearer(token("grid_officer", areas=("320508",)))

    def request() -> bytes:
        lon, lat = middle_of(random.randrange(cells))  # nosec B311: any will do
        path = f"/api/v1/grid/cells/at?lon={lon:.6f}&lat={lat:.6f}"
        return as_bytes("GET", path, headers)

    call(api.address, 1, seconds * 0.2, 200, request)
    answers = call(api.address, 1, seconds, 200, request)
    if answers.errors:
        raise Wrong(f"errors: {dict(answers.errors)}")
    return _latency("cell_at_http", answers.seconds)


def measure(ground: Ground, cells: int, seconds: float) -> list[Latency]:
    """Fill the database of `grid` and measure both ways."""
    fill(ground.url("grid"), cells)
    db = Transactions(build_engine(ground.url("grid").replace("://", "+psycopg://", 1)))
    try:
        return [by_use_case(db, cells, seconds), by_http(ground, cells, seconds)]
    finally:
        db.engine.dispose()
        ground.end()


def _rows(cells: int) -> Iterator[tuple[str, str]]:
    for number in range(cells):
        row, column = divmod(number, COLUMNS)
        ring = tuple(
            (round(WEST + (column + x) * SIDE, 7), round(SOUTH + (row + y) * SIDE, 7))
            for x, y in _CORNERS
        )
        yield code_of(number), ewkb_of([(ring,)]).hex()


def _latency(name: str, taken: Sequence[float]) -> Latency:
    parts = quantiles([seconds * 1000 for seconds in taken], n=100)
    return Latency(name, len(taken), *(round(parts[at - 1], 2) for at in (50, 95, 99)))
