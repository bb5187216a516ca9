"""The HTTP door of boundaries: files in and out, mistakes told in the caller's language."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from deploy.demo import boundaries as demo
from services.grid.domain.coordinates import from_stored
from shared.database import Transactions
from tests.databases import SetClock
from tests.tokens import bearer, token
from tests.usecases.grid.drawings import ONE, TWO, file_of, stored
from tests.usecases.grid.register import communities, csv_of, load

ROOT = "/api/v1/grid"
GEOJSON = "application/geo+json"


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    """The door of a grid with thirty communities of one street."""
    clock.set(datetime(2026, 11, 23, 4, tzinfo=UTC))
    load(grid_db, csv_of(communities(30)))
    return grid_http


def post(
    http: FlaskClient, data: bytes, query: str = "", kind: str = GEOJSON, language: str = "zh"
) -> TestResponse:
    headers = {"Content-Type": kind, "Accept-Language": language}
    return http.post(f"{ROOT}/boundaries/imports{query}", data=data, headers=headers)


def spoilt() -> bytes:
    """Return a file with two holes, where a cell and a corner should be, and an overlap."""
    features = demo.community_with_cells(ONE, 0)
    del features[5]
    features[2]["geometry"]["coordinates"][0][0] = list(demo.middle_of(0, 0))
    features[2]["geometry"]["coordinates"][0][-1] = list(demo.middle_of(0, 0))
    return file_of(features)


def test_a_file_is_loaded_plain_or_packed(http: FlaskClient) -> None:
    data = file_of(demo.demo()["features"])
    first = post(http, data).json
    again = post(http, gzip.compress(data), kind="application/gzip").json
    assert (first["features"], first["added"], first["warnings"]) == (21, 21, [])
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 21)
    assert first["import_id"] != again["import_id"]


def test_warnings_are_told_in_the_callers_language(http: FlaskClient) -> None:
    data = file_of(list(demo.cells(ONE, 0)))
    (warning,) = post(http, data).json["warnings"]
    assert (warning["kind"], warning["code"]) == ("no_boundary", ONE)
    assert warning["detail"].startswith(f"社区 {ONE} 尚无边界")
    (warning,) = post(http, data, language="en").json["warnings"]
    assert warning["detail"].startswith(f"the community {ONE} has no boundary")


@pytest.mark.parametrize(
    ("language", "title", "overlap"),
    [
        ("zh", "边界文件有误", f"与网格 {ONE}001 重叠"),
        ("en", "The file of boundaries has mistakes", f"overlaps the cell {ONE}001"),
    ],
)
def test_mistakes_are_told_with_their_places(
    http: FlaskClient, language: str, title: str, overlap: str
) -> None:
    answer = post(http, spoilt(), language=language)
    problem = answer.json
    assert answer.status_code == 422
    assert problem["type"] == "urn:linli:problem:boundaries-refused"
    assert (problem["title"], problem["error_count"]) == (title, 3)
    gap, _, found = problem["errors"]
    assert (gap["kind"], gap["feature"], gap["code"]) == ("gap", 1, ONE)
    assert (found["kind"], found["feature"], found["code"]) == ("overlap", 3, f"{ONE}002")
    assert found["detail"] == overlap
    for one, block in ((gap, (1, 1)), (found, (0, 0))):
        lon, lat = demo.middle_of(*block)
        assert abs(one["lon"] - lon) < 0.0011
        assert abs(one["lat"] - lat) < 0.0009
        assert one["area_m2"] > 1_000


def test_a_refused_file_stores_nothing(http: FlaskClient, grid_db: Transactions) -> None:
    assert post(http, spoilt(), "?gaps=allow").json["error_count"] == 1
    assert stored(grid_db) == []


@pytest.mark.parametrize(
    ("data", "query", "kind", "status", "problem"),
    [
        (b"{}", "", "application/json", 415, "unsupported-media-type"),
        (b"{}", "", GEOJSON, 422, "not-feature-collection"),
        (b"{", "", GEOJSON, 422, "not-geo-json"),
        (b"x", "", "application/gzip", 422, "broken-gzip"),
        (file_of([]), "", GEOJSON, 422, "no-boundaries"),
        (file_of([]), "?crs=epsg3857", GEOJSON, 422, "invalid-request"),
        (file_of([]), "?effective_on=tomorrow", GEOJSON, 422, "invalid-request"),
        (b'{"features":[' + b"[" * 9999, "", GEOJSON, 422, "feature-too-deep"),
        (b'{"features":["' + b"x" * 5_000_000, "", GEOJSON, 422, "feature-too-large"),
    ],
)
def test_what_is_no_boundary_file_is_refused(
    http: FlaskClient, data: bytes, query: str, kind: str, status: int, problem: str
) -> None:
    answer = post(http, data, query, kind)
    assert (answer.status_code, answer.json["type"]) == (status, f"urn:linli:problem:{problem}")


@pytest.mark.parametrize("crs", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_an_export_imports_back_to_the_same(
    http: FlaskClient, grid_db: Transactions, crs: str
) -> None:
    post(http, file_of(demo.demo()["features"]))
    before = stored(grid_db)
    out = http.get(f"{ROOT}/boundaries?crs={crs}")
    assert (out.status_code, out.mimetype) == (200, GEOJSON)
    assert len(out.json["features"]) == 21
    back = post(http, out.data, f"?crs={crs}").json
    assert (back["added"], back["changed"], back["unchanged"]) == (0, 0, 21)
    assert back["warnings"] == []
    assert stored(grid_db) == before


def test_a_large_export_comes_in_pieces_and_whole(http: FlaskClient) -> None:
    features = list(demo.cells(ONE, 0, 30, 14))
    assert post(http, file_of(features)).json["added"] == 420
    out = http.get(f"{ROOT}/boundaries", buffered=False)
    assert out.is_streamed
    codes = [one["properties"]["code"] for one in json.loads(out.data)["features"]]
    assert codes == sorted(one["properties"]["code"] for one in features)
    assert http.get(f"{ROOT}/boundaries?area=11").json["features"] == []


def test_an_export_is_of_an_area_a_level_and_a_day(http: FlaskClient) -> None:
    post(http, file_of(demo.demo()["features"]), "?effective_on=2026-12-01")

    def codes(query: str) -> list[str]:
        found = http.get(f"{ROOT}/boundaries?on=2026-12-01{query}").json["features"]
        return [one["properties"]["code"] for one in found]

    assert codes("&level=community") == list(demo.COMMUNITIES)
    assert codes(f"&area={TWO}&level=cell") == [f"{TWO}00{n}" for n in range(1, 7)]
    assert http.get(f"{ROOT}/boundaries").json["features"] == []


def test_one_boundary_is_shown_of_its_day(http: FlaskClient) -> None:
    post(http, file_of(demo.demo()["features"]), "?effective_on=2026-12-01")
    path = f"{ROOT}/areas/{ONE}001/boundary"
    shown: dict[str, Any] = http.get(f"{path}?on=2027-01-01&crs=gcj02").json
    assert shown["properties"] == {
        "code": f"{ONE}001",
        "name": "第1网格",
        "level": "cell",
        "since": "2026-12-01",
        "until": None,
    }
    corners = shown["geometry"]["coordinates"][0][0]
    assert list(from_stored("gcj02", *demo.corner(0, 0))) in corners
    missing = http.get(path)
    assert (missing.status_code, missing.json["type"]) == (
        404,
        "urn:linli:problem:boundary-unknown",
    )


def test_a_point_is_in_a_cell_or_not_found(http: FlaskClient) -> None:
    post(http, file_of(demo.demo()["features"]))
    lon, lat = from_stored("bd09", *demo.middle_of(4, 0))
    found = http.get(f"{ROOT}/cells/at?lon={lon}&lat={lat}&crs=bd09").json
    assert (found["code"], found["community_code"]) == (f"{TWO}002", TWO)
    assert len(found["ancestors"]) == 5
    nowhere = http.get(f"{ROOT}/cells/at?lon=0&lat=0")
    assert nowhere.status_code == 404
    assert nowhere.json["type"] == "urn:linli:problem:no-cell-there"
    for query in ("lon=200&lat=0", "lon=nan&lat=1", "lon=120.59", "lon=1e999&lat=0"):
        assert http.get(f"{ROOT}/cells/at?{query}").status_code == 422


def test_a_file_with_an_area_of_others_is_refused_whole(
    http: FlaskClient, grid_db: Transactions
) -> None:
    headers = bearer(token("street_office", areas=(ONE,))) | {"Content-Type": GEOJSON}
    path, data = f"{ROOT}/boundaries/imports", file_of(demo.demo()["features"])
    answer = http.post(path, data=data, headers=headers)
    assert (answer.status_code, stored(grid_db)) == (403, [])
    own = file_of(demo.community_with_cells(ONE, 0))
    assert http.post(path, data=own, headers=headers).status_code == 201
    post(http, data)
    out = http.get(f"{ROOT}/boundaries", headers=headers).json["features"]
    assert {one["properties"]["code"][:12] for one in out} == {ONE}
