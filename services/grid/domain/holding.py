"""Owns who holds the offices of a post on which days, deputies for absences among them.

Plan rows G08 and G09 name two offices, first and directly responsible; G14 one person who
coordinates. They change with people (X01), on a day that may lie ahead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Literal
from uuid import UUID

from services.grid.domain.periods import Period, between
from shared.errors import Rejected

Office = Literal["first", "direct", "coordinator"]
ANSWERING: tuple[Office, ...] = ("first", "direct")
"""Without these two nobody answers for a case."""
OFFICE_WORDS: dict[Office, tuple[str, str]] = {
    "first": ("第一责任人", "first responsible"),
    "direct": ("直接责任人", "directly responsible"),
    "coordinator": ("联络人", "coordinator"),
}


class PeriodBackwards(Rejected):
    """A holding would end on the day on which it begins, or before."""

    zh = "until（{until}）须晚于 since（{since}）"
    en = "until ({until}) must be after since ({since})"


class OnePersonOnDay(Rejected):
    """One person would be first and directly responsible on a day, or their own deputy.

    A reminder that goes from one office to the other must reach somebody else.
    """

    zh = "自 {day} 起同一人在该岗位身兼两职（第一、直接责任人及其代理须各为一人）"
    en = "From {day} one person would hold two of the offices first, direct and their deputies"


@dataclass(frozen=True)
class Holding:
    """A person in an office from a day until before another (none: for good).

    `acting` is a deputy for an absence: on a day that one answers, whoever holds the office.
    """

    office: Office
    person_id: UUID
    acting: bool
    since: date
    until: date | None = None

    @property
    def period(self) -> Period:
        """The days on which it holds."""
        return Period(self.since, self.until)


@dataclass(frozen=True)
class Appointment:
    """Who is to hold an office, or act in it, in a period; nobody: it is to be vacant."""

    office: Office
    person_id: UUID | None
    since: date
    until: date | None = None
    acting: bool = False


def appointed(held: Iterable[Holding], wanted: Appointment) -> tuple[Holding, ...]:
    """Return the holdings after an appointment: what stood in its period is cut or gone.

    Raises:
        PeriodBackwards
    """
    if wanted.until is not None and wanted.until <= wanted.since:
        raise PeriodBackwards("until", until=wanted.until, since=wanted.since)
    after: list[Holding] = []
    for one in held:
        same = (one.office, one.acting) == (wanted.office, wanted.acting)
        after.extend(_outside(one, wanted) if same else (one,))
    if wanted.person_id is not None:
        after.append(
            Holding(wanted.office, wanted.person_id, wanted.acting, wanted.since, wanted.until)
        )
    return in_order(after)


def in_order(held: Iterable[Holding]) -> tuple[Holding, ...]:
    """Return holdings by office and day; one that goes on with the same person is one."""
    found: list[Holding] = []
    for one in sorted(held, key=lambda holding: (holding.office, holding.acting, holding.since)):
        before = found[-1] if found else None
        if before is not None and before.until == one.since and _same(before, one):
            found[-1] = replace(before, until=one.until)
        else:
            found.append(one)
    return tuple(found)


def require_two_persons_each_day(held: Sequence[Holding], field: str) -> None:
    """Refuse one person in two of the answering offices on any day, deputies counted.

    Raises:
        OnePersonOnDay: naming the first such day.
    """
    answering = [one for one in held if one.office in ANSWERING]
    days = [
        max(one.since, other.since)
        for one, other in combinations(answering, 2)
        if one.person_id == other.person_id
        and (one.until is None or other.since < one.until)
        and (other.until is None or one.since < other.until)
    ]
    if days:
        raise OnePersonOnDay(field, day=min(days))


def holders_on(held: Iterable[Holding], day: date) -> tuple[Holding, ...]:
    """Return who holds an office on a day, and who acts in one."""
    return tuple(one for one in held if one.period.holds(day))


def answering(held: Iterable[Holding], office: Office, day: date) -> UUID | None:
    """Return who answers in an office on a day: the deputy if one acts, None where it is vacant."""
    there = [one for one in holders_on(held, day) if one.office == office]
    acting = [one for one in there if one.acting]
    return next((one.person_id for one in acting or there), None)


def vacant_on(held: Sequence[Holding], day: date) -> tuple[Office, ...]:
    """Return the answering offices in which nobody is on a day."""
    return tuple(office for office in ANSWERING if answering(held, office, day) is None)


def next_change(held: Iterable[Holding], day: date) -> date | None:
    """Return the first day after one on which somebody comes or goes."""
    days = [at for one in held for at in (one.since, one.until) if at is not None and at > day]
    return min(days, default=None)


def vacancies(held: Iterable[Holding], office: Office, since: date) -> tuple[Period, ...]:
    """Return the days from one ahead on which nobody is in an office."""
    return between(Period(since), [one.period for one in held if one.office == office])


def doubled(held: Sequence[Holding], since: date) -> tuple[Period, ...]:
    """Return the days from one ahead on which one person answers in both offices."""
    found: list[Period] = []
    day: date | None = since
    while day is not None:
        after = next_change(held, day)
        first, direct = (answering(held, office, day) for office in ANSWERING)
        if first is not None and first == direct:
            found.append(Period(day, after))
        day = after
    return tuple(found)


def _outside(one: Holding, wanted: Appointment) -> list[Holding]:
    """Return what is left of a holding before and after the period of an appointment."""
    left = []
    if one.since < wanted.since:
        ends = [at for at in (one.until, wanted.since) if at is not None]
        left.append(replace(one, until=min(ends)))
    if wanted.until is not None and (one.until is None or one.until > wanted.until):
        left.append(replace(one, since=max(one.since, wanted.until)))
    return left


def _same(one: Holding, other: Holding) -> bool:
    return (one.office, one.acting, one.person_id) == (other.office, other.acting, other.person_id)
