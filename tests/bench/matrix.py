"""Owns the measures of the responsibility matrix: the linter over a whole district, and over a part
after one change; who answers for a class in a cell on a day. All through the use cases.

    db = Transactions(build_engine(server.create("grid")))
    fill(db, Size())
    print(measure(db, Size()))
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from statistics import quantiles
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from services.grid.domain.case_classes import STREET_PROBLEMS, UNCLASSIFIED
from services.grid.schemas.matrices import ActivateMatrix, ShowFindings, ShowOwners
from services.grid.usecases.area_days import day_of
from services.grid.usecases.linting import list_findings
from services.grid.usecases.matrices import Activation, activate_matrix
from services.grid.usecases.owning import get_owners
from shared.clock import real_now
from shared.database import Transactions
from shared.ids import new_id
from tests.bench.measures import expect
from tests.tokens import somebody

DISTRICT = "320508"
_AREA: LiteralString = """
    COPY areas (code, name, level, parent_code, version, created_at, updated_at) FROM STDIN
"""
_POST: LiteralString = """
    COPY posts (id, code, name, kind, branch, area_code, case_classes, first_responsible_id,
        directly_responsible_id, active, version, created_at, updated_at) FROM STDIN
"""
_HOLDING: LiteralString = """
    COPY post_holdings (post_id, office, acting, since, person_id) FROM STDIN
"""
_CHANGE: LiteralString = """
    UPDATE post_holdings SET until = %s
    WHERE office = 'first' AND post_id = (SELECT id FROM posts WHERE area_code = %s LIMIT 1)
"""
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Size:
    """How much there is in the one district: 50 streets, some communities in each."""

    cells: int = 100_000
    posts: int = 3_000
    classes: int = 60
    lookups: int = 2_000

    @property
    def communities(self) -> list[str]:
        """The codes of the communities, 50 cells in each but for the last."""
        count = -(-self.cells // 50)
        return [f"{DISTRICT}{1 + n % 50:03d}{1 + n // 50:03d}" for n in range(count)]

    @property
    def case_classes(self) -> list[str]:
        """The classes that posts name beside those of reports."""
        known = [*STREET_PROBLEMS, UNCLASSIFIED]
        return [*known, *(f"class-{n}" for n in range(self.classes - len(known)))]


def fill(db: Transactions, size: Size) -> None:
    """Let a fresh database have a district whose matrix has no error, with every cell and post."""
    url = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    posts = list(_posts(size))
    with psycopg.connect(url, autocommit=True) as connection:
        _copy(connection, _AREA, _areas(size))
        _copy(connection, _POST, posts)
        _copy(connection, _HOLDING, _holdings(posts))
        connection.execute("VACUUM ANALYZE")


def lint_whole(db: Transactions) -> float:
    """Return in how many seconds the whole district is linted, through the use case."""
    seconds, found = _timed(lambda: db.run(list_findings, DISTRICT, ShowFindings()))
    expect(found.errors, 0, "errors in the matrix")
    return seconds


def lint_after_change(db: Transactions, size: Size) -> float:
    """Return in how many seconds one is linted in whose post somebody leaves: it has that error."""
    community, leaves = size.communities[-1], day_of(real_now()) + timedelta(days=9)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(_CHANGE, (leaves, community))
    wanted = ShowFindings(area=community)
    seconds, found = _timed(lambda: db.run(list_findings, DISTRICT, wanted))
    expect([one.first_day for one in found.items if one.severity == "error"], [leaves], "vacant")
    with db.engine.begin() as connection:
        connection.exec_driver_sql(_CHANGE, (None, community))
    return seconds


def activate(db: Transactions) -> float:
    """Return in how many seconds the matrix is linted, kept and said."""
    seconds, kept = _timed(
        lambda: db.run(activate_matrix, Activation(DISTRICT, somebody()), ActivateMatrix())
    )
    expect(kept.version, 1, "versions of the matrix")
    return seconds


def owner_milliseconds(db: Transactions, size: Size) -> tuple[float, float]:
    """Return (p50, p95) of who answers for a class in a cell on a day, each another one."""
    chosen, took = Random(7), []
    for _ in range(size.lookups):
        cell = f"{chosen.choice(size.communities)}{chosen.randint(1, 50):03d}"
        asked = ShowOwners(cell, chosen.choice(size.case_classes))
        seconds, owners = _timed(lambda asked=asked: db.run(get_owners, asked))
        expect((owners.territorial.missing, owners.functional.missing), ([], []), "missing")
        took.append(seconds * 1000)
    parts = quantiles(took, n=20)
    return parts[9], parts[18]


def measure(db: Transactions, size: Size) -> dict[str, float]:
    """Return every measure: seconds of the linter, milliseconds of a look-up."""
    found = {
        "matrix_lint_whole_seconds": lint_whole(db),
        "matrix_lint_part_seconds": lint_after_change(db, size),
    }
    draft = owner_milliseconds(db, size)
    found |= {"matrix_activate_seconds": activate(db)}
    kept = owner_milliseconds(db, size)
    for name, (p50, p95) in (("draft", draft), ("activated", kept)):
        found |= {f"matrix_owner_{name}_p50_ms": p50, f"matrix_owner_{name}_p95_ms": p95}
    return {name: round(value, 3) for name, value in found.items()}


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _copy(connection: psycopg.Connection, statement: LiteralString, rows: Iterable[Row]) -> None:
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _areas(size: Size) -> Iterator[Row]:
    now, communities = real_now(), size.communities
    streets = sorted({code[:9] for code in communities})
    levels: Sequence[tuple[str, Sequence[str]]] = (
        ("province", [DISTRICT[:2]]),
        ("city", [DISTRICT[:4]]),
        ("district", [DISTRICT]),
        ("street", streets),
        ("community", communities),
    )
    above = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}
    for level, codes in levels:
        for code in codes:
            yield code, code, level, code[: above[len(code)]] or None, 1, now, now
    cells = (f"{c}{n:03d}" for n, c in product(range(1, 51), communities))
    for _, cell in zip(range(size.cells), cells, strict=False):
        yield cell, cell, "cell", cell[:12], 1, now, now


def _posts(size: Size) -> Iterator[Row]:
    """Yield one post by place for each community, and by subject for streets and the district."""
    communities, classes = size.communities, size.case_classes
    streets = sorted({code[:9] for code in communities})
    number = iter(range(1, size.posts + 1))
    for one in classes:
        yield _post(next(number), "department", DISTRICT, [one])
    for community in communities:
        yield _post(next(number), "territorial", community, [])
    for one, street in product(classes, streets):
        n = next(number, None)
        if n is None:
            return
        yield _post(n, "department", street, [one])


def _post(number: int, kind: str, area_code: str, classes: list[str]) -> Row:
    branch = "territorial" if kind == "territorial" else "functional"
    code, now = f"{kind}-{number}", datetime(2026, 1, 1, tzinfo=real_now().tzinfo)
    persons = UUID(int=2 * number), UUID(int=2 * number + 1)
    return (new_id(), code, code, kind, branch, area_code, classes, *persons, True, 1, now, now)


def _holdings(posts: Sequence[Row]) -> Iterator[Row]:
    since = date(2026, 1, 1)
    for post in posts:
        yield post[0], "first", False, since, post[7]
        yield post[0], "direct", False, since, post[8]
