"""Owns the tables of cases and of the reports that they come from."""

from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped, MappedColumn, composite, mapped_column

from services.grid.domain.cases import State, Step
from services.grid.domain.responsibility import Branch, Owner
from services.grid.models.registry import AreaCode, GridBase


def _owner(branch: Branch) -> Any:
    """Return the five columns of one owner as one value, None where there is none."""
    columns: list[MappedColumn[Any]] = [
        mapped_column(f"{branch}_{part.name}", Uuid if part.type is UUID else Text)
        for part in fields(Owner)
    ]
    return composite(Owner, *columns, return_none_on=lambda *parts: parts[0] is None)


class CaseCounter(GridBase):
    """The last sequence number that a district gave out on one day (Asia/Shanghai)."""

    __tablename__ = "case_counters"

    district_code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last_sequence: Mapped[int]


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
