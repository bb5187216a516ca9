"""Owns what `inspections` says: inspections and findings."""

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


@dataclass(frozen=True, kw_only=True)
class FindingClosedV1(FindingStateV1):
    """The rectification case of the finding was closed."""

    case_id: UUID
    closed_at: datetime
    overdue: bool
