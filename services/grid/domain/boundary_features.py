"""Owns what a feature of a boundary file must be, and how it becomes a drawing of an area."""

import re
from dataclasses import dataclass
from typing import Any

from services.grid.domain.areas import level_of
from services.grid.domain.boundary_problems import BoundaryProblems, Problem
from services.grid.domain.coordinates import Crs, Point, in_china, to_stored
from shared.privacy.personal_numbers import holds_personal_numbers

MAX_RING_POINTS = 20_000
"""The outline of a whole prefecture has fewer."""
MAX_RINGS = 1_000
NAME_CHARACTERS = 200

_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_COMMUNITY = re.compile(r"[0-9]{12}")

Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]


@dataclass(frozen=True)
class Drawing:
    """The shape of an area as a file has it, in stored coordinates.

    A cell that is new may come without a code; then `community` says where it lies.
    """

    feature: int
    code: str | None
    community: str
    name: str | None
    polygons: tuple[Polygon, ...]


class _Wrong(Exception):
    """What keeps a feature from being a drawing."""

    def __init__(self, kind: str, **where: Any) -> None:
        self.kind = kind
        self.where = where
        super().__init__(kind)


def read_drawing(
    number: int, feature: object, crs: Crs, report: BoundaryProblems
) -> Drawing | None:
    """Return what a feature draws; None, and a line in the report, where it is none."""
    code = None
    try:
        members = _members(feature)
        code, community = _place(members)
        name = _name(members)
        polygons = _polygons(_geometry(feature), crs)
    except _Wrong as wrong:
        report.add(Problem(wrong.kind, number, code, **wrong.where))
        return None
    return Drawing(number, code, community, name, polygons)


def _members(feature: object) -> dict[str, Any]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _Wrong("feature")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise _Wrong("no_code")
    return properties


def _place(properties: dict[str, Any]) -> tuple[str | None, str]:
    """Return (code or None, community). Map programs write a code of digits as a number."""
    code, community = (_digits(properties.get(name)) for name in ("code", "community"))
    if code is None:
        if community is None or not _COMMUNITY.fullmatch(community):
            raise _Wrong("no_code")
        return None, community
    if level_of(code) not in ("community", "cell"):
        raise _Wrong("code")
    return code, code[:12]


def _digits(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**15:
        return str(value)
    if value is None or isinstance(value, str):
        return value
    raise _Wrong("code")


def _name(properties: dict[str, Any]) -> str | None:
    name = properties.get("name")
    if name is None:
        return None
    name = name.strip() if isinstance(name, str) else ""
    if not 0 < len(name) <= NAME_CHARACTERS or _UNFIT.search(name):
        raise _Wrong("name")
    if holds_personal_numbers(name):
        raise _Wrong("names_somebody")
    return name


def _geometry(feature: Any) -> list[Any]:
    """Return the polygons of a feature as lists of rings, not yet looked at."""
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(geometry.get("coordinates"), list):
        raise _Wrong("geometry")
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    if not polygons or not all(isinstance(rings, list) and rings for rings in polygons):
        raise _Wrong("geometry")
    if sum(map(len, polygons)) > MAX_RINGS:
        raise _Wrong("many_rings", facts={"limit": MAX_RINGS})
    return polygons


def _polygons(polygons: list[Any], crs: Crs) -> tuple[Polygon, ...]:
    """Return the polygons in stored coordinates; rings count through the whole feature."""
    read: list[Polygon] = []
    first = 1
    for rings in polygons:
        read.append(tuple(_ring(at, points, crs) for at, points in enumerate(rings, first)))
        first += len(rings)
    return tuple(read)


def _ring(number: int, points: object, crs: Crs) -> Ring:
    if not isinstance(points, list):
        raise _Wrong("ring", ring=number)
    if len(points) > MAX_RING_POINTS:
        facts = {"limit": MAX_RING_POINTS, "count": len(points)}
        raise _Wrong("many_points", ring=number, facts=facts)
    said = [_point(number, point) for point in points]
    if len(said) < 4:
        at = said[0] if said else None
        raise _Wrong("few_points", ring=number, at=at, facts={"count": len(said)})
    if said[0] != said[-1]:
        raise _Wrong("not_closed", ring=number, at=said[-1])
    return tuple(to_stored(crs, lon, lat) for lon, lat in said)


def _point(ring: int, point: object) -> Point:
    """Return the longitude and latitude of a point; a height behind them is passed over."""
    if not isinstance(point, list) or len(point) < 2 or not all(map(_is_finite, point[:2])):
        raise _Wrong("point", ring=ring)
    lon, lat = float(point[0]), float(point[1])
    if not in_china(lon, lat):
        kind = "swapped" if in_china(lat, lon) else "out_of_range"
        raise _Wrong(kind, ring=ring, at=(lon, lat))
    return lon, lat


def _is_finite(value: object) -> bool:
    # True is an int to Python; a whole number may be larger than any float
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e9
