"""Owns inspections: recording one with its score and findings, and showing them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from services.inspections.domain.deadlines import check_inspected_at
from services.inspections.domain.findings import Failure, failures
from services.inspections.domain.scoring import ItemResult, Score, check_results, score
from services.inspections.domain.secrecy import may_see_inspector, told_inspector
from services.inspections.models import (
    Area,
    ChecklistVersion,
    Finding,
    FindingStep,
    Inspection,
    InspectionResult,
)
from services.inspections.schemas import (
    FindingView,
    InspectionDetailView,
    InspectionPage,
    InspectionView,
    ItemResultView,
    ListInspections,
    RecordInspection,
)
from services.inspections.usecases.checklists import content_of, version_of
from services.inspections.usecases.findings import said_of
from services.inspections.usecases.views import View, view_of
from shared.auth.callers import Caller, within
from shared.contracts.inspections import FindingRaisedV1, InspectionRecordedV1
from shared.errors import NotFound, Rejected
from shared.http.listing import Listing, newest
from shared.ids import new_id
from shared.messaging import outbox
from shared.register.ending import require_there

_INSPECTIONS = Listing(
    "inspections",
    {
        "-recorded_at": (newest(Inspection.id),),
        "-inspected_at": (newest(Inspection.inspected_at), newest(Inspection.id)),
    },
)
"""Ids are in the order in which inspections were recorded."""


class InspectionNotFound(NotFound):
    """No inspection has that id."""

    zh = "未找到该检查"
    en = "There is no such inspection"


class CommunityUnknown(Rejected):
    """The inspected community is not in this service's copy of the register."""

    zh = "区划登记中没有社区 {code}"
    en = "There is no community {code} in the register"


class ChecklistUnknown(Rejected):
    """The inspection names a checklist that was never published."""

    zh = "没有检查表“{code}”"
    en = "There is no checklist {code}"


def record_inspection(
    session: Session, request: RecordInspection, who: Caller, now: datetime
) -> InspectionDetailView:
    """Store the caller's inspection with its score, raise a finding per failed item, say both.

    Raises:
        AreaNotGranted, CommunityUnknown, ChecklistUnknown, InspectedInFuture,
        InspectedTooLongAgo, ItemUnknown, ItemAnsweredTwice, ItemsMissing, NoteMissing,
        TextNamesSomebody
    """
    who.require_area("area_code", request.area_code)
    check_inspected_at(request.inspected_at, now)
    _check_area(session, request.area_code, request.inspected_at)
    version = _current_version(session, request.checklist_code)
    items = content_of(version).items
    results = [ItemResult(r.item_code, r.passed, r.note.strip()) for r in request.results]
    check_results(items, results)
    inspection = _new_inspection(request, version, score(items, results), now)
    inspection.inspector_id = who.id
    inspection.results = _result_rows(version, results)
    inspection.findings = [
        _new_finding(inspection, version, failure, now)
        for failure in failures(items, results, request.inspected_at)
    ]
    session.add(inspection)
    session.flush()
    outbox.add_all(session, [_recorded(inspection), *map(_raised, inspection.findings)])
    return _detail_view(inspection, who)


def get_inspection(session: Session, inspection_id: UUID, who: Caller) -> InspectionDetailView:
    """Return an inspection with its results and findings.

    Raises:
        InspectionNotFound
    """
    whole = (
        joinedload(Inspection.checklist_version).joinedload(ChecklistVersion.checklist),
        selectinload(Inspection.results).joinedload(InspectionResult.item),
        selectinload(Inspection.findings),
    )
    inspection = session.get(Inspection, inspection_id, options=whole)
    if inspection is None or not who.may_act_in(inspection.area_code):
        raise InspectionNotFound
    return _detail_view(inspection, who)


def list_inspections(session: Session, request: ListInspections, who: Caller) -> InspectionPage:
    """Return a page of the inspections under an area that the caller may see.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    rows = (
        select(Inspection)
        .where(
            within(Inspection.area_code, [request.area]), within(Inspection.area_code, who.areas)
        )
        .options(joinedload(Inspection.checklist_version).joinedload(ChecklistVersion.checklist))
    )
    page = _INSPECTIONS.page(session, rows, request)
    return InspectionPage(
        items=[_view(InspectionView, row, who) for row in page.items], next=page.next
    )


def _check_area(session: Session, code: str, at: datetime) -> None:
    area = session.get(Area, code)
    if area is None:
        raise CommunityUnknown("area_code", code=code)
    require_there(code, area.until, at)


def _current_version(session: Session, code: str) -> ChecklistVersion:
    version = version_of(session, code)
    if version is None:
        raise ChecklistUnknown("checklist_code", code=code)
    return version


def _new_inspection(
    request: RecordInspection, version: ChecklistVersion, points: Score, now: datetime
) -> Inspection:
    return Inspection(
        id=new_id(),
        area_code=request.area_code,
        checklist_version=version,
        mode=request.mode,
        inspected_at=request.inspected_at.astimezone(UTC),
        recorded_at=now,
        points=points.points,
        points_possible=points.points_possible,
        failed_items=points.failed_items,
    )


def _result_rows(version: ChecklistVersion, results: list[ItemResult]) -> list[InspectionResult]:
    items = {item.code: item for item in version.items}
    return [
        InspectionResult(id=new_id(), item=items[r.item_code], passed=r.passed, note=r.note)
        for r in results
    ]


def _new_finding(
    inspection: Inspection, version: ChecklistVersion, failure: Failure, now: datetime
) -> Finding:
    return Finding(
        id=new_id(),
        area_code=inspection.area_code,
        checklist_code=version.checklist.code,
        item_code=failure.item.code,
        title=failure.item.title,
        severity=failure.item.severity,
        note=failure.note,
        deadline=failure.deadline,
        raised_at=now,
        state="raised",
        steps=[FindingStep(id=new_id(), state="raised", finding_version=1, taken_at=now)],
    )


def _recorded(inspection: Inspection) -> InspectionRecordedV1:
    version = inspection.checklist_version
    return InspectionRecordedV1(
        inspection_id=inspection.id,
        area_code=inspection.area_code,
        checklist_code=version.checklist.code,
        checklist_version=version.version,
        mode=inspection.mode,
        points=inspection.points,
        points_possible=inspection.points_possible,
        failed_items=inspection.failed_items,
        inspected_at=inspection.inspected_at,
        version=inspection.version,
    )


def _raised(finding: Finding) -> FindingRaisedV1:
    told = told_inspector(finding.inspection.mode, finding.inspection.inspector_id)
    return FindingRaisedV1(**said_of(finding), note=finding.note, inspector_id=told)


def _view(view: type[View], inspection: Inspection, who: Caller, **more: object) -> View:
    version, inspector = inspection.checklist_version, inspection.inspector_id
    if not may_see_inspector(inspection.mode, inspector, who.id, inspection.area_code, who.grants):
        more["inspector_id"] = None
    names = {"checklist_code": version.checklist.code, "checklist_version": version.version}
    return view_of(view, inspection, **names, **more)


def _detail_view(inspection: Inspection, who: Caller) -> InspectionDetailView:
    results = [
        ItemResultView(item_code=row.item.code, passed=row.passed, note=row.note)
        for row in sorted(inspection.results, key=lambda row: row.item.position)
    ]
    findings = [view_of(FindingView, row) for row in inspection.findings]
    return _view(InspectionDetailView, inspection, who, results=results, findings=findings)
