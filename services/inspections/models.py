"""Owns the tables of `inspections` as SQLAlchemy sees them; migrations/ makes them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKey, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.inspections.domain.findings import FindingState
from services.inspections.domain.reinspections import ReinspectionState
from shared.contracts.inspections import InspectionMode


class Base(DeclarativeBase):
    """The registry of this service's tables. `created_at` is the database's, and not mapped."""

    type_annotation_map = {
        datetime: DateTime(timezone=True),
        str: Text,
        FindingState: Text,
        InspectionMode: Text,
        ReinspectionState: Text,
        list[UUID]: ARRAY(Uuid),
    }


class Area(Base):
    """This service's copy of one area of the register."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    version: Mapped[int]
    until: Mapped[date | None]
    """From this day on there is no such area."""


class ChecklistRow(Base):
    """A checklist by its code; its row is locked while a version is added."""

    __tablename__ = "checklists"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    current_version: Mapped[int]


class ChecklistVersion(Base):
    """What a checklist said from one publication to the next; never changed."""

    __tablename__ = "checklist_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    checklist_id: Mapped[UUID] = mapped_column(ForeignKey("checklists.id"))
    version: Mapped[int]
    title: Mapped[str]
    published_at: Mapped[datetime]
    checklist: Mapped[ChecklistRow] = relationship()
    items: Mapped[list["ChecklistItemRow"]] = relationship(order_by="ChecklistItemRow.position")


class ChecklistItemRow(Base):
    """One item of one version; never changed."""

    __tablename__ = "checklist_items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    checklist_version_id: Mapped[UUID] = mapped_column(ForeignKey("checklist_versions.id"))
    position: Mapped[int]
    code: Mapped[str]
    title: Mapped[str]
    severity: Mapped[int]
    points: Mapped[int]
    rectify_within_days: Mapped[int]


class Inspection(Base):
    """A community looked at against one version of a checklist."""

    __tablename__ = "inspections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    checklist_version_id: Mapped[UUID] = mapped_column(ForeignKey("checklist_versions.id"))
    inspector_id: Mapped[UUID]
    mode: Mapped[InspectionMode]
    inspected_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    points: Mapped[int]
    points_possible: Mapped[int]
    failed_items: Mapped[int]
    version: Mapped[int] = mapped_column()
    checklist_version: Mapped[ChecklistVersion] = relationship()
    results: Mapped[list["InspectionResult"]] = relationship()
    findings: Mapped[list["Finding"]] = relationship(
        order_by="Finding.id", back_populates="inspection"
    )

    __mapper_args__ = {"version_id_col": version}


class InspectionResult(Base):
    """What was seen of one item; never changed."""

    __tablename__ = "inspection_results"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("checklist_items.id"))
    passed: Mapped[bool]
    note: Mapped[str]
    item: Mapped[ChecklistItemRow] = relationship()


class Finding(Base):
    """A failed item on its way to being mended."""

    __tablename__ = "findings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"))
    area_code: Mapped[str]
    checklist_code: Mapped[str]
    item_code: Mapped[str]
    title: Mapped[str]
    severity: Mapped[int]
    note: Mapped[str]
    deadline: Mapped[datetime]
    raised_at: Mapped[datetime]
    state: Mapped[FindingState]
    case_id: Mapped[UUID | None]
    case_number: Mapped[str | None]
    case_version: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    overdue: Mapped[bool | None]
    version: Mapped[int] = mapped_column()
    inspection: Mapped[Inspection] = relationship(back_populates="findings")
    steps: Mapped[list["FindingStep"]] = relationship(order_by="FindingStep.finding_version")

    __mapper_args__ = {"version_id_col": version}


class FindingStep(Base):
    """The step that made one version of a finding; never changed."""

    __tablename__ = "finding_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("findings.id"))
    state: Mapped[FindingState]
    finding_version: Mapped[int]
    case_version: Mapped[int | None]
    reinspection_id: Mapped[UUID | None] = mapped_column(ForeignKey("reinspections.id"))
    taken_at: Mapped[datetime]
    reinspection: Mapped["Reinspection | None"] = relationship()


class Reinspection(Base):
    """Another inspector's look at what was mended; its outcome is final.

    The persons are those who may not decide it, by what they had to do with the finding.
    """

    __tablename__ = "reinspections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("findings.id"))
    case_id: Mapped[UUID]
    case_version: Mapped[int]
    area_code: Mapped[str]
    title: Mapped[str]
    state: Mapped[ReinspectionState]
    opened_at: Mapped[datetime]
    overdue: Mapped[bool]
    first_inspector_id: Mapped[UUID]
    rectifier_ids: Mapped[list[UUID]]
    checker_ids: Mapped[list[UUID]]
    responsible_ids: Mapped[list[UUID]]
    inspector_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]
    deadline: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    finding: Mapped[Finding] = relationship()

    __mapper_args__ = {"version_id_col": version}
