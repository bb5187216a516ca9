"""Owns reading the area register as of a day: today's, unless a caller names another."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from services.grid.domain.areas import (
    TREE_NODES,
    AreaTree,
    AreaUnknown,
    Level,
    SearchTooWide,
    TreeTooLarge,
    ancestors_of,
    level_of,
    levels_below,
    subtree_of,
    tree_of,
)
from services.grid.models.areas import Area, AreaLink, AreaVersion
from services.grid.schemas.areas import (
    AreaLine,
    AreaName,
    AreaPage,
    AreaView,
    Depth,
    ListAreas,
    OnDay,
)
from services.grid.usecases.area_days import day_of, holds_on, versions_of
from shared.errors import NotFound
from shared.http.listing import Key, Listing

_BY_CODE = Listing("areas", {"code": (Key(Area.code),)})


class AreaNotThen(NotFound):
    """The register has the area, but not on the day that was asked for."""

    zh = "区划 {code} 在 {day} 不存在：{since} 起设立，{until} 起撤销"
    en = "There is no area {code} on {day}: it is there from {since} to before {until}"


def get_area(session: Session, code: str, asked: OnDay, now: datetime) -> AreaView:
    """Return an area with those it lies in, as of a day.

    Without a day one that has ended is shown as it was last.

    Raises:
        AreaUnknown: when the register doesn't have it, its beginning having been undone perhaps.
        AreaNotThen: when it isn't there on the day that was asked for.
    """
    area = session.get(Area, code) if level_of(code) else None
    if area is None:
        raise AreaUnknown(code=code)
    versions = versions_of(session, code)
    if area.dated and not versions:
        raise AreaUnknown(code=code)
    day = asked.on or _last_day(versions, day_of(now))
    version = next((one for one in versions if _holds(one, day)), None)
    if versions and version is None:
        since, until = versions[0].since, versions[-1].until
        raise AreaNotThen(code=code, day=day, since=since or "—", until=until or "—")
    return AreaView(
        code=area.code,
        name=version.name if version else area.name,
        level=area.level,
        parent_code=area.parent_code,
        version=area.version,
        on=day,
        since=versions[0].since if versions else None,
        until=versions[-1].until if versions else None,
        predecessors=_linked(session, AreaLink.from_code, AreaLink.to_code == code),
        successors=_linked(session, AreaLink.to_code, AreaLink.from_code == code),
        ancestors=[AreaName(*row) for row in names_on(session, ancestors_of(code), day)],
        children_count=session.scalar(_there(day, func.count(), Area.parent_code == code)) or 0,
    )


def names_on(session: Session, codes: Sequence[str], day: date) -> list[tuple[str, str, str]]:
    """Return (code, name, level) of areas as of a day, by code."""
    rows = session.execute(
        select(Area.code, func.coalesce(AreaVersion.name, Area.name), Area.level)
        .outerjoin(AreaVersion, and_(AreaVersion.code == Area.code, holds_on(day)))
        .where(Area.code.in_(codes))
        .order_by(Area.code)
    )
    return [(code, name, level) for code, name, level in rows]


def get_area_tree(session: Session, code: str, asked: Depth, now: datetime) -> AreaTree:
    """Return an area and those under it, as many levels down as asked, as of a day.

    Raises:
        AreaUnknown: when the register doesn't have it.
        TreeTooLarge: past 2,000 areas; found by reading one more, not by counting all.
    """
    level = level_of(code)
    if level is None:
        raise AreaUnknown(code=code)
    levels = levels_below(level, asked.depth)
    rows = session.execute(_levels_of(code, levels, asked.on or day_of(now))).all()
    if len(rows) > TREE_NODES:
        raise TreeTooLarge("depth", limit=TREE_NODES)
    # sorted here: an ORDER BY in front of the LIMIT would read the whole subtree
    areas = sorted((row.code, row.name, row.level) for row in rows)
    if not areas or areas[0][0] != code:
        raise AreaUnknown(code=code)
    return tree_of(areas)


def _levels_of(code: str, levels: tuple[Level, ...], day: date) -> Select[str, str, str]:
    """Select what of a subtree lies on some levels, one more than a tree may hold.

    The values stand in the statement: a plan made before they are known takes the primary key
    and reads the whole subtree (of a province: 50,000 rows), however few levels are wanted.
    """
    first, past = subtree_of(code)
    return (
        select(Area.code, func.coalesce(AreaVersion.name, Area.name).label("name"), Area.level)
        .outerjoin(AreaVersion, and_(AreaVersion.code == Area.code, holds_on(day)))
        .where(
            or_(~Area.dated, AreaVersion.code.is_not(None)),
            Area.level.in_(bindparam("levels", levels, expanding=True, literal_execute=True)),
            Area.code >= bindparam("first", first, literal_execute=True),
            Area.code < bindparam("past", past, literal_execute=True),
        )
        .limit(TREE_NODES + 1)
    )


def list_areas(session: Session, wanted: ListAreas, now: datetime) -> AreaPage:
    """Return a page of areas by code, as of a day.

    Raises:
        SearchTooWide: when a name is looked for in the whole register.
        BadCursor: when `after` is no mark of this list.
    """
    day = wanted.on or day_of(now)
    page = _BY_CODE.page(session, _chosen(wanted, day), wanted)
    names = {code: name for code, name, _ in names_on(session, [a.code for a in page.items], day)}
    lines = [AreaLine(a.code, names[a.code], a.level, a.parent_code, a.version) for a in page.items]
    return AreaPage(lines, page.next)


def _chosen(wanted: ListAreas, day: date) -> Select[Area]:
    if wanted.q is None and wanted.level is None:
        return _there(day, Area, Area.parent_code == wanted.parent)
    if wanted.parent is None and wanted.level is None:
        raise SearchTooWide("parent")
    conditions: list[ColumnElement[bool]] = []
    if wanted.parent is not None:
        first, past = subtree_of(wanted.parent)
        conditions += [Area.code > first, Area.code < past]
    if wanted.level is not None:
        conditions.append(Area.level == wanted.level)
    if wanted.q is not None:
        # `dated` first: of all those that never changed no version is looked for
        named = AreaVersion.name.contains(wanted.q, autoescape=True)
        then = and_(Area.dated, _version_then(day, named))
        now = and_(~Area.dated, Area.name.contains(wanted.q, autoescape=True))
        conditions.append(or_(now, then))
    return _there(day, Area, *conditions)


def _there(day: date, what: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Select of the areas that there are on a day."""
    return select(what).select_from(Area).where(or_(~Area.dated, _version_then(day)), *conditions)


def _version_then(day: date, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(AreaVersion.code == Area.code, holds_on(day), *conditions)


def _holds(version: AreaVersion, day: date) -> bool:
    return (version.since or day) <= day and (version.until is None or day < version.until)


def _last_day(versions: Sequence[AreaVersion], today: date) -> date:
    """Return today, or the last day of an area that has ended."""
    if not versions or versions[-1].until is None or versions[-1].until > today:
        return today
    return versions[-1].until - timedelta(days=1)


def _linked(session: Session, column: Any, condition: ColumnElement[bool]) -> list[str]:
    return sorted(session.scalars(select(column).where(condition).distinct()))
