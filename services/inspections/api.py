"""Owns the HTTP door of `inspections`: which address runs which use case."""

from uuid import UUID

from flask import url_for

from services.inspections import schemas
from services.inspections.usecases import (
    areas,
    checklists,
    findings,
    inspections,
    reinspection_reading,
    reinspections,
)
from services.inspections.usecases.reinspections import ReinspectionMove
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.etags import (
    ETAG,
    IfMatch,
    IfMatchHeader,
    Tagged,
    expected_version,
    fingerprinted,
    tagged,
)
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

AREAS = Routes("areas", __name__, description="本服务所知的区划 / areas as known here")
CHECKLISTS = Routes("checklists", __name__, description="检查表及其版本 / versioned checklists")
INSPECTIONS = Routes("inspections", __name__, description="检查与评分 / inspections, scores")
FINDINGS = Routes("findings", __name__, description="检查发现的问题 / what inspections found")
REINSPECTIONS = Routes("reinspections", __name__, description="复查 / re-inspections")
BLUEPRINTS = [AREAS, CHECKLISTS, INSPECTIONS, FINDINGS, REINSPECTIONS]


@AREAS.get("/areas/<code>")
@AREAS.response(200, shows(schemas.AreaView), headers=ETAG)
def get_area(code: str) -> Tagged[schemas.AreaView]:
    """An area of this service's copy of the register"""
    return tagged(read(areas.get_area, code))


@CHECKLISTS.post("/checklists")
@CHECKLISTS.arguments(accepts(schemas.PublishChecklist))
@CHECKLISTS.response(201, shows(schemas.ChecklistView), description="A new version")
@CHECKLISTS.alt_response(200, schema=shows(schemas.ChecklistView), description="Nothing new")
def publish_checklist(request: schemas.PublishChecklist) -> tuple[schemas.ChecklistView, int]:
    """Publish a checklist, or the next version of one"""
    published = run(checklists.publish_checklist, request)
    return published.checklist, 201 if published.is_new else 200


@CHECKLISTS.get("/checklists")
@CHECKLISTS.arguments(accepts(schemas.PageRequest), location="query")
@CHECKLISTS.response(200, shows(schemas.ChecklistPage))
def list_checklists(request: schemas.PageRequest) -> schemas.ChecklistPage:
    """All checklists in their current versions"""
    return read(checklists.list_checklists, request)


@CHECKLISTS.get("/checklists/<code>")
@CHECKLISTS.arguments(accepts(schemas.WhichVersion), location="query")
@CHECKLISTS.response(200, shows(schemas.ChecklistView), headers=ETAG)
def get_checklist(which: schemas.WhichVersion, code: str) -> Tagged[schemas.ChecklistView]:
    """A checklist in one of its versions"""
    return tagged(read(checklists.get_checklist, code, which.version))


@INSPECTIONS.post("/inspections")
@INSPECTIONS.arguments(accepts(schemas.RecordInspection))
@INSPECTIONS.response(201, shows(schemas.InspectionDetailView))
def record_inspection(
    request: schemas.RecordInspection,
) -> tuple[schemas.InspectionDetailView, int, dict[str, str]]:
    """Record an inspection; every failed item raises a finding"""
    inspection = run(inspections.record_inspection, request, caller())
    location = url_for("inspections.get_inspection", inspection_id=inspection.id)
    return inspection, 201, {"Location": location}


@INSPECTIONS.get("/inspections/<uuid:inspection_id>")
@INSPECTIONS.response(200, shows(schemas.InspectionDetailView), headers=ETAG)
def get_inspection(inspection_id: UUID) -> Tagged[schemas.InspectionDetailView]:
    """An inspection with its results and findings"""
    return fingerprinted(read(inspections.get_inspection, inspection_id, caller()))


@INSPECTIONS.get("/inspections")
@INSPECTIONS.arguments(accepts(schemas.ListInspections), location="query")
@INSPECTIONS.response(200, shows(schemas.InspectionPage))
def list_inspections(request: schemas.ListInspections) -> schemas.InspectionPage:
    """Inspections under an area, the latest first"""
    return read(inspections.list_inspections, request, caller())


@FINDINGS.get("/findings/<uuid:finding_id>")
@FINDINGS.response(200, shows(schemas.FindingHistoryView), headers=ETAG)
def get_finding(finding_id: UUID) -> Tagged[schemas.FindingHistoryView]:
    """A finding with its history"""
    return tagged(read(findings.get_finding, finding_id, caller()))


@FINDINGS.get("/findings")
@FINDINGS.arguments(accepts(schemas.ListFindings), location="query")
@FINDINGS.response(200, shows(schemas.FindingPage))
def list_findings(request: schemas.ListFindings) -> schemas.FindingPage:
    """Findings under an area: the latest first, or those that are due first"""
    return read(findings.list_findings, request, caller())


@REINSPECTIONS.get("/reinspections")
@REINSPECTIONS.arguments(accepts(schemas.ListReinspections), location="query")
@REINSPECTIONS.response(200, shows(schemas.ReinspectionPage))
def list_reinspections(request: schemas.ListReinspections) -> schemas.ReinspectionPage:
    """Re-inspections under an area, newest first"""
    return read(reinspection_reading.list_reinspections, request, caller())


@REINSPECTIONS.get("/reinspections/<uuid:reinspection_id>")
@REINSPECTIONS.response(200, shows(schemas.ReinspectionView), headers=ETAG)
def get_reinspection(reinspection_id: UUID) -> Tagged[schemas.ReinspectionView]:
    """A re-inspection, and who may not decide it"""
    return tagged(read(reinspection_reading.get_reinspection, reinspection_id, caller()))


@REINSPECTIONS.post("/reinspections/<uuid:reinspection_id>/pass")
@REINSPECTIONS.arguments(accepts(schemas.PassReinspection))
@REINSPECTIONS.arguments(IfMatch, location="headers")
@REINSPECTIONS.response(200, shows(schemas.ReinspectionView), headers=ETAG)
def pass_reinspection(
    request: schemas.PassReinspection, seen: IfMatchHeader, reinspection_id: UUID
) -> Tagged[schemas.ReinspectionView]:
    """Find it mended, as an inspector who had no part in it; the finding is closed"""
    move = ReinspectionMove(reinspection_id, caller(), expected_version(seen))
    return tagged(run(reinspections.pass_reinspection, move, request))


@REINSPECTIONS.post("/reinspections/<uuid:reinspection_id>/fail")
@REINSPECTIONS.arguments(accepts(schemas.FailReinspection))
@REINSPECTIONS.arguments(IfMatch, location="headers")
@REINSPECTIONS.response(200, shows(schemas.ReinspectionView), headers=ETAG)
def fail_reinspection(
    request: schemas.FailReinspection, seen: IfMatchHeader, reinspection_id: UUID
) -> Tagged[schemas.ReinspectionView]:
    """Find it not mended; it is in rectification again, with a new deadline"""
    move = ReinspectionMove(reinspection_id, caller(), expected_version(seen))
    return tagged(run(reinspections.fail_reinspection, move, request))
