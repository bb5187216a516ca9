"""Owns who is in which office of a post as a spreadsheet: a row is one period of one person."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain.areas import subtree_of
from services.grid.models.posts import PostHolding, PostRow
from services.grid.schemas.posts import AppointHolder
from services.grid.sheets.subject import Outcome, Subject, TakenIn, Wanted, request_of
from services.grid.usecases.appointing import appoint_holder
from services.grid.usecases.posts import PostChange
from shared.auth.callers import Caller
from shared.sheets.columns import Column
from shared.sheets.kinds import Choice, Day, YesNo

_OFFICES = {"first": "第一责任人", "direct": "直接责任人", "coordinator": "联络人"}
_COLUMNS = (
    Column("code", "岗位代码"),
    Column("office", "责任人类别", Choice(_OFFICES)),
    Column("person_id", "人员编号"),
    Column("since", "开始日期", Day()),
    Column("until", "结束日期（不含当日）", Day()),
    Column("acting", "代理", YesNo()),
)


def _put(session: Session, who: Caller, values: dict[str, Any], now: datetime) -> Outcome:
    code = values.pop("code", "")
    # a blank cell is nobody: the office is vacant in that period
    request = request_of(AppointHolder, {"person_id": None} | values)
    before = session.scalar(select(PostRow.version).where(PostRow.code == code))
    after = appoint_holder(session, PostChange(code, who, conditional=True), request, now)
    return "unchanged" if after.version == before else "changed"


def _things(session: Session, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    first, past = subtree_of(wanted.area)
    holdings = session.execute(
        select(PostRow.code, PostHolding)
        .join(PostHolding, PostHolding.post_id == PostRow.id)
        .where(PostRow.area_code >= first, PostRow.area_code < past)
        .order_by(PostRow.code, PostHolding.office, PostHolding.acting, PostHolding.since),
        execution_options={"yield_per": 1000},
    )
    for code, held in holdings:
        own = {column.name: getattr(held, column.name) for column in _COLUMNS[1:]}
        yield {"code": code} | own


HOLDERS = Subject(
    "holders",
    _COLUMNS,
    "list_posts",
    _things,
    TakenIn("appoint_holder", ("code", "office", "acting", "since"), _put),
)
