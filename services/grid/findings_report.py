"""Owns how the refusal of a responsibility matrix goes out: finding by finding."""

from flask import Response

from services.grid.domain.matrices import REPORTED, MatrixHasErrors
from shared.http import problems


def findings_report(error: MatrixHasErrors) -> Response:
    """Answer with what is wrong, in the caller's language; of many the first hundred."""
    spoken = problems.language()
    return problems.problem(
        error.status,
        problems.kind_of(error),
        problems.title_of(error.status)[spoken == "en"],
        detail=error.text(spoken),
        errors=[
            {
                "field": one.kind,
                "value": one.area_code,
                "detail": one.text(spoken, error.names.get(one.area_code, "")),
            }
            for one in error.errors[:REPORTED]
        ],
        error_count=len(error.errors),
    )
