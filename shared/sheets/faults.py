"""Owns what can be wrong with a cell, in both languages."""

WORDS = {
    "scientific": (
        "Excel 把编码存成了科学计数，位数已丢失；请把该列设为“文本”后重填",
        "Excel saved the code in scientific notation and lost digits; format the column as text",
    ),
    "whole": ("须为整数", "must be a whole number"),
    "day": ("须为日期，如 2026-11-26", "must be a day such as 2026-11-26"),
    "choice": ("只能是：{zh}", "must be one of: {en}"),
    "formula": (
        "单元格是公式，请粘贴为数值",
        "the cell is a formula; paste its value instead",
    ),
    "formula_error": (
        "单元格是 Excel 的错误值",
        "the cell is an error of Excel's",
    ),
    "things": (
        "须写作“{zh}”，多项以分号分隔",
        "must be written as {en}, with semicolons between several",
    ),
    "duplicate": ("与第 {first} 行重复", "is about the same as row {first}"),
    "beside": ("该列没有表头", "this column has no header"),
}


class BadCell(Exception):
    """A cell that can't be read: which of WORDS says why, and what is filled in there."""

    def __init__(self, kind: str, **facts: object) -> None:
        self.kind = kind
        self.facts = facts
        super().__init__(kind)

    def text(self, language: str) -> str:
        """Return the sentence for a person, in `zh` or `en`."""
        chinese, english = WORDS[self.kind]
        return (chinese if language == "zh" else english).format(**self.facts)
