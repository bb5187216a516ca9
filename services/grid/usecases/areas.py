"""Owns reading the area register."""

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from services.grid.domain.areas import (
    TREE_NODES,
    AreaTree,
    AreaUnknown,
    SearchTooWide,
    TreeTooLarge,
    ancestors_of,
    level_of,
    levels_below,
    subtree_of,
    tree_of,
)
from services.grid.models.areas import Area
from services.grid.schemas.areas import AreaLine, AreaName, AreaPage, AreaView, ListAreas
from shared.http.listing import Key, Listing

_BY_CODE = Listing("areas", {"code": (Key(Area.code),)})


def get_area(session: Session, code: str) -> AreaView:
    """Return an area with those it lies in.

    Raises:
        AreaUnknown: when the register doesn't have it.
    """
    area = session.get(Area, code) if level_of(code) else None
    if area is None:
        raise AreaUnknown(code=code)
    above = session.execute(
        select(Area.code, Area.name, Area.level)
        .where(Area.code.in_(ancestors_of(code)))
        .order_by(Area.code)
    )
    children = select(func.count()).select_from(Area).where(Area.parent_code == code)
    return AreaView(
        code=area.code,
        name=area.name,
        level=area.level,
        parent_code=area.parent_code,
        version=area.version,
        ancestors=[AreaName(*row) for row in above],
        children_count=session.scalar(children) or 0,
    )


def get_area_tree(session: Session, code: str, depth: int) -> AreaTree:
    """Return an area and those under it, `depth` levels down.

    Raises:
        AreaUnknown: when the register doesn't have it.
        TreeTooLarge: past 2,000 areas; found by reading one more, not by counting all.
    """
    level = level_of(code)
    if level is None:
        raise AreaUnknown(code=code)
    rows = session.execute(_levels_of(code, levels_below(level, depth))).all()
    if len(rows) > TREE_NODES:
        raise TreeTooLarge("depth", limit=TREE_NODES)
    # sorted here: an ORDER BY in front of the LIMIT would read the whole subtree
    areas = sorted((row.code, row.name, row.level) for row in rows)
    if not areas or areas[0][0] != code:
        raise AreaUnknown(code=code)
    return tree_of(areas)


def _levels_of(code: str, levels: tuple[str, ...]) -> Select[str, str, str]:
    """Select what of a subtree lies on some levels, one more than a tree may hold.

    The values stand in the statement: a plan made before they are known takes the primary key
    and reads the whole subtree (of a province: 50,000 rows), however few levels are wanted.
    """
    first, past = subtree_of(code)
    return (
        select(Area.code, Area.name, Area.level)
        .where(
            Area.level.in_(bindparam("levels", levels, expanding=True, literal_execute=True)),
            Area.code >= bindparam("first", first, literal_execute=True),
            Area.code < bindparam("past", past, literal_execute=True),
        )
        .limit(TREE_NODES + 1)
    )


def list_areas(session: Session, wanted: ListAreas) -> AreaPage:
    """Return a page of areas by code.

    Raises:
        SearchTooWide: when a name is looked for in the whole register.
        BadCursor: when `after` is no mark of this list.
    """
    page = _BY_CODE.page(session, _chosen(wanted), wanted)
    lines = [AreaLine(a.code, a.name, a.level, a.parent_code, a.version) for a in page.items]
    return AreaPage(lines, page.next)


def _chosen(wanted: ListAreas) -> Select[Area]:
    if wanted.q is None and wanted.level is None:
        return select(Area).where(Area.parent_code == wanted.parent)
    if wanted.parent is None and wanted.level is None:
        raise SearchTooWide("parent")
    found = select(Area)
    if wanted.parent is not None:
        first, past = subtree_of(wanted.parent)
        found = found.where(Area.code > first, Area.code < past)
    if wanted.level is not None:
        found = found.where(Area.level == wanted.level)
    if wanted.q is not None:
        found = found.where(Area.name.contains(wanted.q, autoescape=True))
    return found
