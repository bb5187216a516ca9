"""Owns how a file of accounts comes in over HTTP, and how its row report goes out."""

from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from services.gateway.domain.account_rows import AccountsRefused, RowProblem
from shared.http import problems

CSV = "text/csv"
REQUEST_BODY: dict[str, Any] = {
    "description": (
        "UTF-8; the first row is `username,display_name,role,areas,valid_from,valid_until`;"
        " areas are separated by `;`, several rows of a username are several grants"
    ),
    "required": True,
    "content": {CSV: {"schema": {"type": "string"}}},
}
"""The OpenAPI description of the body."""


def uploaded_accounts() -> bytes:
    """Return the body of this request, up to the 10 MB that any body may have.

    Raises:
        UnsupportedMediaType: when it doesn't say it is CSV.
    """
    if request.mimetype != CSV:
        raise UnsupportedMediaType
    return request.get_data(cache=True)


def row_report(error: AccountsRefused) -> Response:
    """Answer with what is wrong, row by row, in the caller's language."""
    spoken = problems.language()
    return problems.problem(
        error.status,
        "accounts-refused",
        "账号文件有误" if spoken == "zh" else "The file of accounts has mistakes",
        detail=error.text(spoken),
        errors=[_shown(one, spoken) for one in error.problems],
        error_count=error.count,
    )


def _shown(one: RowProblem, spoken: str) -> dict[str, Any]:
    shown = {"row": one.row, "field": one.refusal.field, "value": one.value}
    return {key: value for key, value in shown.items() if value} | {
        "detail": one.refusal.text(spoken)
    }
