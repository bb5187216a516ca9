"""Owns buildings as a spreadsheet: a row is what the PUT of a compound's building takes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from services.grid.models.compounds import BuildingRow, CompoundStateRow
from services.grid.schemas.compounds import PutBuilding
from services.grid.sheets.subject import (
    Outcome,
    Subject,
    TakenIn,
    Wanted,
    outcome_of,
    request_of,
)
from services.grid.usecases.areas_there import part_of
from services.grid.usecases.buildings import put_building
from services.grid.usecases.compound_reading import holding_on
from services.grid.usecases.compounds import CompoundChange
from shared.auth.callers import Caller, within
from shared.sheets.columns import Column
from shared.sheets.kinds import Text, Whole, YesNo

_COLUMNS = (
    Column("code", "小区代码"),
    Column("number", "楼栋号"),
    Column("name", "楼栋名称", Text()),
    Column("units", "单元数", Whole()),
    Column("floors", "层数", Whole()),
    Column("households", "户数", Whole()),
    Column("corridor_lights.total", "走道灯总数", Whole()),
    Column("corridor_lights.installed", "走道灯已装", Whole()),
    Column("active", "在用", YesNo()),
)
_OTHERWISE = {
    "code": "compound_code",
    "corridor_lights.total": "lights_total",
    "corridor_lights.installed": "lights_installed",
}
"""What the table calls the columns that the API has in its address, or within others."""


def _put(session: Session, who: Caller, values: dict[str, Any], now: datetime) -> Outcome:
    code, number = values.pop("code", ""), values.pop("number", "")
    request = request_of(PutBuilding, values)
    before = session.scalar(
        select(BuildingRow.version).where(
            BuildingRow.compound_code == code, BuildingRow.number == number
        )
    )
    change = CompoundChange(code, who, conditional=before is not None, number=number)
    return outcome_of(before, put_building(session, change, request, now).view.version)


def _things(session: Session, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    """Yield the buildings, as they are now, of the compounds that there are on the day."""
    there = and_(CompoundStateRow.code == BuildingRow.compound_code, holding_on(wanted.on))
    buildings = session.scalars(
        select(BuildingRow)
        .join(CompoundStateRow, there)
        .where(within(CompoundStateRow.community_code, part_of(wanted.area, wanted.who.areas)))
        .order_by(BuildingRow.compound_code, BuildingRow.number),
        execution_options={"yield_per": 1000},
    )
    names = [(column.name, _OTHERWISE.get(column.name, column.name)) for column in _COLUMNS]
    for building in buildings:
        yield {name: getattr(building, own) for name, own in names}


BUILDINGS = Subject(
    "buildings",
    _COLUMNS,
    "list_buildings",
    _things,
    TakenIn("put_building", ("code", "number"), _put),
)
