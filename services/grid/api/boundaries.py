"""Owns the addresses of boundaries: where areas lie, and which cell a point is in."""

from flask import Response

from services.grid.boundary_uploads import (
    GEOJSON,
    REQUEST_BODY,
    as_geojson,
    import_report,
    problem_report,
    streamed,
    uploaded_boundaries,
)
from services.grid.domain.boundary_problems import BoundariesRefused
from services.grid.schemas import boundaries as schemas
from services.grid.usecases import boundary_imports, boundary_reading
from shared.http.app import run
from shared.http.auth import caller
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows

BOUNDARIES = Routes(
    "boundaries", __name__, description="边界 / boundaries of communities and cells"
)
BOUNDARIES.register_error_handler(BoundariesRefused, problem_report)


@BOUNDARIES.post("/boundaries/imports")
@BOUNDARIES.doc(requestBody=REQUEST_BODY)
@BOUNDARIES.arguments(accepts(schemas.ImportBoundaries), location="query")
@BOUNDARIES.response(201, shows(schemas.BoundaryReport))
def import_boundaries(asked: schemas.ImportBoundaries) -> schemas.BoundaryReport:
    """Load boundaries that hold from a day on: all of a file, or none and where it is wrong"""
    with uploaded_boundaries() as file:
        return import_report(run(boundary_imports.import_boundaries, file, asked, caller()))


@BOUNDARIES.get("/boundaries")
@BOUNDARIES.arguments(accepts(schemas.ListBoundaries), location="query")
@BOUNDARIES.response(200, {"type": "object"}, content_type=GEOJSON)
def list_boundaries(wanted: schemas.ListBoundaries) -> Response:
    """Boundaries of a day as GeoJSON, by code; what comes out goes in again and changes nothing"""
    return streamed(run(boundary_reading.list_boundaries, wanted, caller()))


@BOUNDARIES.get("/areas/<code>/boundary")
@BOUNDARIES.arguments(accepts(schemas.GetBoundary), location="query")
@BOUNDARIES.response(200, {"type": "object"}, content_type=GEOJSON)
def get_boundary(wanted: schemas.GetBoundary, code: str) -> Response:
    """The boundary of an area on a day as GeoJSON"""
    return as_geojson(run(boundary_reading.get_boundary, code, wanted, caller()))


@BOUNDARIES.get("/cells/at")
@BOUNDARIES.arguments(accepts(schemas.CellAt), location="query")
@BOUNDARIES.response(200, shows(schemas.CellView))
def cell_at(point: schemas.CellAt) -> schemas.CellView:
    """The cell that covers a point on a day, and what it lies in; on a border the lower code"""
    return run(boundary_reading.cell_at, point)
