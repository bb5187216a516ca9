"""Owns the tables of `grid`; migrations/ makes them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, SmallInteger, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.grid.domain.cases import State

AreaCode = Text(collation="C")
"""Codes sort by byte, so that a subtree is one range of the index."""


class GridBase(DeclarativeBase):
    """The registry of this service's tables."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text}


class Area(GridBase):
    """One area of the national register: province, city, district, street or community."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(AreaCode, ForeignKey("areas.code"))
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


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


class CaseCounter(GridBase):
    """The last sequence number that a district gave out on one day (Asia/Shanghai)."""

    __tablename__ = "case_counters"

    district_code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last_sequence: Mapped[int]


class Case(GridBase):
    """A problem that somebody has to mend by a deadline, and how far it is."""

    __tablename__ = "cases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    title: Mapped[str]
    description: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    finding_id: Mapped[UUID | None] = mapped_column(unique=True)
    deadline: Mapped[datetime]
    state: Mapped[State] = mapped_column(Text)
    filed_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None]
    resolution: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    times_returned: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}


class CaseStep(GridBase):
    """One step of a case's history; the database refuses to change or delete it."""

    __tablename__ = "case_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    step: Mapped[str]
    person_id: Mapped[UUID | None]
    """None where an event did it and no person."""
    note: Mapped[str]
    at: Mapped[datetime]
