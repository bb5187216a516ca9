"""Owns the address of the audit."""

from shared.audit.schemas import AuditPage, ListAudit
from shared.audit.trail import list_audit as audit_page
from shared.http.app import read
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

AUDIT = Routes("audit", __name__, description="审计日志 / the audit")


@AUDIT.get("/audit")
@AUDIT.arguments(accepts(ListAudit), location="query")
@AUDIT.response(200, shows(AuditPage))
def list_audit(wanted: ListAudit) -> AuditPage:
    """Who looked at, exported or erased what is held on whom, the newest first"""
    return read(audit_page, wanted)
