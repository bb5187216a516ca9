"""The import of the register: all of a file or nothing of it."""

import gzip
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.grid import register
from services.grid.domain.register_rows import EmptyRegister, RegisterRefused, WrongHeader
from services.grid.models.areas import Area, AreaImport
from services.grid.register_file import BrokenGzip, LineTooLong, RegisterTooLarge
from shared.contracts.grid import AREAS_PER_EVENT
from shared.database import Transactions
from tests.databases import SetClock
from tests.observe import outbox_of
from tests.usecases.grid.register import CHAIN, DEMO, communities, csv_of, load


def areas_in(db: Transactions) -> dict[str, tuple[str, int]]:
    with Session(db.engine) as session:
        return {area.code: (area.name, area.version) for area in session.scalars(select(Area))}


def refusal(db: Transactions, rows: list[str]) -> list[tuple[int, str | None, str]]:
    """Return (row, field, kind) of what a refused file has wrong."""
    with pytest.raises(RegisterRefused) as refused:
        load(db, csv_of(rows))
    return [(p.row, p.field, p.kind) for p in refused.value.report.problems]


def test_the_register_of_a_real_district_is_loaded_whole(grid_db: Transactions) -> None:
    report = register.load(grid_db, DEMO)
    assert (report.rows, report.added, report.changed, report.unchanged) == (182, 182, 0, 0)
    areas = areas_in(grid_db)
    assert areas["320508019020"] == ("三元一村社区居委会", 1)
    assert sum(len(code) == 9 for code in areas) == 8
    assert sum(len(code) == 12 for code in areas) == 171


def test_what_was_added_is_said_parents_first(grid_db: Transactions) -> None:
    report = register.load(grid_db, DEMO)
    ((event_type, data),) = outbox_of(grid_db)
    assert event_type == "areas_imported.v1"
    assert data.import_id == report.import_id
    codes = [area.code for area in data.areas]
    assert codes == sorted(areas_in(grid_db))
    assert codes[:3] == ["32", "3205", "320508"]


def test_an_event_carries_at_most_500_areas(grid_db: Transactions) -> None:
    load(grid_db, csv_of(communities(997)))
    sizes = [len(data.areas) for _, data in outbox_of(grid_db)]
    assert sizes == [AREAS_PER_EVENT, AREAS_PER_EVENT, 1]


def test_the_same_file_twice_changes_nothing(grid_db: Transactions) -> None:
    load(grid_db, csv_of())
    before, said = areas_in(grid_db), len(outbox_of(grid_db))
    report = load(grid_db, csv_of())
    assert (report.added, report.changed, report.unchanged) == (0, 0, 5)
    assert areas_in(grid_db) == before
    assert len(outbox_of(grid_db)) == said


def test_a_renamed_area_gets_a_new_version_and_alone_is_said(grid_db: Transactions) -> None:
    load(grid_db, csv_of())
    report = load(grid_db, csv_of([*CHAIN[:4], "320508019020,三元社区,community,320508019"]))
    assert (report.added, report.changed, report.unchanged) == (0, 1, 4)
    assert areas_in(grid_db)["320508019020"] == ("三元社区", 2)
    (said,) = outbox_of(grid_db)[-1][1].areas
    assert (said.code, said.name, said.version) == ("320508019020", "三元社区", 2)


def test_a_file_may_continue_what_the_register_has(grid_db: Transactions) -> None:
    load(grid_db, csv_of(CHAIN[:3]))
    assert load(grid_db, csv_of(CHAIN[3:])).added == 2


def test_children_may_come_before_their_parents(grid_db: Transactions) -> None:
    assert load(grid_db, csv_of(reversed(CHAIN))).added == 5


def test_every_import_is_remembered_with_its_hash_and_time(
    grid_db: Transactions, clock: SetClock
) -> None:
    clock.set(datetime(2026, 3, 5, 8, tzinfo=UTC))
    report = load(grid_db, csv_of())
    with Session(grid_db.engine) as session:
        kept = session.get_one(AreaImport, report.import_id)
        assert kept.file_sha256 == hashlib.sha256(csv_of()).hexdigest()
        assert (kept.rows, kept.added) == (5, 5)
        assert kept.imported_at == datetime(2026, 3, 5, 8, tzinfo=UTC)


def test_one_bad_row_loads_nothing(grid_db: Transactions) -> None:
    rows = communities(100)
    rows[48] = "320508019044,,community,320508019"
    assert refusal(grid_db, rows) == [(50, "name", "name_empty")]
    assert areas_in(grid_db) == {}
    assert outbox_of(grid_db) == []
    assert_no_import(grid_db)


