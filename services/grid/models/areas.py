"""Owns the tables of the area register: areas, what they were on which days, what changed them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.domain.area_changes import Kind
from services.grid.domain.areas import Level
from services.grid.models.registry import AreaCode, GridBase


class Area(GridBase):
    """One area of the register: province, city, district, street, community or grid cell.

    `name` is that of the last change which took effect. Where `dated`, area_versions tells on which
    days there is the area and what it is called; else it is so on every day.
    """

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    name: Mapped[str]
    level: Mapped[Level]
    parent_code: Mapped[str | None] = mapped_column(AreaCode, ForeignKey("areas.code"))
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    dated: Mapped[bool] = mapped_column(default=False)


class AreaVersion(GridBase):
    """What an area is from a day (none: from ever) until before another (none: for ever)."""

    __tablename__ = "area_versions"

    code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"), primary_key=True)
    since: Mapped[date | None] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    name: Mapped[str]
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("area_changes.id"))


class AreaChangeRow(GridBase):
    """A change of areas on a day, with all that it did; the database refuses to change it."""

    __tablename__ = "area_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Kind]
    area_code: Mapped[str] = mapped_column(AreaCode)
    """The area above all that it touches."""
    effective_on: Mapped[date]
    basis: Mapped[str]
    effects: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reverts: Mapped[UUID | None] = mapped_column(ForeignKey("area_changes.id"), unique=True)
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime]


class AreaLink(GridBase):
    """An area went on in another: merged into it, split into it, moved to its code."""

    __tablename__ = "area_links"

    from_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"), primary_key=True)
    to_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"), primary_key=True)
    change_id: Mapped[UUID] = mapped_column(ForeignKey("area_changes.id"), primary_key=True)


class AreaAnnouncement(GridBase):
    """An area of which the others are told on the day when its change takes effect."""

    __tablename__ = "area_announcements"

    due_on: Mapped[date] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"), primary_key=True)


class AreaImport(GridBase):
    """One load of a register file: what came in, and what it changed."""

    __tablename__ = "area_imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_sha256: Mapped[str]
    rows: Mapped[int]
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    imported_at: Mapped[datetime]
