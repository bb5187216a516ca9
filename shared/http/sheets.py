"""Owns how spreadsheets come in and go out over HTTP."""

from collections.abc import Iterator
from typing import IO, Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from shared.sheets.reading import CSV, XLSX, Sheet, read_sheet
from shared.sheets.writing import Format

_BLOCK_BYTES = 64 * 1024
_BINARY = {"type": "string", "format": "binary"}
_TYPES: dict[Format, str] = {"csv": CSV, "xlsx": XLSX}

REQUEST_BODY: dict[str, Any] = {
    "description": (
        "CSV（UTF-8 或 GB18030）或 .xlsx，首行为表头，中英文均可，列序不限，至多 20,000 行"
        " / CSV in UTF-8 or GB18030, or .xlsx; the first row is the header, in Chinese or English,"
        " in any order; 20,000 rows at most"
    ),
    "required": True,
    "content": {CSV: {"schema": {"type": "string"}}, XLSX: {"schema": _BINARY}},
}
"""The OpenAPI description of the body."""
DOWNLOAD: dict[str, Any] = {
    "200": {
        "description": "OK",
        "content": {CSV: {"schema": {"type": "string"}}, XLSX: {"schema": _BINARY}},
        "headers": {
            "Content-Disposition": {
                "description": "文件名 / a name for the file",
                "schema": {"type": "string"},
            }
        },
    }
}
"""The OpenAPI description of the answer."""


def uploaded_sheet() -> Sheet:
    """Return the body of this request as rows.

    Raises:
        UnsupportedMediaType: when it is neither CSV nor XLSX.
        Rejected: when it can't be read as what it is.
    """
    if request.mimetype not in _TYPES.values():
        raise UnsupportedMediaType
    return read_sheet(request.get_data(cache=False), request.mimetype)


def download(file: IO[bytes], name: str, form: Format) -> Response:
    """Answer with a file, a part at a time; it is closed after the last, or with the answer."""
    answer = Response(_blocks(file), mimetype=_TYPES[form])
    answer.call_on_close(file.close)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block
