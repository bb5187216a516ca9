"""Owns what callers of `inspections` may send and see: shapes only, rules are in domain/."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from marshmallow import validate

from services.inspections.domain.findings import FindingState
from services.inspections.domain.reinspections import ReinspectionState
from shared.contracts.inspections import InspectionMode

_CODE = {"validate": validate.Regexp(r"^[a-z][a-z0-9-]{0,63}\Z")}
_AREA = {"validate": validate.Regexp(r"^[0-9]{0,12}\Z")}
_COMMUNITY = {"validate": validate.Regexp(r"^[0-9]{12}\Z")}
_TITLE = {"validate": [validate.Length(max=200), validate.Regexp(r"\s*\S")]}
_WORDS = {"validate": [validate.Length(max=2000), validate.Regexp(r"\s*\S")]}
_NOTE = {"validate": validate.Length(max=2000)}
_ITEMS = {"validate": validate.Length(min=1, max=200)}
# marshmallow reads "no", 0 and the like as well; a mark on a checklist is one or the other
_BOOLEAN = {"truthy": {True}, "falsy": {False}}


def _whole(low: int, high: int) -> dict[str, Any]:
    return {"strict": True, "validate": validate.Range(low, high)}


@dataclass(frozen=True, kw_only=True)
class ChecklistItemRequest:
    """One item of a checklist to publish. Severity 1 is cosmetic, 5 danger to life."""

    code: str = field(metadata=_CODE)
    title: str = field(metadata=_TITLE)
    severity: int = field(metadata=_whole(1, 5))
    points: int = field(metadata=_whole(1, 100))
    rectify_within_days: int = field(metadata=_whole(1, 365))


@dataclass(frozen=True, kw_only=True)
class PublishChecklist:
    """A checklist, or the next version of one."""

    code: str = field(metadata=_CODE)
    title: str = field(metadata=_TITLE)
    items: list[ChecklistItemRequest] = field(metadata=_ITEMS)


@dataclass(frozen=True, kw_only=True)
class ItemResultRequest:
    """What was seen of one item; a failed one needs a note."""

    item_code: str = field(metadata=_CODE)
    passed: bool = field(metadata=_BOOLEAN)
    note: str = field(default="", metadata=_NOTE)


@dataclass(frozen=True, kw_only=True)
class RecordInspection:
    """A community that was inspected against the current version of a checklist."""

    area_code: str = field(metadata=_COMMUNITY)
    checklist_code: str = field(metadata=_CODE)
    mode: InspectionMode
    inspected_at: datetime
    results: list[ItemResultRequest] = field(metadata=_ITEMS)


@dataclass(frozen=True, kw_only=True)
class WhichVersion:
    """Which version of a checklist to show; the current one when none is given."""

    version: int | None = field(default=None, metadata={"validate": validate.Range(1, 2**31 - 1)})


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Which part of a list to show: up to `limit` rows after the mark of the page before."""

    limit: int = field(default=50, metadata={"validate": validate.Range(1, 200)})
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class ListInspections(PageRequest):
    """Inspections in all areas whose code begins with `area`: the latest recorded or made first."""

    area: str = field(default="", metadata=_AREA)
    sort: Literal["-recorded_at", "-inspected_at"] | None = None


@dataclass(frozen=True, kw_only=True)
class ListFindings(PageRequest):
    """Findings in all areas whose code begins with `area`, of one state or all.

    The latest raised come first, or those that are due first.
    """

    area: str = field(default="", metadata=_AREA)
    state: FindingState | None = None
    sort: Literal["-raised_at", "deadline"] | None = None


@dataclass(frozen=True, kw_only=True)
class ListReinspections(PageRequest):
    """Re-inspections, newest first, in all areas whose code begins with `area`, by state or all."""

    area: str = field(default="", metadata=_AREA)
    state: ReinspectionState | None = None


@dataclass(frozen=True, kw_only=True)
class PassReinspection:
    """What the re-inspector saw of what was mended."""

    note: str = field(metadata=_WORDS)


@dataclass(frozen=True, kw_only=True)
class FailReinspection:
    """What the re-inspector found not mended."""

    reason: str = field(metadata=_WORDS)


@dataclass(frozen=True, kw_only=True)
class AreaView:
    """An area as this service knows it."""

    code: str
    name: str
    level: str
    version: int


@dataclass(frozen=True, kw_only=True)
class ChecklistItemView:
    """One item of a checklist."""

    code: str
    title: str
    severity: int
    points: int
    rectify_within_days: int


@dataclass(frozen=True, kw_only=True)
class ChecklistView:
    """One version of a checklist."""

    code: str
    version: int
    title: str
    points_possible: int
    published_at: datetime
    items: list[ChecklistItemView]


@dataclass(frozen=True, kw_only=True)
class PublishedChecklist:
    """The current version of a checklist, and whether it was made just now."""

    checklist: ChecklistView
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class ChecklistPage:
    """Some checklists in their current versions, by code."""

    items: list[ChecklistView]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class FindingView:
    """A failed item; overdue from `deadline` on. The case is that of its rectification."""

    id: UUID
    inspection_id: UUID
    area_code: str
    checklist_code: str
    item_code: str
    title: str
    severity: int
    note: str
    state: FindingState
    deadline: datetime
    raised_at: datetime
    case_id: UUID | None
    case_number: str | None
    closed_at: datetime | None
    overdue: bool | None
    version: int


@dataclass(frozen=True, kw_only=True)
class FindingStepView:
    """The step that made one version of a finding; a re-inspection opened or decided names it."""

    finding_version: int
    state: FindingState
    case_version: int | None
    reinspection_id: UUID | None
    taken_at: datetime


@dataclass(frozen=True, kw_only=True)
class FindingHistoryView(FindingView):
    """A finding with all that happened to it, oldest first."""

    steps: list[FindingStepView]


@dataclass(frozen=True, kw_only=True)
class FindingPage:
    """Some findings in the order that was asked for."""

    items: list[FindingView]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class InspectionView:
    """An inspection and its score; who made a covert one is shown to its organisers alone."""

    id: UUID
    area_code: str
    checklist_code: str
    checklist_version: int
    inspector_id: UUID | None
    mode: InspectionMode
    inspected_at: datetime
    recorded_at: datetime
    points: int
    points_possible: int
    failed_items: int


@dataclass(frozen=True, kw_only=True)
class ReinspectionView:
    """A look of another inspector at what was mended.

    `excluded_ids` may not decide it: they found, mended, checked or answer for it. `deadline` is
    the new one of the rectification, set where it failed; `overdue` is how its case was closed.
    """

    id: UUID
    finding_id: UUID
    case_id: UUID
    area_code: str
    title: str
    state: ReinspectionState
    opened_at: datetime
    overdue: bool
    excluded_ids: list[UUID]
    inspector_id: UUID | None
    decided_at: datetime | None
    note: str | None
    deadline: datetime | None
    version: int


@dataclass(frozen=True, kw_only=True)
class ReinspectionPage:
    """Some re-inspections, newest first."""

    items: list[ReinspectionView]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class ItemResultView:
    """What was seen of one item."""

    item_code: str
    passed: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class InspectionDetailView(InspectionView):
    """An inspection with what was seen of every item, and the findings it raised."""

    results: list[ItemResultView]
    findings: list[FindingView]


@dataclass(frozen=True, kw_only=True)
class InspectionPage:
    """Some inspections in the order that was asked for."""

    items: list[InspectionView]
    next: str | None
