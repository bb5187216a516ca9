"""Owns what the linter looks at, read from the database, and how its findings are shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from services.grid.domain.areas import LENGTH_OF_LEVEL, AreaNotRegistered, ancestors_of, subtree_of
from services.grid.domain.case_classes import STREET_PROBLEMS, UNCLASSIFIED
from services.grid.domain.covering import Place
from services.grid.domain.duties import Duty
from services.grid.domain.findings import Finding
from services.grid.domain.linting import Ground
from services.grid.domain.linting import lint as lint_ground
from services.grid.domain.matrices import AreaOutside
from services.grid.domain.post_kinds import RESERVED
from services.grid.models.areas import Area, AreaVersion
from services.grid.models.matrices import MatrixLine
from services.grid.models.posts import PostRow
from services.grid.schemas.matrices import FindingsView, FindingView, ShowFindings
from services.grid.usecases.area_days import day_of
from services.grid.usecases.owning import versions_on
from services.grid.usecases.post_records import holdings_of, kind_of_row

_DISTRICT = LENGTH_OF_LEVEL["district"]
# PostgreSQL has no skip scan: each step asks the index for the next class
_CLASSES_SEEN = text("""
    WITH RECURSIVE seen (case_class) AS (
        (SELECT case_class FROM cases ORDER BY case_class LIMIT 1)
        UNION ALL
        SELECT (SELECT c.case_class FROM cases c WHERE c.case_class > seen.case_class
            ORDER BY c.case_class LIMIT 1)
        FROM seen WHERE seen.case_class IS NOT NULL
    )
    SELECT case_class FROM seen WHERE case_class IS NOT NULL
""")


@dataclass(frozen=True)
class Declared:
    """What the posts of an area declare from a day ahead, and the rows of those posts by code."""

    ground: Ground
    rows: Mapping[str, PostRow]


def lint(session: Session, area_code: str, since: date) -> list[Finding]:
    """Return what the posts of an area and above it have wrong on the days from one ahead."""
    return lint_ground(declared_in(session, area_code, since).ground)


def declared_in(session: Session, area_code: str, since: date) -> Declared:
    """Return what the linter has to look at in an area."""
    first, past = subtree_of(area_code)
    near = or_(
        PostRow.area_code.in_(ancestors_of(area_code)),
        (PostRow.area_code >= first) & (PostRow.area_code < past),
    )
    rows = session.scalars(select(PostRow).where(near, PostRow.active).order_by(PostRow.code)).all()
    duties = _duties(session, rows)
    ground = Ground(
        area_code=area_code,
        since=since,
        places=_places(session, area_code, since),
        duties=duties,
        case_classes=_classes(session, duties),
        stopped=_stopped(session, area_code, since),
    )
    return Declared(ground, {row.code: row for row in rows})


def list_findings(session: Session, code: str, wanted: ShowFindings, now: datetime) -> FindingsView:
    """Return what an area, or a part of it, has wrong; nothing changes.

    Raises:
        AreaNotRegistered, AreaOutside
    """
    area, since = wanted.area or code, wanted.since or day_of(now)
    if not area.startswith(code):
        raise AreaOutside("area", code=area, within=code)
    if session.get(Area, area) is None:
        raise AreaNotRegistered("area", code=area)
    found = lint(session, area, since)
    errors = sum(one.severity == "error" for one in found)
    shown = found[: wanted.limit]
    names = names_of(session, shown)
    items = [_shown(one, names) for one in shown]
    return FindingsView(area, since, errors, len(found) - errors, items)


def names_of(session: Session, findings: Collection[Finding]) -> Mapping[str, str]:
    """Return the names of the areas that findings are about."""
    codes = {one.area_code for one in findings}
    rows = session.execute(select(Area.code, Area.name).where(Area.code.in_(codes)))
    return {code: name for code, name in rows}


def _shown(one: Finding, names: Mapping[str, str]) -> FindingView:
    return FindingView(
        kind=one.kind,
        severity=one.severity,
        branch=one.branch,
        area_code=one.area_code,
        area_name=names.get(one.area_code, ""),
        case_classes=None if one.case_classes is None else list(one.case_classes),
        posts=list(one.posts),
        office=one.office,
        first_day=one.first_day,
        last_day=one.last_day,
        cells=one.cells,
        zh=one.text("zh", names.get(one.area_code, "")),
        en=one.text("en", names.get(one.area_code, "")),
    )


def _duties(session: Session, rows: Sequence[PostRow]) -> list[Duty]:
    held = holdings_of(session, [row.id for row in rows])
    ends = _ends(session, {row.area_code for row in rows})
    return [_duty(row, held[row.id], ends.get(row.area_code)) for row in rows]


def _duty(row: PostRow, held: Any = (), area_ends: date | None = None) -> Duty:
    classes = tuple(row.case_classes)
    return Duty(row.code, kind_of_row(row), row.area_code, classes, held, area_ends)


def _ends(session: Session, codes: Collection[str]) -> Mapping[str, date]:
    """Return the day from which there is an area no more; those that stay are left out."""
    rows = session.execute(
        select(AreaVersion.code, func.max(AreaVersion.until))
        .where(AreaVersion.code.in_(codes))
        .group_by(AreaVersion.code)
        .having(func.bool_and(AreaVersion.until.is_not(None)))
    )
    return {code: until for code, until in rows if until is not None}


def _places(session: Session, area_code: str, since: date) -> list[Place]:
    """Return the communities of an area, and their cells counted: not 100,000 one by one."""
    first, past = subtree_of(area_code)
    community = func.left(Area.code, LENGTH_OF_LEVEL["community"])
    there = or_(AreaVersion.until.is_(None), AreaVersion.until > since)
    rows = session.execute(
        select(
            community,
            AreaVersion.since,
            AreaVersion.until,
            func.count().filter(Area.level == "cell"),
        )
        .outerjoin(AreaVersion, AreaVersion.code == Area.code)
        .where(Area.code >= first, Area.code < past, Area.level.in_(("community", "cell")))
        .where(or_(~Area.dated, AreaVersion.code.is_not(None) & there))
        .group_by(community, AreaVersion.since, AreaVersion.until, Area.level)
    )
    return [Place(code, begins, ends, cells) for code, begins, ends, cells in rows]


def _classes(session: Session, duties: Collection[Duty]) -> frozenset[str]:
    """Return every class that a case may have: those of reports, of posts, and of cases so far."""
    named = {one for duty in duties for one in duty.case_classes}
    seen = session.scalars(_CLASSES_SEEN)
    return frozenset({*STREET_PROBLEMS, UNCLASSIFIED, *named, *seen} - {*RESERVED.values()})


def _stopped(session: Session, area_code: str, day: date) -> list[Duty]:
    """Return the posts that a district's matrix in force names although they are stopped."""
    versions = versions_on(session, [area_code], day) if len(area_code) == _DISTRICT else {}
    found: dict[UUID, PostRow] = {}
    for matrix_id, version in versions.values():
        named = select(MatrixLine.post_id).where(
            MatrixLine.matrix_id == matrix_id, MatrixLine.version == version
        )
        rows = session.scalars(select(PostRow).where(~PostRow.active, PostRow.id.in_(named)))
        found |= {row.id: row for row in rows}
    return [_duty(row) for row in found.values()]
