"""Own the boundaries of the demonstration: street blocks, made up, where the communities lie.

Real outlines of communities aren't public. These are rows of blocks of the size that blocks in
Suzhou's old town have, with streets that bend a little; neighbours share every corner.
"""

from collections.abc import Iterator, Sequence
from math import sin
from typing import Any

COMMUNITIES = ("320508019020", "320508019021", "320508019022")
"""三元一村、毛家桥、金茂, from west to east."""
WEST, SOUTH = 120.5900, 31.3100
"""WGS-84, the south-western corner of the first."""
BLOCK_LON, BLOCK_LAT = 0.0021, 0.0018
"""Degrees: 200 m."""
COLUMNS, ROWS = 3, 2
"""Cells of a community."""

Feature = dict[str, Any]


def collection(features: Sequence[Feature]) -> dict[str, Any]:
    """Return a GeoJSON file of these features."""
    return {"type": "FeatureCollection", "features": list(features)}


def demo() -> dict[str, Any]:
    """Return the boundaries of the three communities and their cells."""
    features: list[Feature] = []
    for place, community in enumerate(COMMUNITIES):
        features += community_with_cells(community, place * COLUMNS)
    return collection(features)


def community_with_cells(
    community: str, column: int, columns: int = COLUMNS, rows: int = ROWS
) -> list[Feature]:
    """Return a community and its cells, beginning with a column of blocks; cells from the south."""
    return [outline(community, column, columns, rows), *cells(community, column, columns, rows)]


def outline(community: str, column: int, columns: int = COLUMNS, rows: int = ROWS) -> Feature:
    """Return the community around its cells, with every corner that one of them has."""
    south = [(column + x, 0) for x in range(columns)]
    east = [(column + columns, y) for y in range(rows)]
    north = [(column + x, rows) for x in range(columns, 0, -1)]
    west = [(column, y) for y in range(rows, 0, -1)]
    return _feature({"code": community}, [*south, *east, *north, *west])


def cells(
    community: str, column: int, columns: int = COLUMNS, rows: int = ROWS
) -> Iterator[Feature]:
    """Yield the cells of a community, numbered from the south-west."""
    for number in range(columns * rows):
        x, y = column + number % columns, number // columns
        corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
        said = {"code": f"{community}{number + 1:03d}", "name": f"第{number + 1}网格"}
        yield _feature(said, corners)


def middle_of(column: int, row: int) -> tuple[float, float]:
    """Return the middle of a block as longitude and latitude."""
    (west, south), (east, north) = corner(column, row), corner(column + 1, row + 1)
    return (west + east) / 2, (south + north) / 2


def corner(x: int, y: int) -> tuple[float, float]:
    """Return where two streets cross: about where they would in a plain grid."""
    lon = WEST + BLOCK_LON * (x + 0.08 * sin(2.3 * x + 1.7 * y))
    lat = SOUTH + BLOCK_LAT * (y + 0.08 * sin(1.9 * x - 2.9 * y))
    return round(lon, 7), round(lat, 7)


def _feature(properties: dict[str, str], corners: list[tuple[int, int]]) -> Feature:
    ring = [list(corner(*at)) for at in [*corners, corners[0]]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}
