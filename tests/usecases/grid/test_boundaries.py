"""Boundaries by day: imported whole or not at all, found by point, followed through changes."""

import gzip
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from deploy.demo import boundaries as demo
from services.grid.domain.boundary_problems import BoundariesRefused
from services.grid.domain.coordinates import Crs, from_stored, to_stored
from services.grid.schemas.boundaries import CellAt
from services.grid.usecases.area_changes import announce_due
from services.grid.usecases.boundary_reading import cell_at
from shared.auth.callers import AreaNotGranted
from shared.database import Transactions
from tests.databases import SetClock
from tests.observe import outbox_of
from tests.usecases.grid.drawings import (
    ONE,
    THREE,
    TODAY,
    TWO,
    counts,
    draw,
    file_of,
    refused,
    stored,
    where,
)
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_imports import at_once

LATER = date(2026, 12, 1)


@pytest.fixture
def db(grid_db: Transactions, clock: SetClock) -> Transactions:
    """A grid with one street of thirty communities, on TODAY."""
    clock.set(datetime(2026, 11, 23, 4, tzinfo=UTC))
    load(grid_db, csv_of(communities(30)))
    return grid_db


def block(community: str = ONE, column: int = 0) -> list[dict[str, Any]]:
    """Return a community with its six cells, for a test to spoil."""
    return deepcopy(demo.community_with_cells(community, column))


def ring_of(feature: dict[str, Any]) -> list[list[float]]:
    ring: list[list[float]] = feature["geometry"]["coordinates"][0]
    return ring


def spots(problems: list[Any]) -> list[tuple[Any, ...]]:
    return [(one.kind, one.feature, one.code) for one in problems]


def near(found: tuple[float, float] | None, wanted: tuple[float, float]) -> bool:
    assert found is not None
    return abs(found[0] - wanted[0]) < 0.0011 and abs(found[1] - wanted[1]) < 0.0009


def test_communities_are_drawn_with_their_cells(db: Transactions) -> None:  # G01
    done = draw(db, demo.demo()["features"])
    assert (done.features, counts(done), done.warnings.count) == (21, (21, 0, 0), 0)
    assert where(db, 0, 0) == f"{ONE}001"
    assert where(db, 2, 1) == f"{ONE}006"
    assert where(db, 3, 0) == f"{TWO}001"
    assert where(db, 9, 0) is None
    areas = [data for kind, data in outbox_of(db) if kind == "area_changed.v1"]
    assert len(areas) == 18
    assert (areas[0].area_code, areas[0].level, areas[0].parent_code) == (f"{ONE}001", "cell", ONE)


def test_the_same_file_again_changes_nothing_and_says_nothing(db: Transactions) -> None:
    features = demo.demo()["features"]
    draw(db, features)
    before, said = stored(db), len(outbox_of(db))
    assert counts(draw(db, features)) == (0, 0, 21)
    # as another program draws it: the other way round, beginning elsewhere
    for feature in features:
        ring = ring_of(feature)
        feature["geometry"]["coordinates"] = [[*ring[1:], ring[1]][::-1]]
    assert counts(draw(db, gzip.compress(file_of(features)), effective_on=LATER)) == (0, 0, 21)
    assert (stored(db), len(outbox_of(db))) == (before, said)


@pytest.mark.parametrize("crs", ["cgcs2000", "gcj02", "bd09"])
def test_a_file_in_other_coordinates_is_stored_as_the_same(db: Transactions, crs: Crs) -> None:
    features = block()
    draw(db, features)
    for feature in features:
        points = ring_of(feature)
        feature["geometry"]["coordinates"] = [[list(from_stored(crs, *point)) for point in points]]
    assert counts(draw(db, features, crs=crs)) == (0, 0, 7)
    lon, lat = from_stored(crs, *demo.middle_of(1, 1))
    assert db.run(cell_at, CellAt(lon, lat, crs, TODAY)).code == f"{ONE}005"


def test_a_cell_says_what_it_lies_in_and_a_shared_border_is_the_lower_codes(
    db: Transactions,
) -> None:
    draw(db, block())
    lon, lat = demo.corner(1, 1)
    found = db.run(cell_at, CellAt(lon, lat))
    assert (found.code, found.name) == (f"{ONE}001", "第1网格")
    assert (found.community_code, found.community_name) == (ONE, "社区20")
    assert [one.name for one in found.ancestors] == [
        "江苏省",
        "苏州市",
        "姑苏区",
        "金阊街道",
        "社区20",
    ]


