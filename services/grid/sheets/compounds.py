"""Owns compounds as a spreadsheet: a row is what `PUT /compounds/{code}` takes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.models.compounds import Compound, CompoundStateRow
from services.grid.schemas.compounds import PutCompound
from services.grid.sheets.subject import (
    Outcome,
    Subject,
    TakenIn,
    Wanted,
    day_in,
    outcome_of,
    request_of,
)
from services.grid.usecases.areas_there import part_of
from services.grid.usecases.compound_reading import holding_on
from services.grid.usecases.compounds import CompoundChange, put_compound
from shared.auth.callers import Caller, within
from shared.sheets.columns import Column
from shared.sheets.kinds import Choice, Code, Day, Text, Things, Whole, YesNo

_KINDS = {
    "commodity": "商品房",
    "old_estate": "老旧小区",
    "unit_housing": "单位宿舍",
    "affordable": "保障房",
    "villagers": "村民住宅",
}
_RENEWAL = {"none": "未列入", "listed": "已列入计划", "under_way": "改造中", "done": "已完成"}
_MANAGEMENT = {
    "professional": "专业物业",
    "community_run": "社区代管",
    "self_managed": "居民自治",
    "none": "无物业",
}
_FACILITIES = {
    "bike_shed": "自行车棚",
    "telephone": "公共电话",
    "charging": "充电设施",
    "parcel_locker": "快递柜",
    "fitness": "健身设施",
    "other": "其他便民设施",
}
_ENTRANCES = Things(
    (
        ("name", Text()),
        ("main", YesNo(("主", "main"), ("次", "other"))),
        ("safety_post", YesNo(("有岗", "guarded"), ("无岗", "unguarded"))),
    ),
    ("名称/主或次/有岗或无岗", "name/main or other/guarded or unguarded"),
)
_FACILITY = Things(
    (("kind", Choice(_FACILITIES)), ("count", Whole()), ("in_use", Whole())),
    ("类别/总数/在用数", "kind/count/in use"),
)
_COLUMNS = (
    Column("code", "小区代码"),
    Column("name", "小区名称", Text()),
    Column("community_code", "社区代码"),
    Column("kind", "小区类型", Choice(_KINDS)),
    Column("households", "户数", Whole()),
    Column("floor_area_m2", "建筑面积（平方米）", Whole()),
    Column("buildings_count", "楼栋数", Whole()),
    Column("year_built", "建成年份", Whole()),
    Column("renewal.state", "改造状态", Choice(_RENEWAL)),
    Column("renewal.planned_year", "改造计划年度", Whole()),
    Column("renewal.basis", "改造批次或依据", Text()),
    Column("property.management", "物业管理", Choice(_MANAGEMENT)),
    Column("property.company", "物业公司", Text()),
    Column("entrances", "出入口", _ENTRANCES),
    Column("corridor_lights.total", "走道灯总数", Whole()),
    Column("corridor_lights.installed", "走道灯已装", Whole()),
    Column("facilities", "便民设施", _FACILITY),
    Column("cell_code", "单元格代码", Code()),
    Column("active", "在用", YesNo()),
    Column("effective_on", "生效日期", Day()),
)
_OTHERWISE = {
    "renewal.state": "renewal_state",
    "renewal.planned_year": "renewal_year",
    "renewal.basis": "renewal_basis",
    "property.management": "management",
    "property.company": "company",
    "corridor_lights.total": "lights_total",
    "corridor_lights.installed": "lights_installed",
}
"""What the table calls the columns that the API has within others."""


def _put(session: Session, who: Caller, values: dict[str, Any], now: datetime) -> Outcome:
    code = values.pop("code", "")
    request = request_of(PutCompound, values)
    before = session.scalar(select(Compound.version).where(Compound.code == code))
    change = CompoundChange(code, who, conditional=before is not None)
    return outcome_of(before, put_compound(session, change, request, now).view.version)


def _things(session: Session, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    states = session.scalars(
        select(CompoundStateRow)
        .where(holding_on(wanted.on))
        .where(within(CompoundStateRow.community_code, part_of(wanted.area, wanted.who.areas)))
        .order_by(CompoundStateRow.code),
        execution_options={"yield_per": 1000},
    )
    own = [column.name for column in _COLUMNS if column.name != "effective_on"]
    for state in states:
        thing = {name: getattr(state, _OTHERWISE.get(name, name)) for name in own}
        yield thing | {"effective_on": day_in(wanted)}


COMPOUNDS = Subject(
    "compounds", _COLUMNS, "list_compounds", _things, TakenIn("put_compound", ("code",), _put)
)