def assert_no_import(db: Transactions) -> None:
    with Session(db.engine) as session:
        assert session.scalars(select(AreaImport)).all() == []


def test_duplicates_are_reported_with_both_rows(grid_db: Transactions) -> None:
    rows = [*CHAIN, CHAIN[4], CHAIN[3]]
    assert refusal(grid_db, rows) == [(7, "code", "duplicate"), (8, "code", "duplicate")]
    with pytest.raises(RegisterRefused) as refused:
        load(grid_db, csv_of(rows))
    assert [p.facts["first_row"] for p in refused.value.report.problems] == [6, 5]


def test_an_area_without_its_parent_is_reported(grid_db: Transactions) -> None:
    assert refusal(grid_db, [CHAIN[0], CHAIN[2]]) == [(3, "parent_code", "orphan")]
    assert areas_in(grid_db) == {}


def test_bad_rows_and_duplicates_are_reported_together(grid_db: Transactions) -> None:
    found = refusal(grid_db, [*CHAIN[:3], "x,y,z,w", CHAIN[0]])
    assert found == [(5, "code", "code"), (6, "code", "duplicate")]


def test_a_file_in_gbk_is_reported_row_by_row(grid_db: Transactions) -> None:
    with pytest.raises(RegisterRefused) as refused:
        load(grid_db, csv_of().decode().encode("gbk"))
    assert refused.value.report.count == 5
    assert {p.kind for p in refused.value.report.problems} == {"not_utf8"}


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"", EmptyRegister),
        (csv_of([]), EmptyRegister),
        (b"name,code,level,parent_code\n", WrongHeader),
        ("code,name\n".encode("utf-16"), WrongHeader),
        (csv_of(["32," + "长" * 1000 + ",province,"]), LineTooLong),
    ],
)
def test_a_file_of_another_kind_is_refused(
    grid_db: Transactions, data: bytes, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        load(grid_db, data)
    assert areas_in(grid_db) == {}


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"no gzip", BrokenGzip),
        (gzip.compress(csv_of())[:-9], BrokenGzip),
        (gzip.compress(csv_of() + b"\n" * 20_000_000, 1), RegisterTooLarge),
    ],
)
def test_a_broken_or_bombed_gzip_file_loads_nothing(
    grid_db: Transactions, data: bytes, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        load(grid_db, data, packed=True)
    assert areas_in(grid_db) == {}


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + csv_of(),
        csv_of().replace(b"\n", b"\r\n"),
        csv_of().rstrip(b"\n"),
        csv_of().replace(b"\n", b"\n\n"),
        csv_of(['32,"江苏省",province,""', *CHAIN[1:]]),
    ],
    ids=["BOM", "CRLF", "no last line end", "empty lines", "quotes"],
)
def test_what_other_programs_write_is_read(grid_db: Transactions, data: bytes) -> None:
    load(grid_db, csv_of())
    assert load(grid_db, data).unchanged == 5


def test_names_keep_backslashes_and_quotes(grid_db: Transactions) -> None:
    load(grid_db, csv_of([r"32,\N江苏\t省',province,"]))
    assert areas_in(grid_db)["32"] == (r"\N江苏\t省'", 1)


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs in threads that start together; return what each returned."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        start.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_two_imports_at_once_follow_each_other(grid_db: Transactions) -> None:
    one, other = (csv_of(communities(900, name)) for name in ("甲", "乙"))
    reports = at_once(lambda: load(grid_db, one), lambda: load(grid_db, other))
    assert sorted((r.added, r.changed) for r in reports) == [(0, 900), (904, 0)]
    last = next(r for r in reports if r.changed)
    names = {name[0] for code, (name, version) in areas_in(grid_db).items() if len(code) == 12}
    assert names == {"甲" if last is reports[0] else "乙"}
    said = [(a.code, a.version) for _, data in outbox_of(grid_db) for a in data.areas]
    assert len(said) == len(set(said)) == 904 + 900


def test_the_database_refuses_an_area_that_does_not_lie_in_its_parent(
    grid_db: Transactions,
) -> None:
    load(grid_db, csv_of())
    with Session(grid_db.engine) as session, pytest.raises(IntegrityError, match="ck_areas_parent"):
        session.execute(
            text(
                "INSERT INTO areas SELECT '330508', name, level, parent_code, version,"
                " created_at, updated_at FROM areas WHERE code = '320508'"
            )
        )
