"""Owns the table of population figures: aggregate numbers only, never a person."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.domain.population import FigureState, SourceKind
from services.grid.models.registry import AreaCode, GridBase


class PopulationFigure(GridBase):
    """How many live in a community, or in a compound of it, from a day on, as one source has it.

    The database lets nobody change it but for the one decision on it.
    """

    __tablename__ = "population_figures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    compound_code: Mapped[str | None] = mapped_column(AreaCode, ForeignKey("compounds.code"))
    day: Mapped[date]
    residents: Mapped[int]
    registered: Mapped[int]
    households: Mapped[int]
    source_kind: Mapped[SourceKind] = mapped_column(Text)
    source: Mapped[str]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    state: Mapped[FigureState] = mapped_column(Text)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    refusal: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"version_id_col": version}
