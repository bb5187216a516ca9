"""Owns the tables of boundaries: the shapes of communities and cells, and on which days.

Shapes are read and written by SQL of PostGIS (staging and usecases), never as objects.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.models.registry import AreaCode, GridBase


class Boundary(GridBase):
    """The shape of an area from a day until before another (none: for ever)."""

    __tablename__ = "boundaries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    level: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    shape_hash: Mapped[bytes]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("boundary_imports.id"))
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("area_changes.id"))


class BoundaryImport(GridBase):
    """One load of a boundary file: what came in, and what it changed."""

    __tablename__ = "boundary_imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_sha256: Mapped[str]
    crs: Mapped[str]
    effective_on: Mapped[date]
    features: Mapped[int]
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    imported_by: Mapped[UUID]
    imported_at: Mapped[datetime]
