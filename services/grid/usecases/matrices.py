"""Owns activating a district's responsibility matrix: linted, then kept as it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain.areas import level_of, subtree_of
from services.grid.domain.covering import Cover
from services.grid.domain.linting import lint as lint_ground
from services.grid.domain.matrices import (
    REPORTED,
    EffectiveInThePast,
    MatrixHasErrors,
    MatrixUnknown,
    NotADistrict,
    errors_of,
)
from services.grid.domain.post_kinds import RESERVED
from services.grid.models.matrices import MatrixLine, MatrixRow, MatrixVersion
from services.grid.models.posts import PostRow
from services.grid.schemas.matrices import (
    ActivateMatrix,
    LinePage,
    LineView,
    ListLines,
    MatrixView,
)
from services.grid.usecases.area_days import day_of, name_on
from services.grid.usecases.linting import Declared, declared_in, names_of
from shared.auth.callers import Caller
from shared.contracts.grid import MatrixActivatedV1
from shared.http.etags import Expected, PreconditionRequired, require_version
from shared.http.listing import Key, Listing
from shared.ids import new_id
from shared.messaging import outbox

_SAID = (
    "district_code",
    "version",
    "effective_on",
    "lines",
    "posts",
    "cells",
    "case_classes",
    "activated_by",
    "activated_at",
)
_BY_PLACE = Listing("matrix lines", {"position": (Key(MatrixLine.position),)})


@dataclass(frozen=True)
class Activation:
    """Whose matrix is to be activated, who asks, and which versions of it they may have seen.

    `conditional` tells "any version" (`*`) from a request that doesn't say.
    """

    district_code: str
    who: Caller
    expected: Expected = None
    conditional: bool = False


def activate_matrix(
    session: Session, asked: Activation, request: ActivateMatrix, now: datetime
) -> MatrixView:
    """Lint what the posts declare for a district, and let it hold from a day on.

    Raises:
        AreaNotGranted, NotADistrict, AreaNotRegistered, AreaNotThatDay, EffectiveInThePast
        PreconditionRequired, Stale: when there is one, and the caller doesn't say which version of
            it was seen, or another.
        MatrixUnknown: when a version is expected where none was activated.
        MatrixHasErrors: nothing changes then.
    """
    district, today = asked.district_code, day_of(now)
    day = request.effective_on or today
    asked.who.require_area("district_code", district)
    if level_of(district) != "district":
        raise NotADistrict("district_code", code=district)
    if day < today:
        raise EffectiveInThePast("effective_on", day=day)
    name_on(session, "district_code", district, day)
    row = _next(session, asked)
    declared = declared_in(session, district, day)
    if errors := errors_of(lint_ground(declared.ground)):
        raise MatrixHasErrors(errors, names_of(session, errors[:REPORTED]))
    return _keep(session, row, declared, asked.who.id, now)


def get_matrix(session: Session, district_code: str, on: date | None) -> MatrixView:
    """Return the activation that is in force on a day, the last one when none is said.

    Raises:
        MatrixUnknown: when there is none by then.
    """
    row = session.scalar(select(MatrixRow).where(MatrixRow.district_code == district_code))
    if row is None:
        raise MatrixUnknown
    return _view_of(row, _in_force(session, row, on))


def list_matrix_lines(session: Session, district_code: str, wanted: ListLines) -> LinePage:
    """Return a page of the lines of an activation, by area.

    Raises:
        MatrixUnknown: when there is none by then.
        BadCursor: when `after` is no mark of this list.
    """
    matrix = get_matrix(session, district_code, wanted.on)
    found = select(MatrixLine).where(
        MatrixLine.matrix_id == matrix.id, MatrixLine.version == matrix.version
    )
    if wanted.area is not None:
        first, past = subtree_of(wanted.area)
        found = found.where(MatrixLine.area_code >= first, MatrixLine.area_code < past)
    if wanted.branch is not None:
        found = found.where(MatrixLine.branch == wanted.branch)
    page = _BY_PLACE.page(session, found, wanted, matrix.id)
    posts = {
        post_id: (code, name)
        for post_id, code, name in session.execute(
            select(PostRow.id, PostRow.code, PostRow.name).where(
                PostRow.id.in_({line.post_id for line in page.items})
            )
        )
    }
    lines = [
        LineView(line.branch, line.area_code, line.case_class, line.post_id, *posts[line.post_id])
        for line in page.items
    ]
    return LinePage(lines, page.next)


def _next(session: Session, asked: Activation) -> MatrixRow:
    """Return the district's row with its next version; of two who activate the other waits."""
    new = insert(MatrixRow).values(id=new_id(), district_code=asked.district_code, version=1)
    made = session.scalar(
        new.on_conflict_do_nothing(index_elements=["district_code"]).returning(MatrixRow.id)
    )
    if made is not None:
        if asked.conditional:
            raise MatrixUnknown
        return session.get_one(MatrixRow, made)
    row = session.scalars(
        select(MatrixRow).where(MatrixRow.district_code == asked.district_code).with_for_update()
    ).one()
    if not asked.conditional:
        raise PreconditionRequired("If-Match")
    require_version(
        asked.expected, row.version, lambda: get_matrix(session, row.district_code, None)
    )
    row.version += 1
    return row


def _keep(
    session: Session, row: MatrixRow, declared: Declared, by: UUID, now: datetime
) -> MatrixView:
    ground, lines = declared.ground, list(_lines_of(declared))
    cover = Cover(ground.area_code, ground.places, ground.since)
    version = MatrixVersion(
        matrix_id=row.id,
        version=row.version,
        effective_on=ground.since,
        lines=len(lines),
        posts=len({line["post_id"] for line in lines}),
        cells=cover.cells(cover.codes, ground.since),
        case_classes=sorted(ground.case_classes),
        activated_by=by,
        activated_at=now,
    )
    session.add(version)
    session.flush()
    of = {"matrix_id": row.id, "version": row.version}
    if lines:
        session.execute(insert(MatrixLine), [of | line for line in lines])
    view = _view_of(row, version)
    said = {name: getattr(view, name) for name in _SAID}
    outbox.add(session, MatrixActivatedV1(matrix_id=row.id, **said))
    return view


def _lines_of(declared: Declared) -> Iterator[dict[str, Any]]:
    """Yield the lines of what is declared, by area; who leads and coordinates has none."""
    found = sorted(
        (duty.area_code, duty.branch, one, duty.code)
        for duty in declared.ground.duties
        if duty.kind not in RESERVED
        for one in duty.case_classes or ("",)
    )
    for position, (area_code, branch, one, code) in enumerate(found, 1):
        yield {
            "position": position,
            "branch": branch,
            "area_code": area_code,
            "case_class": one or None,
            "post_id": declared.rows[code].id,
        }


def _in_force(session: Session, row: MatrixRow, on: date | None) -> MatrixVersion:
    found = select(func.max(MatrixVersion.version)).where(MatrixVersion.matrix_id == row.id)
    if on is not None:
        found = found.where(MatrixVersion.effective_on <= on)
    version = session.scalar(found)
    if version is None:
        raise MatrixUnknown
    return session.get_one(MatrixVersion, (row.id, version))


def _view_of(row: MatrixRow, version: MatrixVersion) -> MatrixView:
    return MatrixView(
        id=row.id,
        district_code=row.district_code,
        version=version.version,
        latest=row.version,
        effective_on=version.effective_on,
        lines=version.lines,
        posts=version.posts,
        cells=version.cells,
        case_classes=list(version.case_classes),
        activated_by=version.activated_by,
        activated_at=version.activated_at,
    )
