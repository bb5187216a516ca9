"""Owns the tables of posts and of who holds their offices."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.domain.holding import Office
from services.grid.domain.post_kinds import PostKind
from services.grid.domain.responsibility import Branch
from services.grid.models.registry import AreaCode, GridBase


class PostRow(GridBase):
    """A post as it is now: who answers for cases of an area, by place or by subject.

    Its two persons are those who answer today, or held the office last; `post_holdings` tells all.
    """

    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(AreaCode, unique=True)
    name: Mapped[str]
    kind: Mapped[PostKind | None] = mapped_column(Text)
    """None where the code of step 0006 made it: then its branch tells."""
    branch: Mapped[Branch] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    case_classes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    assists: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    duties: Mapped[str] = mapped_column(default="")
    basis: Mapped[str | None]
    first_responsible_id: Mapped[UUID]
    directly_responsible_id: Mapped[UUID]
    next_change_on: Mapped[date | None]
    """The first day that the two above don't know of; the timer then looks again."""
    active: Mapped[bool]
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}


class PostHolding(GridBase):
    """Who holds an office of a post from a day until before another (none: for good)."""

    __tablename__ = "post_holdings"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    office: Mapped[Office] = mapped_column(Text, primary_key=True)
    acting: Mapped[bool] = mapped_column(primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    person_id: Mapped[UUID]


class PostVersion(GridBase):
    """What a post was from one change to the next; the database refuses to change or delete it."""

    __tablename__ = "post_versions"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    kind: Mapped[PostKind | None] = mapped_column(Text)
    branch: Mapped[Branch] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(AreaCode)
    case_classes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    assists: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    duties: Mapped[str]
    basis: Mapped[str | None]
    first_responsible_id: Mapped[UUID]
    directly_responsible_id: Mapped[UUID]
    holders: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Every holding, past and planned, as it was known then."""
    active: Mapped[bool]
    changed_by: Mapped[UUID | None]
    """None where a change that was planned took effect by itself."""
    changed_at: Mapped[datetime]
