"""Owns the tables of `grid`; migrations/ makes them."""

from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, composite, mapped_column

from services.grid.domain.cases import State, Step
from services.grid.domain.responsibility import Branch, Owner

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


def _owner(branch: Branch) -> Any:
    """Return the five columns of one owner as one value, None where there is none."""
    columns: list[MappedColumn[Any]] = [
        mapped_column(f"{branch}_{part.name}", Uuid if part.type is UUID else Text)
        for part in fields(Owner)
    ]
    return composite(Owner, *columns, return_none_on=lambda *parts: parts[0] is None)


class Case(GridBase):
    """A problem: reported or found, and if it is taken up, how far those who own it have got."""

    __tablename__ = "cases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_number: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[str]
    case_class: Mapped[str]
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    place: Mapped[str | None]
    title: Mapped[str]
    description: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    finding_id: Mapped[UUID | None] = mapped_column(unique=True)
    state: Mapped[State] = mapped_column(Text)
    reported_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refused_by: Mapped[UUID | None]
    refusal: Mapped[str | None]
    filed_at: Mapped[datetime | None]
    deadline: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    territorial: Mapped[Owner | None] = _owner("territorial")
    functional: Mapped[Owner | None] = _owner("functional")
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None]
    resolution: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    reply: Mapped[str | None]
    """What the one who closed it says to whoever reported it."""
    times_returned: Mapped[int] = mapped_column(default=0)
    times_reopened: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}


class CasePerson(GridBase):
    """A person who answers for a case, at one of the posts that own it."""

    __tablename__ = "case_persons"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)


class CaseStep(GridBase):
    """One step of a case's history; the database refuses to change or delete it."""

    __tablename__ = "case_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    step: Mapped[Step] = mapped_column(Text)
    person_id: Mapped[UUID | None]
    """None where no person did it, or nobody knows who: a report is anonymous."""
    note: Mapped[str]
    at: Mapped[datetime]
    cause_id: Mapped[UUID | None]
    """What another service decided and this step followed; one step follows it."""


class Report(GridBase):
    """What a resident follows a case by; the tracking number stands here as a keyed hash."""

    __tablename__ = "reports"

    tracking_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    reported_at: Mapped[datetime]