def test_an_overlap_is_told_with_its_place_and_area(db: Transactions) -> None:
    features = block()
    ring_of(features[2])[0] = ring_of(features[2])[-1] = list(demo.middle_of(0, 0))
    problems = refused(db, features, gaps="allow")
    assert spots(problems) == [("overlap", 3, f"{ONE}002")]
    assert problems[0].facts == {"other": f"{ONE}001"}
    assert near(problems[0].at, demo.middle_of(0, 0))
    assert problems[0].area_m2 and 1_000 < problems[0].area_m2 < 20_000


def test_an_overlap_with_what_is_stored_is_told_in_the_callers_coordinates(
    db: Transactions,
) -> None:
    draw(db, block())
    (cell,) = list(demo.cells(TWO, 1, 1, 1))
    cell["geometry"]["coordinates"] = [
        [list(from_stored("gcj02", *point)) for point in ring_of(cell)]
    ]
    (problem,) = refused(db, [cell], crs="gcj02")
    assert (problem.kind, problem.facts) == ("overlap", {"other": f"{ONE}002"})
    assert problem.at and near(to_stored("gcj02", *problem.at), demo.middle_of(1, 0))
    assert counts(draw(db, [cell], effective_on=date(2026, 1, 1))) == (1, 0, 0)


def test_slivers_are_no_overlap(db: Transactions) -> None:
    features = block()
    for point in (1, 2):
        ring_of(features[1])[point][0] += 0.0000005  # five centimetres into the next block
    assert counts(draw(db, features)) == (7, 0, 0)


def test_a_gap_is_told_with_its_place_unless_it_is_allowed(db: Transactions) -> None:
    features = block()
    del features[5]
    problems = refused(db, features)
    assert spots(problems) == [("gap", 1, ONE)]
    assert near(problems[0].at, demo.middle_of(1, 1))
    assert problems[0].area_m2 and 20_000 < problems[0].area_m2 < 60_000
    done = draw(db, features, gaps="allow")
    assert spots(done.warnings.problems) == [("gap", 1, ONE)]
    (again,) = refused(db, features[1:2])
    assert (again.kind, again.feature, again.code) == ("gap", None, ONE)
    (missing,) = [one for one in block() if one["properties"]["code"] == f"{ONE}005"]
    assert draw(db, [missing]).warnings.count == 0


def test_a_part_outside_of_its_community_is_told_with_its_place(db: Transactions) -> None:
    features = [demo.outline(ONE, 0), *demo.cells(ONE, 0, 4, 2)]
    problems = refused(db, features)
    assert spots(problems) == [("outside", 5, f"{ONE}004"), ("outside", 9, f"{ONE}008")]
    assert near(problems[0].at, demo.middle_of(3, 0))
    draw(db, [demo.outline(ONE, 0)])
    assert spots(refused(db, features[1:]))[0] == ("outside", 4, f"{ONE}004")


def test_a_shrunk_community_leaves_stored_cells_outside(db: Transactions) -> None:
    draw(db, block())
    problems = refused(db, [demo.outline(ONE, 0, 2)])
    assert spots(problems) == [("outside", None, f"{ONE}003"), ("outside", None, f"{ONE}006")]


def test_what_cannot_be_checked_is_a_warning(db: Transactions) -> None:
    done = draw(db, list(demo.cells(ONE, 0)))
    assert spots(done.warnings.problems) == [("no_boundary", None, ONE)]
    done = draw(db, [demo.outline(TWO, 3)])
    assert spots(done.warnings.problems) == [("no_cells", 1, TWO)]
    done = draw(db, [{**block()[1], "properties": {"code": f"{ONE}001", "name": "别名"}}])
    assert spots(done.warnings.problems)[0] == ("name_differs", 1, f"{ONE}001")


def test_a_bow_tie_is_told_with_the_place_where_it_crosses(db: Transactions) -> None:
    features = block()
    ring = ring_of(features[1])
    ring[1], ring[2] = ring[2], ring[1]
    (problem,) = refused(db, features)
    assert (problem.kind, problem.feature, problem.code) == ("invalid", 2, f"{ONE}001")
    assert problem.facts == {"reason": "Self-intersection"}
    assert near(problem.at, demo.middle_of(0, 0))


def test_mistakes_of_several_kinds_are_reported_together(db: Transactions) -> None:
    features = block()
    ring_of(features[1]).pop()
    ring_of(features[2])[1].reverse()
    features[3]["properties"] = {}
    problems = refused(db, features)
    assert [(one.kind, one.feature, one.ring) for one in problems] == [
        ("not_closed", 2, 1),
        ("swapped", 3, 1),
        ("no_code", 4, None),
    ]


