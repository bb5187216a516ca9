"""Owns reading the changes of areas."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import Session

from services.grid.domain.areas import ancestors_of, subtree_of
from services.grid.models.areas import AreaChangeRow, AreaLink
from services.grid.schemas.area_changes import (
    AreaChangePage,
    AreaChangeView,
    EffectView,
    LinkView,
    ListAreaChanges,
)
from shared.errors import NotFound
from shared.http.listing import Listing, newest

_NEWEST_FIRST = Listing("area_changes", {"-id": (newest(AreaChangeRow.id),)})


class AreaChangeUnknown(NotFound):
    """There is no change of areas with that id."""

    zh = "没有此区划变更"
    en = "There is no such change of areas"


def get_area_change(session: Session, change_id: UUID) -> AreaChangeView:
    """Return a change and all that it does.

    Raises:
        AreaChangeUnknown
    """
    change = session.get(AreaChangeRow, change_id)
    if change is None:
        raise AreaChangeUnknown
    return view_of(session, change)


def list_area_changes(session: Session, wanted: ListAreaChanges) -> AreaChangePage:
    """Return a page of changes, the latest recorded first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(AreaChangeRow)
    if wanted.area is not None:
        found = found.where(_touches(wanted.area))
    page = _NEWEST_FIRST.page(session, found, wanted)
    return AreaChangePage(_views_of(session, page.items), page.next)


def _touches(area: str) -> ColumnElement[bool]:
    """Return the condition that a change is of an area or what is under it.

    One that touches others too, a merger say, is kept under the area above them all.
    """
    first, past = subtree_of(area)
    inside = cast("$[*].code ? (@ starts with $area)", JSONPATH)
    some = func.jsonb_path_exists(AreaChangeRow.effects, inside, cast({"area": area}, JSONB))
    return or_(
        and_(AreaChangeRow.area_code >= first, AreaChangeRow.area_code < past),
        and_(AreaChangeRow.area_code.in_(("", *ancestors_of(area))), some),
    )


def view_of(session: Session, change: AreaChangeRow) -> AreaChangeView:
    """Return what callers see of a change."""
    return _views_of(session, [change])[0]


def _views_of(session: Session, changes: Sequence[AreaChangeRow]) -> list[AreaChangeView]:
    ids = [change.id for change in changes]
    links: dict[UUID, list[LinkView]] = {}
    of_all = select(AreaLink).where(AreaLink.change_id.in_(ids))
    for link in session.scalars(of_all.order_by(AreaLink.from_code, AreaLink.to_code)):
        links.setdefault(link.change_id, []).append(LinkView(link.from_code, link.to_code))
    undoing = select(AreaChangeRow.reverts, AreaChangeRow.id).where(AreaChangeRow.reverts.in_(ids))
    reverted_by = {undone: by for undone, by in session.execute(undoing)}
    return [
        AreaChangeView(
            id=change.id,
            kind=change.kind,
            area_code=change.area_code,
            effective_on=change.effective_on,
            basis=change.basis,
            effects=[EffectView(**effect) for effect in change.effects],
            links=links.get(change.id, []),
            reverts=change.reverts,
            reverted_by=reverted_by.get(change.id),
            recorded_by=change.recorded_by,
            recorded_at=change.recorded_at,
        )
        for change in changes
    ]
