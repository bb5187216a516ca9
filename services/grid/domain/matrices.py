"""Owns when a district may activate its responsibility matrix: never with an error in it."""

from collections.abc import Mapping, Sequence

from services.grid.domain.findings import Finding
from shared.errors import NotFound, Rejected

REPORTED = 100
"""How many findings a refusal lists; it counts them all."""


class MatrixUnknown(NotFound):
    """The district never activated a matrix, or not before that day."""

    zh = "该区县在此日之前未启用责任矩阵"
    en = "The district has no activated responsibility matrix by then"


class NotADistrict(Rejected):
    """A matrix is a district's; other areas have findings only."""

    zh = "责任矩阵按区县启用，{code} 不是区县代码"
    en = "A responsibility matrix is a district's; {code} is none"


class AreaOutside(Rejected):
    """The part to be linted lies elsewhere."""

    zh = "区划 {code} 不在 {within} 之内"
    en = "The area {code} does not lie in {within}"


class EffectiveInThePast(Rejected):
    """Who answered on days gone by is not changed any more."""

    zh = "启用日期 {day} 早于今日"
    en = "The day {day} lies in the past"


class MatrixHasErrors(Rejected):
    """A matrix with errors would leave cases without an owner."""

    zh = "责任矩阵有 {count} 处错误，未启用"
    en = "The responsibility matrix has {count} errors and was not activated"

    def __init__(self, errors: Sequence[Finding], names: Mapping[str, str]) -> None:
        """Take what is wrong, and what the areas concerned are called."""
        self.errors = errors
        self.names = names
        super().__init__(None, count=len(errors))


def errors_of(findings: Sequence[Finding]) -> list[Finding]:
    """Return what keeps a matrix from being activated; the rest are warnings."""
    return [one for one in findings if one.severity == "error"]