def test_only_what_the_register_knows_is_drawn(db: Transactions) -> None:
    features = [demo.outline("320508019999", 20), *demo.cells("320508019998", 30, 1, 1)]
    features += [*demo.cells(ONE, 0, 1, 1)] * 2
    features[-1] = {**features[-1], "properties": {"code": f"{ONE}001"}}
    features.append(deepcopy(features[-1]))
    features[-1]["properties"] = {"code": f"{ONE}002"}
    assert spots(refused(db, features)) == [
        ("unknown_community", 1, "320508019999"),
        ("unknown_community", 2, "320508019998001"),
        ("duplicate", 4, f"{ONE}001"),
        ("name_missing", 4, f"{ONE}001"),
        ("name_missing", 5, f"{ONE}002"),
    ]


def test_a_cell_that_ended_never_comes_back(db: Transactions) -> None:
    draw(db, block())
    ended = "UPDATE areas SET dated = true WHERE code = :code"
    version = "INSERT INTO area_versions (code, until, name) VALUES (:code, '2026-12-01', '旧')"
    with db.engine.begin() as connection:
        for statement in (ended, version):
            connection.execute(text(statement), {"code": f"{ONE}001"})
    problems = refused(db, block()[1:2], effective_on=LATER, gaps="allow")
    assert spots(problems) == [("ended", 1, f"{ONE}001")]
    assert counts(draw(db, block()[1:2], gaps="allow")) == (0, 0, 1)


def test_no_cell_begins_in_a_community_that_is_to_end(db: Transactions) -> None:
    draw(db, block()[:2], gaps="allow")
    version = "INSERT INTO area_versions (code, since, until, name) VALUES (:code, :a, :b, '名')"
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE areas SET dated = true WHERE code = :c"), {"c": ONE})
        for since, until in ((None, TODAY), (TODAY, LATER)):
            connection.execute(text(version), {"code": ONE, "a": since, "b": until})
    problems = refused(db, block()[2:3], gaps="allow")
    assert spots(problems) == [("community_ends", 1, f"{ONE}002")]
    assert "2026-12-01" in problems[0].text("zh")
    assert counts(draw(db, block()[1:2], gaps="allow")) == (0, 0, 1)


def test_a_boundary_ends_with_its_area_and_not_with_a_name(db: Transactions) -> None:
    version = "INSERT INTO area_versions (code, since, until, name) VALUES (:code, :a, :b, '名')"
    draw(db, list(demo.cells(ONE, 0, 3, 1)))
    renamed, ended = f"{ONE}001", f"{ONE}002"
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM boundaries"))
        connection.execute(text("UPDATE areas SET dated = true WHERE length(code) = 15"))
        for code, since, until in (
            (renamed, None, LATER),
            (renamed, LATER, None),
            (ended, None, LATER),
            (ended, LATER, date(2027, 1, 1)),
            (f"{ONE}003", TODAY, None),
        ):
            connection.execute(text(version), {"code": code, "a": since, "b": until})
    draw(db, list(demo.cells(ONE, 0, 3, 1)))
    assert [until for _, _, until, _ in stored(db)] == [None, date(2027, 1, 1), None]


def test_cells_without_codes_get_numbers_that_were_never_used(db: Transactions) -> None:
    draw(db, [*demo.cells(ONE, 0, 2, 1)])
    new = deepcopy([*demo.cells(ONE, 2, 2, 1)])
    for feature in new:
        feature["properties"] = {"community": ONE, "name": "新网格"}
    assert counts(draw(db, new)) == (2, 0, 0)
    assert (where(db, 2, 0), where(db, 3, 0)) == (f"{ONE}003", f"{ONE}004")
    assert counts(draw(db, new)) == (0, 0, 2)


def test_a_new_drawing_holds_from_its_day(db: Transactions) -> None:
    two = [demo.outline(ONE, 0, 2, 1), *demo.cells(ONE, 0, 2, 1)]
    draw(db, two)
    swapped = deepcopy(two)
    codes = [feature["properties"]["code"] for feature in swapped]
    for feature, code in zip(swapped[1:], reversed(codes[1:]), strict=True):
        feature["properties"] = {"code": code}
    assert counts(draw(db, swapped, effective_on=LATER)) == (0, 2, 1)
    days = [date(2026, 11, 22), TODAY, date(2026, 11, 30), LATER, date(2027, 1, 1)]
    cell, other = codes[1:]
    assert [where(db, 0, 0, day) for day in days] == [None, cell, cell, other, other]
    assert counts(draw(db, two)) == (0, 0, 3)
    assert counts(draw(db, two, effective_on=LATER)) == (0, 2, 1)
    assert where(db, 0, 0, date(2027, 1, 1)) == cell


