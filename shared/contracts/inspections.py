"""Owns what `inspections` says: inspections, findings and re-inspections."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from marshmallow import validate

InspectionMode = Literal["open", "covert", "spot"]
_VERSION = {"strict": True, "validate": validate.Range(min=1)}
# the same in Python, where "$" alone lets a final line break pass, and in JSON Schema
_COMMUNITY = {"validate": validate.Regexp(r"^[0-9]{12}$(?!\n)")}
_SEVERITY = {"strict": True, "validate": validate.Range(min=1, max=5)}


@dataclass(frozen=True, kw_only=True)
class InspectionRecordedV1:
    """A community was inspected against a version of a checklist. Points are whole numbers."""

    inspection_id: UUID
    area_code: str = field(metadata=_COMMUNITY)
    checklist_code: str
    checklist_version: int = field(metadata=_VERSION)
    mode: InspectionMode
    points: int
    points_possible: int
    failed_items: int
    inspected_at: datetime
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class FindingStateV1:
    """What every event about a finding carries."""

    finding_id: UUID
    inspection_id: UUID
    area_code: str = field(metadata=_COMMUNITY)
    checklist_code: str
    item_code: str
    title: str
    severity: int = field(metadata=_SEVERITY)
    """1 (cosmetic) to 5 (danger to life)."""
    deadline: datetime
    raised_at: datetime
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class FindingRaisedV1(FindingStateV1):
    """An item failed; it is to be rectified by the deadline (plan row I05)."""

    note: str
    inspector_id: UUID | None = None
    """None where the inspection was covert: who came is not said to those who are inspected."""


@dataclass(frozen=True, kw_only=True)
class FindingClosedV1(FindingStateV1):
    """The finding is mended: its case was closed, and the re-inspection passed."""

    case_id: UUID
    closed_at: datetime
    overdue: bool
    """Whether the rectification was closed after its deadline."""
    reinspected_by: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ReinspectionStateV1:
    """What every event about a re-inspection carries."""

    reinspection_id: UUID
    finding_id: UUID
    case_id: UUID
    area_code: str = field(metadata=_COMMUNITY)
    title: str
    opened_at: datetime
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class ReinspectionOpenedV1(ReinspectionStateV1):
    """A rectification was closed; an inspector who had no part in it is to look again."""

    excluded_ids: list[UUID]
    """Who may not: the first inspector (unsaid where it was covert), those who mended it, who
    checked it, and who answers for it (the owners of the case)."""


@dataclass(frozen=True, kw_only=True)
class ReinspectionPassedV1(ReinspectionStateV1):
    """Another inspector found it mended."""

    inspector_id: UUID
    decided_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReinspectionFailedV1(ReinspectionStateV1):
    """Another inspector found it not mended: the case is to be worked on again."""

    inspector_id: UUID
    decided_at: datetime
    reason: str
    deadline: datetime
    """The new deadline of the rectification."""
