"""Owns the addresses of spreadsheets: one pair for all subjects."""

from flask import Response

from services.grid.schemas import sheets as schemas
from services.grid.sheets import EXPORTED, IMPORTED
from services.grid.usecases import sheets
from services.grid.usecases.sheets import SheetExport, SheetImport
from shared.http.app import run
from shared.http.auth import caller_for
from shared.http.openapi_problems import refuses
from shared.http.problems import language
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.http.sheets import DOWNLOAD, REQUEST_BODY, download, uploaded_sheet
from shared.sheets.columns import WrongColumns
from shared.sheets.limits import OldWorkbook, SheetTooLarge, SheetUnreadable, TextUnreadable
from shared.sheets.reading import SheetEmpty
from shared.sheets.writing import ExportTooLarge

SHEETS = Routes("sheets", __name__, description="表格导入导出 / spreadsheets in and out")
_UNREADABLE = (SheetEmpty, SheetTooLarge, SheetUnreadable, OldWorkbook, TextUnreadable)


def _import(subject: str, options: schemas.ImportOptions) -> SheetImport:
    found, taken_in = IMPORTED[subject]
    who = caller_for(taken_in.action)
    return SheetImport(found, taken_in, who, options.dry_run == "true", language())


def _export(subject: str, options: schemas.ExportOptions) -> SheetExport:
    found = EXPORTED[subject]
    who = caller_for(found.action)
    return SheetExport(found, who, options.area, options.on, language(), options.format)


@SHEETS.post(f"/imports/<any({','.join(IMPORTED)}):subject>")
@SHEETS.arguments(accepts(schemas.ImportOptions), location="query")
@SHEETS.doc(requestBody=REQUEST_BODY)
@SHEETS.response(200, shows(schemas.SheetReport))
@refuses(WrongColumns, *_UNREADABLE)
def import_sheet(options: schemas.ImportOptions, subject: str) -> schemas.SheetReport:
    """Put the good rows of a file in, and report the others; the same file again changes nothing"""
    return run(sheets.import_sheet, _import(subject, options), uploaded_sheet())


@SHEETS.get(f"/exports/<any({','.join(EXPORTED)}):subject>")
@SHEETS.arguments(accepts(schemas.ExportOptions), location="query")
@SHEETS.doc(responses=DOWNLOAD)
@refuses(ExportTooLarge)
def export_sheet(options: schemas.ExportOptions, subject: str) -> Response:
    """A file of the things of an area on a day; it imports back to the same"""
    file = run(sheets.export_sheet, _export(subject, options))
    return download(file, f"{subject}-{options.area}", options.format)
