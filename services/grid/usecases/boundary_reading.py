"""Owns the reading of boundaries: which cell covers a point, and how shapes go out as GeoJSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, select, text
from sqlalchemy.orm import Session

from services.grid.domain.areas import subtree_of
from services.grid.domain.coordinates import Crs, from_stored, to_stored
from services.grid.models.areas import Area, AreaVersion
from services.grid.models.boundaries import Boundary
from services.grid.schemas.areas import AreaName
from services.grid.schemas.boundaries import CellAt, CellView, GetBoundary, ListBoundaries
from services.grid.usecases.area_days import day_of, holds_on
from shared.auth.callers import Caller, within
from shared.errors import NotFound

_PIECE = 200
"""Boundaries that one piece of an export holds."""
# where cells meet a point is of several: the lower code has it
_COVERING = text("""
    WITH cell AS MATERIALIZED (
        SELECT area_code FROM boundaries
        WHERE level = 'cell' AND daterange(since, until) @> :day
            AND ST_Covers(shape, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
        ORDER BY area_code LIMIT 1
    )
    SELECT areas.code, coalesce(version.name, areas.name), areas.level
    FROM cell JOIN areas ON areas.code = ANY (ARRAY[
        left(area_code, 2), left(area_code, 4), left(area_code, 6), left(area_code, 9),
        left(area_code, 12), area_code])
    LEFT JOIN area_versions AS version
        ON version.code = areas.code AND daterange(version.since, version.until) @> :day
    ORDER BY areas.code
""")


class NoCellThere(NotFound):
    """No grid cell covers the point on that day."""

    zh = "{day} 没有网格覆盖该点（经度 {lon}，纬度 {lat}）"
    en = "No grid cell covers the point {lon}, {lat} on {day}"


class BoundaryUnknown(NotFound):
    """The area has no boundary on that day, or isn't the caller's."""

    zh = "区划 {code} 在 {day} 没有边界"
    en = "The area {code} has no boundary on {day}"


@dataclass(frozen=True)
class Asked:
    """Whose boundaries are listed, of which day, and after which code the piece begins."""

    wanted: ListBoundaries
    who: Caller
    day: date
    after: str = ""


@dataclass(frozen=True)
class Piece:
    """A part of an export: features as text, and what to ask for the next one."""

    features: Sequence[str]
    next: Asked | None


def cell_at(session: Session, point: CellAt, now: datetime) -> CellView:
    """Return the cell that covers a point; on a border that of the lower code.

    Raises:
        NoCellThere
    """
    day = point.on or day_of(now)
    lon, lat = to_stored(point.crs, point.lon, point.lat)
    found = session.execute(_COVERING, {"lon": lon, "lat": lat, "day": day}).all()
    if not found:
        raise NoCellThere(day=day, lon=point.lon, lat=point.lat)
    *above, cell = (AreaName(*row) for row in found)
    return CellView(cell.code, cell.name, above[-1].code, above[-1].name, above)


def list_boundaries(session: Session, wanted: ListBoundaries, who: Caller, now: datetime) -> Piece:
    """Return the first piece of an export, by code."""
    return list_more(session, Asked(wanted, who, wanted.on or day_of(now)))


def list_more(session: Session, asked: Asked) -> Piece:
    """Return the piece of an export after a code.

    Each piece is a transaction: however slowly somebody reads, none stays open.
    """
    rows = session.execute(_chosen(asked).limit(_PIECE)).all()
    more = replace(asked, after=rows[-1].area_code) if len(rows) == _PIECE else None
    return Piece([_feature(row, asked.wanted.crs) for row in rows], more)


def get_boundary(
    session: Session, code: str, wanted: GetBoundary, who: Caller, now: datetime
) -> str:
    """Return the boundary of an area as a GeoJSON feature.

    Raises:
        BoundaryUnknown
    """
    day = wanted.on or day_of(now)
    asked = Asked(ListBoundaries(), who, day)
    row = session.execute(_chosen(asked).where(Boundary.area_code == code)).first()
    if row is None:
        raise BoundaryUnknown(code=code, day=day)
    return _feature(row, wanted.crs)


def _chosen(asked: Asked) -> Any:
    """Select what an export shows of boundaries, by code."""
    day = asked.day
    that_day = and_(
        AreaVersion.code == Boundary.area_code,
        holds_on(day),
    )
    found = (
        select(
            Boundary.area_code,
            Boundary.level,
            Boundary.since,
            Boundary.until,
            func.coalesce(AreaVersion.name, Area.name).label("name"),
            func.ST_AsGeoJSON(text("boundaries.shape"), 7).label("shape"),
        )
        .join(Area, Area.code == Boundary.area_code)
        .outerjoin(AreaVersion, that_day)
        .where(func.daterange(Boundary.since, Boundary.until).bool_op("@>")(day))
        .where(within(Boundary.area_code, asked.who.areas), Boundary.area_code > asked.after)
        .order_by(Boundary.area_code)
    )
    if asked.wanted.area is not None:
        first, past = subtree_of(asked.wanted.area)
        found = found.where(Boundary.area_code >= first, Boundary.area_code < past)
    if asked.wanted.level is not None:
        found = found.where(Boundary.level == asked.wanted.level)
    return found


def _feature(row: Row[Any], crs: Crs) -> str:
    """Return a boundary as a feature that an import takes back as it is."""
    properties = {
        "code": row.area_code,
        "name": row.name,
        "level": row.level,
        "since": row.since.isoformat(),
        "until": row.until and row.until.isoformat(),
    }
    shape = _shown(row.shape, crs)
    said = json.dumps(properties, ensure_ascii=False)
    return f'{{"type":"Feature","properties":{said},"geometry":{shape}}}'


def _shown(shape: str, crs: Crs) -> str:
    if crs in ("wgs84", "cgcs2000"):
        return shape
    geometry = json.loads(shape)
    polygons = geometry["coordinates"]
    geometry["coordinates"] = [
        [[from_stored(crs, lon, lat) for lon, lat in ring] for ring in rings] for rings in polygons
    ]
    return json.dumps(geometry)


def geojson_of(first: Piece, more: Callable[[Asked], Piece]) -> Iterator[str]:
    """Yield the text of a feature collection, piece by piece."""
    yield '{"type":"FeatureCollection","features":['
    yield ",\n".join(first.features)
    piece = first
    while piece.next is not None:
        piece = more(piece.next)
        yield "".join(f",\n{feature}" for feature in piece.features)
    yield "]}\n"
