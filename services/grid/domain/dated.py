"""Owns what holds from a day on: a thing's states as steps, each in force until the next begins."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from shared.errors import Conflict

T = TypeVar("T")
Part = TypeVar("Part")


class LaterChangeRecorded(Conflict):
    """A change is asked for a day before one that is recorded: which of the two is to hold then?"""

    zh = "已登记自 {day} 起的变更，不能再登记此前生效的变更；请自该日或之后生效"
    en = "A change from {day} is recorded; a new one can't take effect before that day"


@dataclass(frozen=True)
class Step(Generic[T]):
    """What holds from a day on."""

    since: date
    value: T


Steps = tuple[Step[T], ...]
"""By day, each day once; before the first there is nothing. Steps next to each other differ."""


@dataclass(frozen=True)
class Period(Generic[T]):
    """What holds from a day until before another; none: for ever."""

    value: T
    since: date
    until: date | None


def by_code(steps: Iterable[tuple[str, Step[T]]]) -> dict[str, Steps[T]]:
    """Return the steps of many things, which come by day, for each thing by its code."""
    found: dict[str, list[Step[T]]] = {}
    for code, step in steps:
        found.setdefault(code, []).append(step)
    return {code: tuple(its) for code, its in found.items()}


def in_force(steps: Steps[T], day: date) -> Step[T] | None:
    """Return the step that holds on a day, None before the first."""
    begun = [step for step in steps if step.since <= day]
    return begun[-1] if begun else None


def shown_on(steps: Steps[T], day: date) -> Step[T]:
    """Return what holds on a day, or what comes first: a thing that is yet to be is shown too."""
    return in_force(steps, day) or steps[0]


def next_after(steps: Steps[T], day: date) -> date | None:
    """Return the next day on which something else begins to hold."""
    return next((step.since for step in steps if step.since > day), None)


def changed(steps: Steps[T], day: date, value: T) -> Steps[T]:
    """Return the steps with a value that holds from a day on; the same ones where it does already.

    Raises:
        LaterChangeRecorded: when something else is recorded to begin later.
    """
    now = in_force(steps, day)
    if now is not None and now.value == value:
        return steps
    if steps and steps[-1].since > day:
        raise LaterChangeRecorded("effective_on", day=steps[-1].since)
    return _joined([*(step for step in steps if step.since < day), Step(day, value)])


def gone_along(steps: Steps[T], on: date, go: Callable[[T], T]) -> Steps[T]:
    """Return the steps with every value that holds on a day or later turned into another."""
    now = in_force(steps, on)
    split = [*(step for step in steps if step.since < on)]
    if now is not None:
        split.append(Step(on, go(now.value)))
    split += [Step(step.since, go(step.value)) for step in steps if step.since > on]
    return _joined(split)


def taken_back(
    steps: Steps[T],
    on: date,
    before: Steps[Part],
    after: Steps[Part],
    undo: Callable[[T, Part, Part], T],
) -> Steps[T]:
    """Return the steps without, from a day on, what turned a part of them `before` into `after`.

    `undo(now, before, after)` decides for each day; so what was changed since can stand.
    """
    days = {on, *_days(steps), *_days(before), *_days(after)}
    kept = [step for step in steps if step.since < on]
    for day in sorted(day for day in days if day >= on):
        now, was, became = in_force(steps, day), in_force(before, day), in_force(after, day)
        if now is not None:
            value = undo(now.value, was.value, became.value) if was and became else now.value
            kept.append(Step(day, value))
    return _joined(kept)


def periods(steps: Steps[T]) -> list[Period[T]]:
    """Return the steps with the day until which each holds."""
    ends = [*(step.since for step in steps[1:]), None]
    return [Period(step.value, step.since, end) for step, end in zip(steps, ends, strict=True)]


def memberships(steps: Steps[frozenset[str]]) -> list[Period[str]]:
    """Return from when until when each is in a set that changes, by name and day."""
    found: list[Period[str]] = []
    for name in sorted({one for step in steps for one in step.value}):
        inside = _joined([Step(step.since, name in step.value) for step in steps])
        found += [Period(name, one.since, one.until) for one in periods(inside) if one.value]
    return found


def overlap(one: Period[T], other: Period[T]) -> bool:
    """Tell whether two periods have a day in common."""
    return (one.until is None or other.since < one.until) and (
        other.until is None or one.since < other.until
    )


def first_overlapping(
    wanted: Sequence[Period[str]], taken: Iterable[tuple[str, Period[str]]]
) -> tuple[str, str, date] | None:
    """Return (member, whose, first day) of the first that somebody else has on a wanted day."""
    for whose, theirs in taken:
        for ours in wanted:
            if ours.value == theirs.value and overlap(ours, theirs):
                return ours.value, whose, max(ours.since, theirs.since)
    return None


def turned(steps: Steps[T], into: Callable[[T], Part]) -> Steps[Part]:
    """Return a part of what holds, or what follows from it, by day."""
    return _joined([Step(step.since, into(step.value)) for step in steps])


def _days(steps: Steps[Part]) -> list[date]:
    return [step.since for step in steps]


def _joined(steps: Iterable[Step[T]]) -> Steps[T]:
    kept: list[Step[T]] = []
    for step in steps:
        if not kept or kept[-1].value != step.value:
            kept.append(step)
    return tuple(kept)
