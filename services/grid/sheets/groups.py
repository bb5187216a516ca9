"""Owns groups as a spreadsheet: a row is what `PUT /groups/{code}` takes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.models.groups import Group, GroupStateRow
from services.grid.schemas.groups import PutGroup
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
from services.grid.usecases.groups import GroupChange, holding_on, put_group
from shared.auth.callers import Caller, within
from shared.sheets.columns import Column
from shared.sheets.kinds import Choice, Day, Several, Text, YesNo

_KINDS = {
    "zone": "管区",
    "joint_committee": "联工委",
    "resident_group": "居民小组",
    "sector": "片区",
}
_COLUMNS = (
    Column("code", "代码"),
    Column("kind", "类别", Choice(_KINDS)),
    Column("name", "名称", Text()),
    Column("within_code", "所属区划代码"),
    Column("members", "成员代码", Several()),
    Column("cell_code", "包保单元格代码"),
    Column("leader_id", "负责人编号"),
    Column("active", "在用", YesNo()),
    Column("effective_on", "生效日期", Day()),
)


def _put(session: Session, who: Caller, values: dict[str, Any], now: datetime) -> Outcome:
    code = values.pop("code", "")
    request = request_of(PutGroup, values)
    before = session.scalar(select(Group.version).where(Group.code == code))
    change = GroupChange(code, who, conditional=before is not None)
    return outcome_of(before, put_group(session, change, request, now).view.version)


def _things(session: Session, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    states = session.scalars(
        select(GroupStateRow)
        .where(holding_on(wanted.on))
        .where(within(GroupStateRow.within_code, part_of(wanted.area, wanted.who.areas)))
        .order_by(GroupStateRow.code),
        execution_options={"yield_per": 1000},
    )
    own = [column.name for column in _COLUMNS if column.name != "effective_on"]
    for state in states:
        thing = {name: getattr(state, name) for name in own}
        yield thing | {"effective_on": day_in(wanted)}


GROUPS = Subject("groups", _COLUMNS, "list_groups", _things, TakenIn("put_group", ("code",), _put))