def test_a_drawing_that_a_later_one_ends_says_so(db: Transactions) -> None:
    two = [demo.outline(ONE, 0, 2, 1), *demo.cells(ONE, 0, 2, 1)]
    draw(db, two)
    swapped = deepcopy(two)
    for feature, code in zip(swapped[1:], (f"{ONE}002", f"{ONE}001"), strict=True):
        feature["properties"] = {"code": code}
    assert draw(db, swapped, effective_on=LATER).warnings.count == 0
    assert draw(db, two).warnings.count == 0
    warned = draw(db, swapped).warnings.problems
    assert spots(warned) == [("holds_until", 2, f"{ONE}002"), ("holds_until", 3, f"{ONE}001")]
    assert "2026-12-01" in warned[0].text("zh")


def test_a_cell_of_a_later_day_is_in_the_register_and_told_from_then_on(
    db: Transactions, clock: SetClock
) -> None:
    draw(db, block(), effective_on=LATER)
    assert (where(db, 0, 0), where(db, 0, 0, LATER)) == (None, f"{ONE}001")
    assert db.run(announce_due) == 0
    assert [kind for kind, _ in outbox_of(db) if kind == "area_changed.v1"] == []
    problems = refused(db, block()[1:2], gaps="allow")
    assert spots(problems) == [("not_yet", 1, f"{ONE}001")]
    clock.set(datetime(LATER.year, LATER.month, LATER.day, 4, tzinfo=UTC))
    assert db.run(announce_due) == 6
    told = [data for kind, data in outbox_of(db) if kind == "area_changed.v1"]
    assert {(data.since, data.until, data.level) for data in told} == {(LATER, None, "cell")}


def test_an_area_that_is_not_the_callers_is_refused(db: Transactions) -> None:
    features = [*block(ONE), *block(TWO, 3)]
    with pytest.raises(AreaNotGranted) as refusal:
        draw(db, features, ONE)
    assert refusal.value.field == "features.8.properties.code"
    assert stored(db) == []
    assert counts(draw(db, features[:7], ONE)) == (7, 0, 0)


def test_two_imports_at_once_follow_each_other(db: Transactions) -> None:
    mine, others = block(ONE, 0), block(ONE, 0)
    for feature in others[1:]:
        feature["properties"]["name"] = "另一网格"
    reports = at_once(lambda: draw(db, mine), lambda: draw(db, others))
    assert sorted(map(counts, reports)) == [(0, 0, 7), (7, 0, 0)]
    clash = [*demo.cells(THREE, 10, 1, 1)], [*demo.cells(TWO, 10, 1, 1)]
    outcomes = at_once(*(lambda f=f: kinds_of(db, f) for f in clash))
    assert sorted(outcomes) == [[], ["overlap"]]


def kinds_of(db: Transactions, features: list[dict[str, Any]]) -> list[str]:
    """Return the kinds of mistakes of a file that may be refused."""
    try:
        draw(db, features)
    except BoundariesRefused as refusal:
        return [one.kind for one in refusal.report.problems]
    return []


def test_the_database_refuses_two_boundaries_of_one_area_on_a_day(db: Transactions) -> None:
    draw(db, block())
    twice = (
        "INSERT INTO boundaries (area_code, level, since, shape, shape_hash)"
        " SELECT area_code, level, since + 5, shape, shape_hash FROM boundaries"
    )
    with (
        pytest.raises(IntegrityError, match="ex_boundaries_one_at_a_time"),
        db.engine.begin() as connection,
    ):
        connection.execute(text(twice))


def test_a_point_is_found_in_one_look_into_the_index(db: Transactions) -> None:
    draw(db, demo.demo()["features"])
    query = (
        "EXPLAIN SELECT area_code FROM boundaries WHERE level = 'cell'"
        " AND daterange(since, until) @> CAST('2026-11-23' AS date)"
        " AND ST_Covers(shape, ST_SetSRID(ST_MakePoint(120.59, 31.31), 4326))"
    )
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(connection.scalars(text(query)))
    assert "ix_boundaries_cells" in plan
    assert "@>" in plan.split("Filter:")[0]
