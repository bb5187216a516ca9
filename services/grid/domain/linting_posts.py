"""Owns what the linter says of posts whatever they answer for: who leads, coordinates, lives on.

Nothing of it keeps a case from its owners, so all of it is a warning. Plan rows G11, X01 and X02
(a leading group and its office), G14 and X03 (each unit names one person), G10.
"""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Protocol

from services.grid.domain.areas import LENGTH_OF_LEVEL, district_of
from services.grid.domain.covering import Cover
from services.grid.domain.duties import Duty
from services.grid.domain.findings import Finding, FindingKind
from services.grid.domain.holding import ANSWERING, Office, vacancies
from services.grid.domain.periods import Period
from services.grid.domain.post_kinds import RESERVED, PostKind

_LEADING: dict[FindingKind, PostKind] = {
    "no_leading_group": "leading_group",
    "no_office": "office",
}


class Linted(Protocol):
    """What is linted, as `linting.Ground` has it."""

    @property
    def since(self) -> date:
        """The first day."""

    @property
    def duties(self) -> Collection[Duty]:
        """The posts there and above."""

    @property
    def stopped(self) -> Collection[Duty]:
        """Posts that the matrix in force names although they are stopped."""


def lint_posts(ground: Linted, cover: Cover) -> list[Finding]:
    """Return the warnings of an area: those of whole districts only where one is whole in it."""
    inside = [duty for duty in ground.duties if duty.area_code.startswith(cover.area_code)]
    found = list(_leading(ground, cover))
    for duty in inside:
        found += _of_duty(duty, ground.since)
    for duty in ground.stopped:
        period = Period(ground.since)
        found.append(_warning("inactive", duty, period, classes=duty.case_classes or None))
    return found


def _leading(ground: Linted, cover: Cover) -> Iterator[Finding]:
    if len(cover.area_code) > LENGTH_OF_LEVEL["district"]:
        return
    for district in sorted({district_of(code) for code in cover.codes}):
        codes = [code for code in cover.codes if code.startswith(district)]
        for finding, kind in _LEADING.items():
            groups = [duty for duty in ground.duties if duty.kind == kind]
            if not any(district.startswith(duty.area_code) for duty in groups):
                cells = cover.cells(codes, ground.since)
                yield Finding(finding, "warning", district, ground.since, None, cells=cells)


def _of_duty(duty: Duty, since: date) -> Iterator[Finding]:
    if duty.area_ends is not None:
        yield _warning("area_ended", duty, Period(max(since, duty.area_ends)))
    if duty.kind == "department":
        for period in vacancies(duty.holdings, "coordinator", since):
            yield _warning("no_coordinator", duty, period, "coordinator")
    if duty.kind in RESERVED:
        for office in ANSWERING:
            for period in vacancies(duty.holdings, office, since):
                yield _warning("vacancy", duty, period, office)


def _warning(
    kind: FindingKind,
    duty: Duty,
    period: Period,
    office: Office | None = None,
    classes: tuple[str, ...] | None = None,
) -> Finding:
    return Finding(
        kind=kind,
        severity="warning",
        area_code=duty.area_code,
        first_day=period.first,
        last_day=period.last,
        branch=duty.branch,
        case_classes=classes,
        posts=(duty.code,),
        office=office,
    )
