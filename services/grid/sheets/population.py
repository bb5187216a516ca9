"""Owns population figures as a spreadsheet: a row in is one to approve, a row out one in force."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.grid.domain.areas import subtree_of
from services.grid.models.population import PopulationFigure
from services.grid.schemas.population import RecordPopulation
from services.grid.sheets.subject import Outcome, Subject, TakenIn, Wanted, request_of
from services.grid.usecases.population import recorded
from services.grid.usecases.population_in_force import in_force
from shared.auth.callers import Caller
from shared.sheets.columns import Column
from shared.sheets.kinds import Choice, Day, Text, Whole

_SOURCES = {
    "census": "人口普查",
    "police": "派出所",
    "community_survey": "社区摸排",
    "property_company": "物业公司",
    "statistics": "统计部门",
    "other": "其他",
}
_COLUMNS = (
    Column("area_code", "社区代码"),
    Column("compound_code", "小区代码"),
    Column("day", "日期", Day()),
    Column("residents", "常住人口", Whole()),
    Column("registered", "户籍人口", Whole()),
    Column("households", "户数", Whole()),
    Column("source_kind", "来源类别", Choice(_SOURCES)),
    Column("source", "来源", Text()),
)


def _put(session: Session, who: Caller, values: dict[str, Any], now: datetime) -> Outcome:
    _, created = recorded(session, who, request_of(RecordPopulation, values), now)
    return "added" if created else "unchanged"


def _things(session: Session, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    wanted.who.require_area("area", wanted.area)
    first, past = subtree_of(wanted.area)
    column = PopulationFigure.area_code
    figures = session.scalars(
        in_force(wanted.on, column >= first, column < past),
        execution_options={"yield_per": 1000},
    )
    for figure in figures:
        yield {column.name: getattr(figure, column.name) for column in _COLUMNS}


POPULATION = Subject(
    "population",
    _COLUMNS,
    "list_population",
    _things,
    TakenIn("record_population", ("area_code", "compound_code", "day"), _put),
)
