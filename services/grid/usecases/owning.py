"""Owns who answers where on a day: the matrix that a district activated, or its posts as they are.

A district that never activated a matrix is a pilot: its posts answer as soon as they are set up.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.grid.domain.areas import ancestors_of, district_of
from services.grid.domain.responsibility import BRANCHES, Branch, Matrix, Post
from services.grid.models.matrices import MatrixLine, MatrixRow, MatrixVersion
from services.grid.models.posts import PostHolding, PostRow
from services.grid.schemas.matrices import JointHandlingView, OwnerOnDay, OwnersView, ShowOwners
from services.grid.usecases.area_days import day_of, name_on

_POST = (PostRow.id, PostRow.code, PostRow.name, PostRow.branch, PostRow.active)
_HOLDER = (PostHolding.office, PostHolding.acting, PostHolding.person_id)


@dataclass(frozen=True)
class Matrices:
    """What holds on a day in some areas."""

    drafts: Matrix
    """Posts as they are, for districts without an activated matrix."""
    activated: Mapping[str, Matrix]

    def of(self, area_code: str) -> Matrix:
        """Return the matrix of an area."""
        return self.activated.get(district_of(area_code), self.drafts)


def matrix_for(session: Session, area_code: str, case_class: str, day: date) -> Matrix:
    """Return the part of the responsibility matrix that a class in an area needs on a day."""
    return matrices_on(session, (area_code,), day, case_class).of(area_code)


def matrices_on(
    session: Session, area_codes: Collection[str], day: date, case_class: str | None = None
) -> Matrices:
    """Return the parts of the responsibility matrices that some areas need on a day.

    Where one class alone is asked for, posts and lines of others aren't read.
    """
    if not area_codes:
        return Matrices(Matrix(()), {})
    above = {code for area in area_codes for code in (*ancestors_of(area), area)}
    districts = {district_of(area) for area in area_codes}
    versions = versions_on(session, districts, day)
    lines = _lines(session, versions, above, day, case_class) if versions else {}
    without = districts - versions.keys()
    drafts = Matrix(_drafts(session, above, day, case_class) if without else ())
    return Matrices(drafts, {district: Matrix(lines.get(district, ())) for district in versions})


def versions_on(
    session: Session, districts: Collection[str], day: date
) -> Mapping[str, tuple[UUID, int]]:
    """Return (matrix, version) of what each district has in force on a day, the last activated."""
    rows = session.execute(
        select(MatrixRow.district_code, MatrixVersion.matrix_id, MatrixVersion.version)
        .join(MatrixVersion, MatrixVersion.matrix_id == MatrixRow.id)
        .where(MatrixRow.district_code.in_(districts), MatrixVersion.effective_on <= day)
        .ext(distinct_on(MatrixRow.district_code))
        .order_by(MatrixRow.district_code, MatrixVersion.version.desc())
    )
    return {district: (matrix_id, version) for district, matrix_id, version in rows}


def post_named(session: Session, code: str, day: date) -> Post | None:
    """Return a post on a day for the rules, None when there is none."""
    rows = session.execute(
        select(*_POST, PostRow.area_code, PostRow.case_classes, *_HOLDER)
        .outerjoin(PostHolding, _there(day))
        .where(PostRow.code == code)
    ).all()
    return _post(rows, rows[0].area_code, rows[0].case_classes) if rows else None


def get_owners(session: Session, wanted: ShowOwners, now: datetime) -> OwnersView:
    """Return the two posts that answer for a class in an area on a day, and who is in them.

    Raises:
        AreaNotRegistered, AreaNotThatDay
    """
    day = wanted.on or day_of(now)
    name = name_on(session, "area", wanted.area, day)
    matrix = matrix_for(session, wanted.area, wanted.case_class, day)
    found = [
        _shown(matrix.post_of(branch, wanted.area, wanted.case_class), branch)
        for branch in BRANCHES
    ]
    return OwnersView(wanted.area, name, wanted.case_class, day, *found)


def get_joint_handling(session: Session, wanted: ShowOwners, now: datetime) -> JointHandlingView:
    """Return who handles a class together in an area on a day (plan row G13).

    The two owners; the units that assist in the class, the nearest first; and the office that
    coordinates, the nearest above the area.

    Raises:
        AreaNotRegistered, AreaNotThatDay
    """
    owners = get_owners(session, wanted, now)
    above = (*ancestors_of(wanted.area), wanted.area)
    rows = session.execute(
        select(*_POST, PostRow.area_code, PostRow.case_classes, PostRow.kind, *_HOLDER)
        .outerjoin(PostHolding, _there(owners.on))
        .where(PostRow.area_code.in_(above), PostRow.active)
        .where(or_(PostRow.kind == "office", PostRow.assists.contains([wanted.case_class])))
    )
    found = [(one[0].kind, _post(one, one[0].area_code, ())) for one in _by(rows, "id").values()]
    found.sort(key=lambda pair: (-len(pair[1].area_code), pair[1].code))
    offices = [post for kind, post in found if kind == "office"]
    return JointHandlingView(
        area=owners.area,
        area_name=owners.area_name,
        case_class=owners.case_class,
        on=owners.on,
        territorial=owners.territorial,
        functional=owners.functional,
        assisting=[
            _shown(post, "functional")
            for kind, post in found
            if kind != "office" and post.id != owners.functional.post_id
        ],
        coordinating=_shown(next(iter(offices), None), "functional"),
    )


def _shown(post: Post | None, branch: Branch) -> OwnerOnDay:
    if post is None:
        return OwnerOnDay(branch, missing=["post"])
    return OwnerOnDay(
        branch,
        post.id,
        post.code,
        post.name,
        post.first_responsible_id,
        post.directly_responsible_id,
        list(post.vacant),
    )


def _there(day: date) -> Any:
    return and_(
        PostHolding.post_id == PostRow.id,
        PostHolding.since <= day,
        or_(PostHolding.until.is_(None), PostHolding.until > day),
    )


def _drafts(
    session: Session, above: Collection[str], day: date, case_class: str | None
) -> list[Post]:
    found = (
        select(*_POST, PostRow.area_code, PostRow.case_classes, *_HOLDER)
        .outerjoin(PostHolding, _there(day))
        .where(PostRow.area_code.in_(above), PostRow.active)
    )
    if case_class is not None:
        has_all = func.cardinality(PostRow.case_classes) == 0
        found = found.where(or_(has_all, PostRow.case_classes.contains([case_class])))
    rows = session.execute(found)
    return [
        _post(of_post, of_post[0].area_code, of_post[0].case_classes)
        for of_post in _by(rows, "id").values()
    ]


def _lines(
    session: Session,
    versions: Mapping[str, tuple[UUID, int]],
    above: Collection[str],
    day: date,
    case_class: str | None,
) -> dict[str, list[Post]]:
    """Return the posts of activated matrices by district, each with the area and class of its line.

    One that is stopped meanwhile answers for nothing and keeps its lines: its cases wait.
    """
    districts = {version: district for district, version in versions.items()}
    line = (MatrixLine.matrix_id, MatrixLine.version, MatrixLine.position)
    chosen = (
        select(*_POST, *line, MatrixLine.area_code, MatrixLine.case_class, *_HOLDER)
        .join(PostRow, PostRow.id == MatrixLine.post_id)
        .outerjoin(PostHolding, _there(day))
        .where(tuple_(MatrixLine.matrix_id, MatrixLine.version).in_(districts))
        .where(MatrixLine.area_code.in_(above))
    )
    if case_class is not None:
        has_all = MatrixLine.case_class.is_(None)
        chosen = chosen.where(or_(has_all, MatrixLine.case_class == case_class))
    rows = session.execute(chosen)
    found: dict[str, list[Post]] = {}
    for of_line in _by(rows, "matrix_id", "version", "position").values():
        one = of_line[0]
        classes = () if one.case_class is None else (one.case_class,)
        post = _post(of_line, one.area_code, classes)
        if not post.active:
            post = replace(
                post, active=True, first_responsible_id=None, directly_responsible_id=None
            )
        found.setdefault(districts[one.matrix_id, one.version], []).append(post)
    return found


def _by(rows: Any, *names: str) -> dict[tuple[Any, ...], list[Row[Any]]]:
    """Return rows that differ only in the holder together."""
    found: dict[tuple[Any, ...], list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(tuple(getattr(row, name) for name in names), []).append(row)
    return found


def _post(rows: Any, area_code: str, classes: Collection[str]) -> Post:
    """Return a post from one row for each who is in an office; a deputy's comes before."""
    one = rows[0]
    there = {row.office: row.person_id for row in sorted(rows, key=lambda row: bool(row.acting))}
    return Post(
        one.id,
        one.code,
        one.name,
        one.branch,
        area_code,
        tuple(classes),
        there.get("first"),
        there.get("direct"),
        one.active,
    )
