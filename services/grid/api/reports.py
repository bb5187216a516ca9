"""Owns the addresses that residents use, without an account."""

from flask import url_for

from services.grid.schemas import reports as schemas
from services.grid.usecases import reports
from shared.http.app import read, transactions
from shared.http.idempotency import with_anyones_key
from shared.http.origin import asking_address
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

REPORTS = Routes("reports", __name__, description="居民反映 / residents' reports")


@REPORTS.post("/reports")
@with_anyones_key
@REPORTS.arguments(accepts(schemas.ReportProblem))
@REPORTS.response(201, shows(schemas.ReportView))
def report_problem(
    request: schemas.ReportProblem,
) -> tuple[schemas.ReportView, int, dict[str, str]]:
    """Say what is wrong and where, without saying who you are; the number is shown this once"""
    view = reports.report_problem(transactions(), request, asking_address())
    place = url_for("reports.get_report", tracking_number=view.tracking_number)
    return view, 201, {"Location": place}


@REPORTS.get("/reports/<tracking_number>")
@REPORTS.response(200, shows(schemas.ReportView))
def get_report(tracking_number: str) -> schemas.ReportView:
    """How far a report has got, for whoever has its number"""
    return read(reports.get_report, tracking_number)
