"""Owns the register of areas as a spreadsheet, in the form that `POST /areas/imports` takes."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.grid.domain.areas import parent_of, subtree_of
from services.grid.domain.register_rows import COLUMNS
from services.grid.models.areas import Area, AreaVersion
from services.grid.sheets.subject import Subject, Wanted
from services.grid.usecases.area_days import holds_on
from shared.sheets.columns import Column


def _things(session: Session, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    """Yield the areas that there are on the day; grid cells are in no national register."""
    first, past = subtree_of(wanted.area)
    rows = session.execute(
        select(Area.code, Area.name, Area.level, AreaVersion.name)
        .outerjoin(AreaVersion, and_(AreaVersion.code == Area.code, holds_on(wanted.on)))
        .where(Area.code >= first, Area.code < past, Area.level != "cell")
        .where(or_(~Area.dated, AreaVersion.code.is_not(None)))
        .order_by(Area.code),
        execution_options={"yield_per": 1000},
    )
    for code, name, level, name_then in rows:
        named = name_then or name
        yield dict(zip(COLUMNS, (code, named, level, parent_of(code)), strict=True))


_HEADERS = ("编码", "名称", "级别", "上级编码")

AREAS = Subject(
    "areas",
    tuple(Column(name, zh) for name, zh in zip(COLUMNS, _HEADERS, strict=True)),
    "list_areas",
    _things,
    headers="en",
)
