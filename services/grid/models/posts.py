"""Owns the tables of posts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.domain.responsibility import Branch
from services.grid.models.registry import AreaCode, GridBase


class PostRow(GridBase):
    """A post as it is now: who answers for cases of an area, by place or by subject."""

    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(AreaCode, unique=True)
    name: Mapped[str]
    branch: Mapped[Branch] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    case_classes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    first_responsible_id: Mapped[UUID]
    directly_responsible_id: Mapped[UUID]
    active: Mapped[bool]
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}


class PostVersion(GridBase):
    """What a post was from one change to the next; the database refuses to change or delete it."""

    __tablename__ = "post_versions"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    branch: Mapped[Branch] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(AreaCode)
    case_classes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    first_responsible_id: Mapped[UUID]
    directly_responsible_id: Mapped[UUID]
    active: Mapped[bool]
    changed_by: Mapped[UUID]
    changed_at: Mapped[datetime]
