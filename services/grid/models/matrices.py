"""Owns the tables of activated responsibility matrices."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.grid.domain.responsibility import Branch
from services.grid.models.registry import AreaCode, GridBase


class MatrixRow(GridBase):
    """The matrix of a district; `version` is that of the last activation."""

    __tablename__ = "matrices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"), unique=True)
    version: Mapped[int] = mapped_column(BigInteger)


class MatrixVersion(GridBase):
    """One activation; the database refuses to change or delete it.

    On a day the last of those holds whose day has come.
    """

    __tablename__ = "matrix_versions"

    matrix_id: Mapped[UUID] = mapped_column(ForeignKey("matrices.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    effective_on: Mapped[date]
    lines: Mapped[int]
    posts: Mapped[int]
    cells: Mapped[int]
    case_classes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """What it was linted for."""
    activated_by: Mapped[UUID]
    activated_at: Mapped[datetime]


class MatrixLine(GridBase):
    """Which post answers for an area and a class (none: for all others); never changed."""

    __tablename__ = "matrix_lines"

    matrix_id: Mapped[UUID] = mapped_column(ForeignKey("matrices.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    branch: Mapped[Branch] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(AreaCode)
    case_class: Mapped[str | None]
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
