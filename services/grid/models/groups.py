"""Owns the tables of dated groups: zones, joint committees, resident groups, sectors."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.domain.groups import GroupKind
from services.grid.models.registry import AreaCode, GridBase


class Group(GridBase):
    """A group: its id, code and kind, and how often it was said; the rest is dated."""

    __tablename__ = "groups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(AreaCode, unique=True)
    kind: Mapped[GroupKind] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    next_change_on: Mapped[date | None]
    """When something recorded begins to hold: the others are told again on that day."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class GroupStateRow(GridBase):
    """What a group is from a day until before another (none: for ever), with its members."""

    __tablename__ = "group_states"

    code: Mapped[str] = mapped_column(AreaCode, ForeignKey("groups.code"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    kind: Mapped[GroupKind] = mapped_column(Text)
    name: Mapped[str]
    within_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    leader_id: Mapped[UUID | None]
    cell_code: Mapped[str | None] = mapped_column(AreaCode, ForeignKey("areas.code"))
    members: Mapped[list[str]] = mapped_column(JSONB)
    """Sorted; the same as group_members says by period."""
    active: Mapped[bool]


class GroupMember(GridBase):
    """A community or compound in a group, from a day until before another."""

    __tablename__ = "group_members"

    code: Mapped[str] = mapped_column(AreaCode, ForeignKey("groups.code"), primary_key=True)
    member: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    kind: Mapped[GroupKind] = mapped_column(Text)


class GroupVersion(GridBase):
    """All that was recorded of a group at a change; the database refuses to change it."""

    __tablename__ = "group_versions"

    code: Mapped[str] = mapped_column(AreaCode, ForeignKey("groups.code"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    states: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    changed_by: Mapped[UUID | None]
    """None where a change of areas did it, or its day came."""
    change_id: Mapped[UUID | None]
    changed_at: Mapped[datetime]
