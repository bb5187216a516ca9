"""Owns the coordinates of maps in China: what is stored, and what GCJ-02 and BD-09 make of it.

Stored is WGS-84. CGCS2000 (EPSG:4490) differs by centimetres and is taken for the same. GCJ-02 is
the shift that maps of China must have, BD-09 is Baidu's on top of it; the formulas are those that
have been published since 2012. Their usual inverses are approximations, up to metres off: here an
inverse is found by iteration, so that what goes out comes in again as it was.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

Crs = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
Point = tuple[float, float]
"""Longitude, latitude."""

STORED_DIGITS = 7
"""Digits of a stored degree: 1 cm."""
SHOWN_DIGITS = 10
"""Digits of a shifted degree: enough to come back to the same stored one."""

_AXIS = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
"""Krasovsky's ellipsoid, as the formula has it."""
_BAIDU = math.pi * 3000.0 / 180.0
_CLOSE = 1e-11
_ROUNDS = 12
"""Each makes the error some four hundred times smaller; five are the rule."""


def in_china(lon: float, lat: float) -> bool:
    """Tell whether the shift applies: the rectangle of the published formula."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def to_stored(crs: Crs, lon: float, lat: float) -> Point:
    """Return a point as it is stored: WGS-84, to the centimetre."""
    lon, lat = _TO_WGS84.get(crs, _same)(lon, lat)
    return round(lon, STORED_DIGITS), round(lat, STORED_DIGITS)


def from_stored(crs: Crs, lon: float, lat: float) -> Point:
    """Return a stored point as a map of that system has it."""
    if crs not in _FROM_WGS84:
        return round(lon, STORED_DIGITS), round(lat, STORED_DIGITS)
    lon, lat = _FROM_WGS84[crs](lon, lat)
    return round(lon, SHOWN_DIGITS), round(lat, SHOWN_DIGITS)


def wgs84_to_gcj02(lon: float, lat: float) -> Point:
    """Shift a point as maps of China are; one outside of China stays."""
    return _shifted(lon, lat) if in_china(lon, lat) else (lon, lat)


def gcj02_to_wgs84(lon: float, lat: float) -> Point:
    """Return the point whose shift this is; one outside of China stays."""
    found = _inverse(_shifted, lon, lat)
    return found if in_china(*found) else (lon, lat)


def wgs84_to_bd09(lon: float, lat: float) -> Point:
    """Shift a point as Baidu's maps are; one outside of China stays."""
    return _gcj02_to_bd09(*_shifted(lon, lat)) if in_china(lon, lat) else (lon, lat)


@lru_cache(maxsize=100_000)
def bd09_to_wgs84(lon: float, lat: float) -> Point:
    """Return the point whose shift by Baidu this is; one outside of China stays."""
    found = _inverse(_shifted, *_inverse(_gcj02_to_bd09, lon, lat))
    return found if in_china(*found) else (lon, lat)


# neighbours share their corners: each comes three or four times in a file
_gcj02_to_wgs84_once = lru_cache(maxsize=100_000)(gcj02_to_wgs84)


def _same(lon: float, lat: float) -> Point:
    return lon, lat


def _inverse(shift: Callable[[float, float], Point], lon: float, lat: float) -> Point:
    x, y = lon, lat
    for _ in range(_ROUNDS):
        seen_x, seen_y = shift(x, y)
        x, y = x + lon - seen_x, y + lat - seen_y
        if abs(lon - seen_x) < _CLOSE and abs(lat - seen_y) < _CLOSE:
            break
    return x, y


def _shifted(lon: float, lat: float) -> Point:
    x, y = lon - 105.0, lat - 35.0
    radians = math.radians(lat)
    magic = 1 - _ECCENTRICITY_SQUARED * math.sin(radians) ** 2
    root = math.sqrt(magic)
    north = math.degrees(_north(x, y) * magic * root / (_AXIS * (1 - _ECCENTRICITY_SQUARED)))
    east = math.degrees(_east(x, y) * root / (_AXIS * math.cos(radians)))
    return lon + east, lat + north


def _north(x: float, y: float) -> float:
    metres = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    metres += (20.0 * _wave(6.0 * x) + 20.0 * _wave(2.0 * x)) * 2.0 / 3.0
    metres += (20.0 * _wave(y) + 40.0 * _wave(y / 3.0)) * 2.0 / 3.0
    return metres + (160.0 * _wave(y / 12.0) + 320.0 * _wave(y / 30.0)) * 2.0 / 3.0


def _east(x: float, y: float) -> float:
    metres = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    metres += (20.0 * _wave(6.0 * x) + 20.0 * _wave(2.0 * x)) * 2.0 / 3.0
    metres += (20.0 * _wave(x) + 40.0 * _wave(x / 3.0)) * 2.0 / 3.0
    return metres + (150.0 * _wave(x / 12.0) + 300.0 * _wave(x / 30.0)) * 2.0 / 3.0


def _wave(value: float) -> float:
    return math.sin(value * math.pi)


def _gcj02_to_bd09(lon: float, lat: float) -> Point:
    far = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BAIDU)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BAIDU)
    return far * math.cos(angle) + 0.0065, far * math.sin(angle) + 0.006


_TO_WGS84: dict[str, Callable[[float, float], Point]] = {
    "gcj02": _gcj02_to_wgs84_once,
    "bd09": bd09_to_wgs84,
}
_FROM_WGS84: dict[str, Callable[[float, float], Point]] = {
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
}
