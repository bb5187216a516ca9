"""Owns what `grid` says: areas and cases."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from marshmallow import validate

AREAS_PER_EVENT = 500
"""How many areas one `areas_imported.v1` carries at most: about 60 kB."""

AreaLevel = Literal["province", "city", "district", "street", "community"]
# the same in Python, where "$" alone lets a final line break pass, and in JSON Schema
_CODE = {
    "validate": validate.Regexp(r"^[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$(?!\n)")
}
_VERSION = {"strict": True, "validate": validate.Range(min=1)}


@dataclass(frozen=True, kw_only=True)
class AreaState:
    """One area of the national register as it is now; `version` grows with each change."""

    code: str = field(metadata=_CODE)
    name: str
    level: AreaLevel
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class AreasImportedV1:
    """Areas that an import added or changed, up to 500 an event; each carries its whole state."""

    import_id: UUID
    areas: list[AreaState] = field(
        metadata={"validate": validate.Length(min=1, max=AREAS_PER_EVENT)}
    )


@dataclass(frozen=True, kw_only=True)
class CaseStateV1:
    """What every event about a case carries: the whole state that others may know."""

    case_id: UUID
    case_number: str
    kind: Literal["rectification"]
    area_code: str = field(metadata=_CODE)
    title: str
    finding_id: UUID | None
    deadline: datetime
    filed_at: datetime
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class CaseFiledV1(CaseStateV1):
    """A case was opened and has its number, its area and its deadline."""


@dataclass(frozen=True, kw_only=True)
class CaseResolvedV1(CaseStateV1):
    """The handler reports the problem as mended; it still has to be checked on the spot."""

    resolved_at: datetime
    resolved_by: UUID


@dataclass(frozen=True, kw_only=True)
class CaseReturnedV1(CaseStateV1):
    """The check on the spot found the problem not mended; the handler has it again."""

    returned_at: datetime
    returned_by: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class CaseClosedV1(CaseStateV1):
    """The problem was checked on the spot and is gone."""

    resolved_at: datetime
    closed_at: datetime
    closed_by: UUID
    overdue: bool
