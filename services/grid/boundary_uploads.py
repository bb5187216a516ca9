"""Owns how boundaries come in and go out over HTTP, and how a report of their problems does."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask import Response, request, stream_with_context
from werkzeug.exceptions import UnsupportedMediaType

from services.grid.boundary_file import BoundaryFile
from services.grid.domain.boundary_problems import BoundariesRefused, Problem
from services.grid.register_file import MAX_PACKED_BYTES
from services.grid.schemas.boundaries import BoundaryReport, BoundaryWarning
from services.grid.usecases.boundary_imports import BoundariesImported
from services.grid.usecases.boundary_reading import Piece, geojson_of, list_more
from shared.http import problems
from shared.http.app import transactions

GEOJSON = "application/geo+json"
GZIP = "application/gzip"

REQUEST_BODY: dict[str, Any] = {
    "description": (
        "FeatureCollection (RFC 7946); properties: `code` (12 or 15 digits), `name` of new cells;"
        " a new cell without `code` says its `community`"
    ),
    "required": True,
    "content": {
        GEOJSON: {"schema": {"type": "string"}},
        GZIP: {"schema": {"type": "string", "format": "binary"}},
    },
}
"""The OpenAPI description of the body."""


@contextmanager
def uploaded_boundaries() -> Iterator[BoundaryFile]:
    """Give the body of this request as a file of boundaries; read it to its end in any case.

    Raises:
        UnsupportedMediaType: when it is neither GeoJSON nor gzip.
        RequestEntityTooLarge: past 64 MB.
    """
    request.max_content_length = MAX_PACKED_BYTES
    if request.mimetype not in (GEOJSON, GZIP):
        raise UnsupportedMediaType
    file = BoundaryFile(request.stream, packed=request.mimetype == GZIP)
    try:
        yield file
    finally:
        file.drain()


def import_report(done: BoundariesImported) -> BoundaryReport:
    """Return what an import did, its warnings in the caller's language."""
    spoken = problems.language()
    return BoundaryReport(
        import_id=done.import_id,
        features=done.features,
        added=done.added,
        changed=done.changed,
        unchanged=done.unchanged,
        warning_count=done.warnings.count,
        warnings=[_warning(problem, spoken) for problem in done.warnings.problems],
    )


def problem_report(error: BoundariesRefused) -> Response:
    """Answer with what is wrong, feature by feature, in the caller's language."""
    spoken = problems.language()
    return problems.problem(
        error.status,
        "boundaries-refused",
        "边界文件有误" if spoken == "zh" else "The file of boundaries has mistakes",
        detail=error.text(spoken),
        errors=[_shown(problem, spoken) for problem in error.report.problems],
        error_count=error.report.count,
    )


def as_geojson(text: str) -> Response:
    """Answer with a GeoJSON text."""
    return Response(text, mimetype=GEOJSON)


def streamed(first: Piece) -> Response:
    """Answer with a feature collection that is read while it is sent."""
    more = partial(transactions().read, list_more)
    return Response(stream_with_context(geojson_of(first, more)), mimetype=GEOJSON)


def _warning(problem: Problem, spoken: str) -> BoundaryWarning:
    lon, lat = problem.at or (None, None)
    return BoundaryWarning(
        problem.kind, problem.feature, problem.code, lon, lat, problem.area_m2, problem.text(spoken)
    )


def _shown(problem: Problem, spoken: str) -> dict[str, Any]:
    lon, lat = problem.at or (None, None)
    shown = {
        "kind": problem.kind,
        "feature": problem.feature,
        "code": problem.code,
        "ring": problem.ring,
        "lon": lon,
        "lat": lat,
        "area_m2": problem.area_m2,
    }
    told = {key: value for key, value in shown.items() if value is not None}
    return told | {"detail": problem.text(spoken)}
