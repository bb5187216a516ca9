"""Owns how large a spreadsheet may be, and the refusals of what can't be read as one."""

from shared.errors import Rejected

MAX_ROWS = 20_000
"""A file is one transaction: it holds its locks until its last row is in."""
MAX_COLUMNS = 200
MAX_EXPORTED_ROWS = 200_000
"""More are in no file that a person works with; the register of a large province has 60,000."""
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_PART_BYTES = 16 * 1024 * 1024
"""Of a part of a workbook that isn't a sheet: openpyxl keeps those in memory."""


class SheetTooLarge(Rejected):
    """The file has more rows, columns or bytes than one request may cost; a zip bomb has."""

    status = 413
    zh = "文件过大：最多 {rows} 行、{columns} 列，请分成几个文件"
    en = "The file is too large: {rows} rows and {columns} columns at most; send it in parts"


class SheetUnreadable(Rejected):
    """The file says that it is a workbook, and isn't one, or is broken."""

    zh = "文件不是 Excel 工作簿（.xlsx）或已损坏"
    en = "The file is no Excel workbook (.xlsx), or it is broken"


class OldWorkbook(Rejected):
    """The file is an Excel workbook of before 2007, or one with a password."""

    zh = "不支持旧版 .xls 或加密的工作簿，请不设密码另存为 .xlsx"
    en = "Workbooks of the old kind (.xls) or with a password can't be read; save as .xlsx"


class TextUnreadable(Rejected):
    """The file says that it is CSV, and is no text, or one with quotes that don't end."""

    zh = "文件不是 UTF-8 或 GB18030 编码的 CSV，或引号不成对（第 {row} 行）"
    en = "The file is no CSV in UTF-8 or GB18030, or its quotes don't match (row {row})"
