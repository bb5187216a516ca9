"""Coordinates: published vectors, and what goes out comes in as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.coordinates import (
    STORED_DIGITS,
    Crs,
    Point,
    bd09_to_wgs84,
    from_stored,
    gcj02_to_wgs84,
    in_china,
    to_stored,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

SYSTEMS: list[Crs] = ["wgs84", "cgcs2000", "gcj02", "bd09"]
INSIDE = st.tuples(st.floats(72.1, 137.7), st.floats(0.9, 55.7))
AROUND = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


# tests of googollee/eviltransform: Shanghai, Shenzhen, Beijing
@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_gcj02_is_as_published(wgs84: Point, gcj02: Point) -> None:
    assert wgs84_to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-12)
    assert gcj02_to_wgs84(*gcj02) == pytest.approx(wgs84, abs=1e-10)


# tests of wandergis/coordtransform: at Tiananmen, GCJ-02 to BD-09 and WGS-84 to GCJ-02
def test_bd09_is_as_published() -> None:
    gcj02, bd09 = (116.404, 39.915), (116.41036949371029, 39.92133699351021)
    assert wgs84_to_bd09(*gcj02_to_wgs84(*gcj02)) == pytest.approx(bd09, abs=1e-9)
    assert bd09_to_wgs84(*bd09) == pytest.approx(gcj02_to_wgs84(*gcj02), abs=1e-9)
    assert wgs84_to_gcj02(*gcj02) == pytest.approx((116.41024449916938, 39.91640428150164))


@given(INSIDE)
def test_each_shift_has_its_exact_inverse(point: Point) -> None:
    assert gcj02_to_wgs84(*wgs84_to_gcj02(*point)) == pytest.approx(point, abs=1e-9)
    assert bd09_to_wgs84(*wgs84_to_bd09(*point)) == pytest.approx(point, abs=1e-9)


@given(INSIDE, st.sampled_from(SYSTEMS))
def test_what_is_shown_is_stored_as_it_was(point: Point, crs: Crs) -> None:
    stored = round(point[0], STORED_DIGITS), round(point[1], STORED_DIGITS)
    assert to_stored(crs, *from_stored(crs, *stored)) == stored


@given(AROUND.filter(lambda point: not in_china(point[0], point[1])))
def test_outside_of_china_nothing_is_shifted(point: Point) -> None:
    assert wgs84_to_gcj02(*point) == wgs84_to_bd09(*point) == point


@pytest.mark.parametrize("point", [(139.7, 35.7), (-0.1, 51.5), (151.2, -33.9), (0.0, 0.0)])
def test_a_point_far_outside_comes_back_unshifted(point: Point) -> None:
    assert gcj02_to_wgs84(*point) == bd09_to_wgs84(*point) == point


def test_a_shift_in_suzhou_is_some_hundred_metres() -> None:
    lon, lat = from_stored("gcj02", 120.59, 31.31)
    assert 0.003 < lon - 120.59 < 0.006
    assert 0.001 < abs(lat - 31.31) < 0.004
