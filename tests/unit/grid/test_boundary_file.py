"""A boundary file: read feature by feature, and refused precisely whatever it holds."""

import gzip
import io
import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.boundary_file import (
    MAX_FEATURES,
    BoundaryFile,
    BoundaryFileTooLarge,
    FeatureTooDeep,
    FeatureTooLarge,
    NotFeatureCollection,
    NotGeoJson,
)
from services.grid.domain.boundary_features import MAX_RING_POINTS, read_drawing
from services.grid.domain.boundary_problems import (
    REPORTED,
    WORDS,
    BoundariesRefused,
    BoundaryProblems,
    Problem,
)

SQUARE = [[120.59, 31.31], [120.6, 31.31], [120.6, 31.32], [120.59, 31.32], [120.59, 31.31]]
CELL = "320508019020001"


class Dripping(io.BytesIO):
    """A stream that gives one to seven bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1 + self.tell() % 7)


def features(data: bytes, stream: Callable[[bytes], Any] = io.BytesIO) -> list[Any]:
    packed = data.startswith(b"\x1f\x8b")
    return [feature for _, feature in BoundaryFile(stream(data), packed=packed).features()]


def wrapped(*parts: str) -> bytes:
    return ('{"type":"FeatureCollection","features":[' + ",".join(parts) + "]}").encode()


def feature(ring: Any = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": CELL, "name": "第1网格"} | properties,
        "geometry": {"type": "Polygon", "coordinates": [SQUARE if ring is None else ring]},
    }


def problem_of(one: Any, crs: Any = "wgs84") -> Problem:
    report = BoundaryProblems()
    assert read_drawing(7, one, crs, report) is None
    (problem,) = report.problems
    assert problem.feature == 7
    return problem


@given(
    st.recursive(
        st.none() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    ),
    st.booleans(),
)
def test_a_feature_is_read_as_json_reads_it(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    data = wrapped(text, "1", text).decode().encode("utf-8", "surrogatepass")
    assert features(data, Dripping) == json.loads(data)["features"]


def test_members_may_stand_in_any_order_and_spaces_anywhere() -> None:
    text = '\ufeff {"bbox" : [1,2] ,\n "features" : [ {} , {} ] , "type":"FeatureCollection"} \n'
    data = text.encode()
    assert features(data) == features(data, Dripping) == features(gzip.compress(data)) == [{}, {}]
    assert features(wrapped()) == []


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"", NotGeoJson),
        (b"code,name\n", NotGeoJson),
        (b"[1]", NotFeatureCollection),
        (b"{}", NotFeatureCollection),
        (b'{"type":"Feature","geometry":null}', NotFeatureCollection),
        (b'{"type":"FeatureCollection"}', NotFeatureCollection),
        (b'{"type":"FeatureCollection","features":{}}', NotFeatureCollection),
        (b'{"type":"FeatureCollection","features":[],"features":[]}', NotFeatureCollection),
        (wrapped("{}") + b"{}", NotGeoJson),
        (wrapped("{}")[:-1], NotGeoJson),
        (wrapped("{}", "{"), NotGeoJson),
        (wrapped("{'a':1}") + b" " * 5_000_000, NotGeoJson),
        (wrapped('{"a":1,"a":2}'), NotGeoJson),
        (wrapped("1" * 5_000), NotGeoJson),
        (wrapped("{}").replace(b"{}", b'"\xc4\xfa"'), NotGeoJson),
        (wrapped("[" * 100_000), FeatureTooDeep),
        (wrapped('{"a":' * 100_000), FeatureTooDeep),
        (wrapped("[" + "1.5," * 1_500_000 + "1]"), FeatureTooLarge),
        (wrapped('"' + "x" * 5_000_000 + '"'), FeatureTooLarge),
        (gzip.compress(wrapped("{}") + b" " * 300_000_000, 1), BoundaryFileTooLarge),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        features(data)


def test_the_place_of_broken_json_is_told() -> None:
    with pytest.raises(NotGeoJson, match="at feature 3"):
        features(wrapped("{}", "{}", "{]"))


def test_more_features_than_any_city_has_are_refused() -> None:
    with pytest.raises(BoundaryFileTooLarge):
        features(wrapped(*islice(iter(lambda: "1", 2), MAX_FEATURES + 1)))


def test_a_drawing_has_its_code_its_name_and_its_rings() -> None:
    report = BoundaryProblems()
    drawing = read_drawing(1, feature(name=" 第1网格 "), "wgs84", report)
    assert drawing and (drawing.code, drawing.community) == (CELL, CELL[:12])
    assert drawing.name == "第1网格"
    assert drawing.polygons == ((tuple(map(tuple, SQUARE)),),)
    assert report.count == 0


def test_a_code_may_be_a_number_and_a_new_cell_may_have_none() -> None:
    report = BoundaryProblems()
    numbered = read_drawing(1, feature(code=320508019020), "wgs84", report)
    unnumbered = read_drawing(2, feature(code=None, community=CELL[:12]), "wgs84", report)
    assert numbered and numbered.code == CELL[:12]
    assert unnumbered and (unnumbered.code, unnumbered.community) == (None, CELL[:12])


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (None, "feature"),
        ([], "feature"),
        ({"type": "FeatureCollection", "features": []}, "feature"),
        ({"type": "Feature"}, "no_code"),
        (feature(code=None), "no_code"),
        (feature(code=None, community="3205"), "no_code"),
        (feature(code="320508019"), "code"),
        (feature(code="3205080190200012"), "code"),
        (feature(code="３２０５０８０１９０２０"), "code"),
        (feature(code=True), "code"),
        (feature(code=3205080190201.5), "code"),
        (feature(name=""), "name"),
        (feature(name=5), "name"),
        (feature(name="a\x00b"), "name"),
        (feature(name="\ud800"), "name"),
        (feature(name="长" * 201), "name"),
        (feature(name="张三 13812345678"), "names_somebody"),
        ({**feature(), "geometry": None}, "geometry"),
        ({**feature(), "geometry": {"type": "Point", "coordinates": [1, 2]}}, "geometry"),
        ({**feature(), "geometry": {"type": "Polygon", "coordinates": []}}, "geometry"),
        ({**feature(), "geometry": {"type": "Polygon"}}, "geometry"),
        ({**feature(), "geometry": {"type": ["Polygon"], "coordinates": []}}, "geometry"),
        ({**feature(), "geometry": {"type": "MultiPolygon", "coordinates": [[]]}}, "geometry"),
        ({**feature(), "geometry": {"type": "MultiPolygon", "coordinates": [SQUARE]}}, "point"),
        ({**feature(), "geometry": {"type": "Polygon", "coordinates": [SQUARE] * 1001}},
         "many_rings"),
    ],
)  # fmt: skip
def test_a_feature_that_is_no_drawing_is_told(one: Any, kind: str) -> None:
    problem = problem_of(one)
    assert problem.kind == kind
    assert problem.text("zh") and problem.text("en")


@pytest.mark.parametrize(
    ("ring", "kind", "at"),
    [
        ({}, "ring", None),
        ([], "few_points", None),
        (SQUARE[:3], "few_points", (120.59, 31.31)),
        (SQUARE[:4], "not_closed", (120.59, 31.32)),
        ([*SQUARE[:2], None], "point", None),
        ([*SQUARE[:2], [1]], "point", None),
        ([*SQUARE[:2], ["1", "2"]], "point", None),
        ([*SQUARE[:2], [True, False]], "point", None),
        ([*SQUARE[:2], [float("nan"), 31.0]], "point", None),
        ([*SQUARE[:2], [120.0, float("inf")]], "point", None),
        ([*SQUARE[:2], [10**400, 31.0]], "point", None),
        ([*SQUARE[:2], [31.31, 120.59]], "swapped", (31.31, 120.59)),
        ([*SQUARE[:2], [43.8, 87.6]], "swapped", (43.8, 87.6)),
        ([*SQUARE[:2], [0.0, 0.0]], "out_of_range", (0.0, 0.0)),
        ([*SQUARE[:2], [40_500_000.0, 3_460_000.0]], "out_of_range", (40_500_000.0, 3_460_000.0)),
        ([[120.59, 31.31]] * (MAX_RING_POINTS + 1), "many_points", None),
    ],
)
def test_a_ring_that_is_none_is_told_with_its_place(ring: Any, kind: str, at: Any) -> None:
    problem = problem_of(feature(ring))
    assert (problem.kind, problem.ring, problem.at) == (kind, 1, at)
    assert problem.code == CELL


def test_rings_count_through_all_polygons() -> None:
    many = {**feature(), "geometry": {"type": "MultiPolygon",
            "coordinates": [[SQUARE, SQUARE], [SQUARE[:4]]]}}  # fmt: skip
    assert problem_of(many).ring == 3


def test_json_that_is_none_reaches_the_check_of_its_point() -> None:
    text = json.dumps(feature()).replace("31.32", "NaN", 1)
    huge = json.dumps(feature()).replace("31.32", "1e400", 1)
    for one in features(wrapped(text, huge)):
        assert problem_of(one).kind == "point"


def test_a_height_is_passed_over_and_a_million_points_are_refused() -> None:
    report = BoundaryProblems()
    assert read_drawing(1, feature([[*point, 4.2] for point in SQUARE]), "wgs84", report)
    with pytest.raises(FeatureTooLarge, match="Feature 2 "):
        features(wrapped("{}", json.dumps(feature([[120.59, 31.31]] * 1_000_000))))


def test_all_problems_are_counted_and_the_first_hundred_kept() -> None:
    report = BoundaryProblems()
    for number in range(250, 0, -1):
        report.add(Problem("feature", number))
    report.add(Problem("gap", None, facts={"community": CELL[:12]}))
    assert report.count == 251
    assert [one.feature for one in report.problems] == list(range(1, REPORTED + 1))
    with pytest.raises(BoundariesRefused, match="251 mistakes"):
        report.refuse()


@pytest.mark.parametrize("kind", WORDS)
def test_each_problem_is_said_in_both_languages(kind: str) -> None:
    facts = dict.fromkeys(
        ("count", "limit", "reason", "first", "community", "since", "until", "other", "registered"),
        "x",
    )
    problem = Problem(kind, 1, facts=facts)
    assert problem.text("zh") != problem.text("en")
