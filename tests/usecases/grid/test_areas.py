"""Reading the register, and its HTTP door."""

import gzip
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.database import Transactions
from tests.usecases.grid.register import CHAIN, DEMO, communities, csv_of, load

AREAS = "/api/v1/grid/areas"


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions) -> FlaskClient:
    """The door of a grid that knows 姑苏区."""
    load(grid_db, DEMO.read_bytes())
    return grid_http


def codes(answer: Any) -> list[str]:
    return [area["code"] for area in answer.json["items"]]


def test_an_area_is_shown_with_those_it_lies_in(http: FlaskClient) -> None:
    area = http.get(f"{AREAS}/320508019").json
    assert [above["code"] for above in area["ancestors"]] == ["32", "3205", "320508"]
    assert [above["name"] for above in area["ancestors"]] == ["江苏省", "苏州市", "姑苏区"]
    assert (area["level"], area["parent_code"], area["version"]) == ("street", "320508", 1)
    assert area["children_count"] == len(codes(http.get(f"{AREAS}?parent=320508019&limit=200")))


@pytest.mark.parametrize("code", ["99", "320508999", "nothing", "３２", "32%0A"])
@pytest.mark.parametrize("more", ["", "/tree"])
def test_what_the_register_does_not_have_is_not_found(
    http: FlaskClient, code: str, more: str
) -> None:
    answer = http.get(f"{AREAS}/{code}{more}")
    assert answer.status_code == 404
    assert answer.json["type"] == "urn:linli:problem:area-unknown"


@pytest.mark.parametrize(("depth", "deepest"), [(1, 4), (2, 6), (3, 9), (4, 12)])
def test_a_tree_goes_as_deep_as_asked(http: FlaskClient, depth: int, deepest: int) -> None:
    def all_codes(node: dict[str, Any]) -> list[str]:
        return [node["code"], *(c for child in node["children"] for c in all_codes(child))]

    found = all_codes(http.get(f"{AREAS}/32/tree?depth={depth}").json)
    assert max(map(len, found)) == deepest
    assert len(found) == len(set(found)) == {4: 2, 6: 3, 9: 11, 12: 182}[deepest]


def test_a_tree_ends_at_communities(http: FlaskClient) -> None:
    tree = http.get(f"{AREAS}/320508019020/tree?depth=4").json
    assert tree == {
        "code": "320508019020",
        "name": "三元一村社区居委会",
        "level": "community",
        "children": [],
    }


def test_a_tree_holds_2000_areas_and_no_more(grid_http: FlaskClient, grid_db: Transactions) -> None:
    streets = [f"320508{n:03d},街道{n},street,320508" for n in range(999)]
    children = [f"320508001{n:03d},社区{n},community,320508001" for n in range(1000)]
    load(grid_db, csv_of([*CHAIN[:3], *streets, *children]))
    assert grid_http.get(f"{AREAS}/320508/tree?depth=2").status_code == 200
    load(grid_db, csv_of(["320508002000,社区,community,320508002"]))
    answer = grid_http.get(f"{AREAS}/320508/tree?depth=2", headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "depth"
    assert "2000" in answer.json["detail"]


@pytest.mark.parametrize("depth", ["0", "6", "-1", "x"])
def test_an_impossible_depth_is_refused(http: FlaskClient, depth: str) -> None:
    assert http.get(f"{AREAS}/32/tree?depth={depth}").status_code == 422


def test_without_a_parent_the_provinces_are_listed(http: FlaskClient) -> None:
    assert codes(http.get(AREAS)) == ["32"]


def test_pages_together_are_the_whole_list_once(http: FlaskClient) -> None:
    query, seen = f"{AREAS}?parent=320508&level=community&limit=20", []
    answer = http.get(query)
    while True:
        seen += codes(answer)
        if not (mark := answer.json["next"]):
            break
        answer = http.get(f"{query}&after={mark}")
    assert len(seen) == 171
    assert seen == sorted(set(seen))


def test_a_name_is_found_under_an_area_or_on_a_level(http: FlaskClient) -> None:
    assert codes(http.get(f"{AREAS}?parent=3205&q=三元一村")) == ["320508019020"]
    assert codes(http.get(f"{AREAS}?level=district&q=姑苏")) == ["320508"]
    assert codes(http.get(f"{AREAS}?parent=3205&q=%25")) == []


@pytest.mark.parametrize(
    "query",
    ["q=社区", "limit=0", "limit=201", "parent=x", "parent=3", "level=town", "q=", "after=%ff"],
)
def test_what_a_list_cannot_mean_is_refused(http: FlaskClient, query: str) -> None:
    answer = http.get(f"{AREAS}?{query}")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"


def post(http: FlaskClient, data: bytes, kind: str = "text/csv", language: str = "zh") -> Any:
    headers = {"Content-Type": kind, "Accept-Language": language}
    return http.post(f"{AREAS}/imports", data=data, headers=headers)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (csv_of(), "text/csv"),
        (csv_of(), "text/csv; charset=utf-8"),
        (gzip.compress(csv_of()), "application/gzip"),
    ],
)
def test_a_good_file_is_created(grid_http: FlaskClient, data: bytes, kind: str) -> None:
    answer = post(grid_http, data, kind)
    assert answer.status_code == 201
    assert answer.json.pop("import_id")
    assert {k: answer.json[k] for k in ("rows", "added", "changed", "unchanged")} == {
        "rows": 5,
        "added": 5,
        "changed": 0,
        "unchanged": 0,
    }


def test_a_file_may_be_larger_than_other_requests(grid_http: FlaskClient) -> None:
    streets = [f"320508{s:03d},街道,street,320508" for s in range(20)]
    children = [
        f"{row[:9]}{c:03d},{'长' * 200},community,{row[:9]}" for row in streets for c in range(999)
    ]
    data = csv_of([*CHAIN[:3], *streets, *children])
    assert len(data) > 11 * 1024 * 1024
    assert post(grid_http, data).status_code == 201


def test_a_body_past_64_mb_is_refused(grid_http: FlaskClient) -> None:
    answer = grid_http.post(
        f"{AREAS}/imports",
        content_type="text/csv",
        environ_overrides={"CONTENT_LENGTH": str(65 << 20)},
    )
    assert answer.status_code == 413


def test_another_content_type_is_refused(grid_http: FlaskClient) -> None:
    assert post(grid_http, b"{}", "application/json").status_code == 415


def test_a_bad_file_is_answered_with_a_report_in_the_callers_language(
    grid_http: FlaskClient,
) -> None:
    bad = csv_of([*CHAIN, CHAIN[4], "3299,,city,32"])
    chinese, english = post(grid_http, bad).json, post(grid_http, bad, language="en").json
    assert chinese["status"] == 422
    assert chinese["error_count"] == 2
    assert chinese["errors"] == [
        {"row": 7, "field": "code", "value": "320508019020", "detail": "编码与第 6 行重复"},
        {"row": 8, "field": "name", "detail": "名称不能为空"},
    ]
    assert english["errors"][0]["detail"] == "is also the code of row 6"
    assert grid_http.get(AREAS).json["items"] == []


def test_a_report_lists_the_first_hundred_mistakes_by_row_and_counts_all(
    grid_http: FlaskClient,
) -> None:
    answer = post(grid_http, csv_of([*communities(300), *("x" for _ in range(250))])).json
    assert answer["error_count"] == 250
    assert [error["row"] for error in answer["errors"]] == list(range(306, 406))
