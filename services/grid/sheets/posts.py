"""Owns posts as a spreadsheet: a row is what `PUT /posts/{code}` takes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain.areas import subtree_of
from services.grid.models.posts import PostRow
from services.grid.schemas.posts import PutPost
from services.grid.sheets.subject import Outcome, Subject, TakenIn, Wanted, outcome_of, request_of
from services.grid.usecases.posts import PostChange, put_post
from shared.auth.callers import Caller
from shared.sheets.columns import Column
from shared.sheets.kinds import Choice, Several, Text, YesNo

_KINDS = {
    "leading_group": "领导小组",
    "office": "办公室",
    "department": "部门",
    "police": "包片民警",
    "territorial": "属地",
}
_COLUMNS = (
    Column("code", "岗位代码"),
    Column("name", "岗位名称", Text()),
    Column("kind", "岗位类型", Choice(_KINDS)),
    Column("branch", "条块", Choice({"territorial": "块", "functional": "条"})),
    Column("area_code", "区划代码"),
    Column("case_classes", "负责类别", Several()),
    Column("assists", "协办类别", Several()),
    Column("first_responsible_id", "第一责任人编号"),
    Column("directly_responsible_id", "直接责任人编号"),
    Column("duties", "职责", Text()),
    Column("basis", "设立依据", Text()),
    Column("active", "在用", YesNo()),
)


def _put(session: Session, who: Caller, values: dict[str, Any], now: datetime) -> Outcome:
    code = values.pop("code", "")
    request = request_of(PutPost, values)
    before = session.scalar(select(PostRow.version).where(PostRow.code == code))
    # the file is what is to be, whatever version of the post its writer saw
    change = PostChange(code, who, conditional=before is not None)
    done = put_post(session, change, request, now)
    return outcome_of(before, done.view.version)


def _things(session: Session, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    first, past = subtree_of(wanted.area)
    posts = session.scalars(
        select(PostRow)
        .where(PostRow.area_code >= first, PostRow.area_code < past)
        .order_by(PostRow.code),
        execution_options={"yield_per": 1000},
    )
    for post in posts:
        yield {column.name: getattr(post, column.name) for column in _COLUMNS}


POSTS = Subject("posts", _COLUMNS, "list_posts", _things, TakenIn("put_post", ("code",), _put))
