"""Owns the tables of compounds and their buildings."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.domain.compounds import CompoundKind, Management, RenewalState
from services.grid.models.registry import AreaCode, GridBase


class Compound(GridBase):
    """A compound: its id, its code for people, and how often it was said; the rest is dated."""

    __tablename__ = "compounds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(AreaCode, unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    next_change_on: Mapped[date | None]
    """When something recorded begins to hold: the others are told again on that day."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CompoundStateRow(GridBase):
    """What a compound is from a day until before another (none: for ever)."""

    __tablename__ = "compound_states"

    code: Mapped[str] = mapped_column(AreaCode, ForeignKey("compounds.code"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    name: Mapped[str]
    community_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    cell_code: Mapped[str | None] = mapped_column(AreaCode, ForeignKey("areas.code"))
    kind: Mapped[CompoundKind] = mapped_column(Text)
    households: Mapped[int]
    floor_area_m2: Mapped[int]
    buildings_count: Mapped[int]
    year_built: Mapped[int | None]
    renewal_state: Mapped[RenewalState] = mapped_column(Text)
    renewal_year: Mapped[int | None]
    renewal_basis: Mapped[str | None]
    management: Mapped[Management] = mapped_column(Text)
    company: Mapped[str | None]
    entrances: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    facilities: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    lights_total: Mapped[int | None]
    lights_installed: Mapped[int | None]
    lights_by_building: Mapped[bool]
    active: Mapped[bool]


class CompoundVersion(GridBase):
    """All that was recorded of a compound at a change; the database refuses to change it."""

    __tablename__ = "compound_versions"

    code: Mapped[str] = mapped_column(AreaCode, ForeignKey("compounds.code"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    states: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    changed_by: Mapped[UUID | None]
    """None where a change of areas did it, or its day came."""
    change_id: Mapped[UUID | None]
    changed_at: Mapped[datetime]


class BuildingRow(GridBase):
    """A building of a compound as it is now."""

    __tablename__ = "buildings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    compound_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("compounds.code"))
    number: Mapped[str] = mapped_column(AreaCode)
    name: Mapped[str]
    units: Mapped[int]
    floors: Mapped[int]
    households: Mapped[int]
    lights_total: Mapped[int | None]
    lights_installed: Mapped[int | None]
    active: Mapped[bool]
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class BuildingVersion(GridBase):
    """What a building was from one change to the next; the database refuses to change it."""

    __tablename__ = "building_versions"

    building_id: Mapped[UUID] = mapped_column(ForeignKey("buildings.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_by: Mapped[UUID]
    changed_at: Mapped[datetime]


class AreaFollowing(GridBase):
    """What a change of areas did to a compound or group, so that it can be taken back exactly."""

    __tablename__ = "area_followings"

    change_id: Mapped[UUID] = mapped_column(ForeignKey("area_changes.id"), primary_key=True)
    thing: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    before: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    after: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
