"""Owns checklists: each publication of new content is a version, and old versions stay."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, selectinload

from services.inspections.domain.checklists import Checklist, ChecklistItem, check_checklist
from services.inspections.models import ChecklistItemRow, ChecklistRow, ChecklistVersion
from services.inspections.schemas import (
    ChecklistItemView,
    ChecklistPage,
    ChecklistView,
    PageRequest,
    PublishChecklist,
    PublishedChecklist,
)
from services.inspections.usecases.views import view_of
from shared.errors import NotFound
from shared.http.listing import Key, Listing
from shared.ids import new_id

_BY_CODE = Listing("checklists", {"code": (Key(ChecklistRow.code),)})


class ChecklistNotFound(NotFound):
    """No checklist has that code, or it has no such version."""

    zh = "未找到检查表“{code}”或其所要求的版本"
    en = "There is no checklist {code}, or not in that version"


def publish_checklist(
    session: Session, request: PublishChecklist, now: datetime
) -> PublishedChecklist:
    """Make the content the checklist's next version, or return the current one if it is that.

    Raises:
        ItemCodeDoubled, ItemTitleDoubled, TextNamesSomebody
    """
    checklist = _content_of_request(request)
    check_checklist(checklist)
    row = _locked_row(session, checklist.code)
    current = version_of(session, checklist.code)
    if current is not None and content_of(current) == checklist:
        return PublishedChecklist(checklist=_view(current), is_new=False)
    row.current_version += 1
    published = _next_version(row, checklist, now)
    session.add(published)
    return PublishedChecklist(checklist=_view(published), is_new=True)


def get_checklist(session: Session, code: str, version: int | None) -> ChecklistView:
    """Return a version of a checklist, the current one for None.

    Raises:
        ChecklistNotFound
    """
    found = version_of(session, code, version)
    if found is None:
        raise ChecklistNotFound(code=code)
    return _view(found)


def list_checklists(session: Session, wanted: PageRequest) -> ChecklistPage:
    """Return the current versions by code.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    page = _BY_CODE.page(session, select(ChecklistRow), wanted)
    current = (
        _versions(ChecklistRow.current_version)
        .where(ChecklistRow.id.in_([row.id for row in page.items]))
        .order_by(ChecklistRow.code)
    )
    return ChecklistPage(items=[_view(row) for row in session.scalars(current)], next=page.next)


def version_of(session: Session, code: str, version: int | None = None) -> ChecklistVersion | None:
    """Return a version of a checklist with its items, the current one for None; or nothing."""
    wanted = ChecklistRow.current_version if version is None else version
    return session.scalars(_versions(wanted).where(ChecklistRow.code == code)).one_or_none()


def content_of(version: ChecklistVersion) -> Checklist:
    """Return what a version says, as the rules see it."""
    items = tuple(
        ChecklistItem(i.code, i.title, i.severity, i.points, i.rectify_within_days)
        for i in version.items
    )
    return Checklist(version.checklist.code, version.title, items)


def _versions(version: int | InstrumentedAttribute[int]) -> Select[ChecklistVersion]:
    return (
        select(ChecklistVersion)
        .join(ChecklistVersion.checklist)
        .where(ChecklistVersion.version == version)
        .options(contains_eager(ChecklistVersion.checklist), selectinload(ChecklistVersion.items))
    )


def _content_of_request(request: PublishChecklist) -> Checklist:
    items = tuple(
        ChecklistItem(i.code, i.title.strip(), i.severity, i.points, i.rectify_within_days)
        for i in request.items
    )
    return Checklist(request.code, request.title.strip(), items)


def _locked_row(session: Session, code: str) -> ChecklistRow:
    """Return the row of the checklist, new or not, locked: one publication at a time."""
    session.execute(
        insert(ChecklistRow)
        .values(id=new_id(), code=code, current_version=0)
        .on_conflict_do_nothing(index_elements=[ChecklistRow.code])
    )
    return session.scalars(
        select(ChecklistRow).where(ChecklistRow.code == code).with_for_update()
    ).one()


def _next_version(row: ChecklistRow, checklist: Checklist, now: datetime) -> ChecklistVersion:
    return ChecklistVersion(
        id=new_id(),
        checklist=row,
        version=row.current_version,
        title=checklist.title,
        published_at=now,
        items=[
            ChecklistItemRow(
                id=new_id(),
                position=position,
                code=item.code,
                title=item.title,
                severity=item.severity,
                points=item.points,
                rectify_within_days=item.rectify_within_days,
            )
            for position, item in enumerate(checklist.items)
        ],
    )


def _view(version: ChecklistVersion) -> ChecklistView:
    content = content_of(version)
    items = [view_of(ChecklistItemView, row) for row in version.items]
    points = content.points_possible
    return view_of(ChecklistView, version, code=content.code, points_possible=points, items=items)
