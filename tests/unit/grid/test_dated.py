"""What holds from a day on, against an oracle that goes day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.domain.dated import (
    LaterChangeRecorded,
    Period,
    Step,
    Steps,
    changed,
    first_overlapping,
    gone_along,
    in_force,
    memberships,
    next_after,
    overlap,
    periods,
    shown_on,
    taken_back,
    turned,
)

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(12)]
days = st.sampled_from(DAYS)
sets = st.frozensets(st.sampled_from("abcd"))


def built(said: list[tuple[date, frozenset[str]]]) -> Steps[frozenset[str]]:
    steps: Steps[frozenset[str]] = ()
    for day, value in sorted(said, key=lambda one: one[0]):
        steps = changed(steps, day, value)
    return steps


histories = st.lists(st.tuples(days, sets), min_size=1, max_size=6).map(built)


def day_by_day(steps: Steps[frozenset[str]]) -> dict[date, frozenset[str] | None]:
    """Return what holds on each day, by walking along."""
    told: dict[date, frozenset[str] | None] = {}
    now = None
    for day in DAYS:
        for step in steps:
            if step.since == day:
                now = step.value
        told[day] = now
    return told


def assert_in_order(steps: Steps[frozenset[str]]) -> None:
    assert [one.since for one in steps] == sorted({one.since for one in steps})
    assert all(one.value != other.value for one, other in zip(steps, steps[1:], strict=False))


@given(histories, days, sets)
def test_a_change_holds_from_its_day_and_leaves_what_was(
    steps: Steps[frozenset[str]], day: date, value: frozenset[str]
) -> None:
    before = day_by_day(steps)
    if before[day] == value:
        assert changed(steps, day, value) == steps
        return
    if any(step.since > day for step in steps):
        with pytest.raises(LaterChangeRecorded) as refused:
            changed(steps, day, value)
        assert refused.value.facts["day"] == steps[-1].since
        return
    after = changed(steps, day, value)
    assert_in_order(after)
    assert day_by_day(after) == {d: value if d >= day else before[d] for d in DAYS}


@given(histories, days)
def test_on_each_day_holds_what_began_last(steps: Steps[frozenset[str]], day: date) -> None:
    told = day_by_day(steps)
    now = in_force(steps, day)
    assert (now.value if now else None) == told[day]
    assert shown_on(steps, day) == (now or steps[0])
    later = next_after(steps, day)
    changes = [d for d in DAYS if d > day and told[d] != told[d - timedelta(days=1)]]
    assert later == (changes[0] if changes else None)


@given(histories, days)
def test_what_goes_along_does_so_on_every_day_from_then(
    steps: Steps[frozenset[str]], on: date
) -> None:
    def go(value: frozenset[str]) -> frozenset[str]:
        return frozenset("z" if one in "ab" else one for one in value)

    before, after = day_by_day(steps), gone_along(steps, on, go)
    assert_in_order(after)
    for day, value in day_by_day(after).items():
        was = before[day]
        assert value == (go(was) if was is not None and day >= on else was)


def undo(now: frozenset[str], was: frozenset[str], became: frozenset[str]) -> frozenset[str]:
    return (now - (became - was)) | (was - became)


@given(histories, days, days)
def test_what_is_taken_back_is_from_that_day_as_if_it_had_never_been(
    steps: Steps[frozenset[str]], on: date, back: date
) -> None:
    after = gone_along(steps, on, lambda value: (value - {"a"}) | {"z"})
    taken = taken_back(after, back, steps, after, undo)
    assert_in_order(taken)
    old, new = day_by_day(steps), day_by_day(after)
    assert day_by_day(taken) == {day: old[day] if day >= back else new[day] for day in DAYS}
    if back <= on:
        assert taken == steps


@given(histories, days, sets)
def test_what_was_changed_since_stands_when_it_is_taken_back(
    steps: Steps[frozenset[str]], on: date, more: frozenset[str]
) -> None:
    after = gone_along(steps, on, lambda value: value | {"z"})
    later = gone_along(after, on, lambda value: value | more)
    taken = day_by_day(taken_back(later, on, steps, after, undo))
    for day, value in day_by_day(steps).items():
        assert taken[day] == (value | more if value is not None and day >= on else value)


@given(histories)
def test_periods_and_memberships_cover_exactly_their_days(steps: Steps[frozenset[str]]) -> None:
    told = day_by_day(steps)
    for day in DAYS:
        holding = [p.value for p in periods(steps) if lies_in(day, p)]
        assert holding == ([] if told[day] is None else [told[day]])
        members = [p.value for p in memberships(steps) if lies_in(day, p)]
        assert members == sorted(told[day] or ())


def lies_in(day: date, period: Period[object]) -> bool:
    return period.since <= day and (period.until is None or day < period.until)


@given(days, st.none() | days, days, st.none() | days)
def test_periods_overlap_when_they_have_a_day_in_common(
    since: date, until: date | None, other_since: date, other_until: date | None
) -> None:
    one, other = Period("a", since, until), Period("a", other_since, other_until)
    if (until and until <= since) or (other_until and other_until <= other_since):
        return
    common = [day for day in DAYS if lies_in(day, one) and lies_in(day, other)]
    assert overlap(one, other) == bool(common)
    found = first_overlapping([one], [("x", other)])
    assert found == (("a", "x", common[0]) if common else None)
    assert first_overlapping([one], [("x", Period("b", other_since, other_until))]) is None


def test_a_part_is_told_without_what_does_not_change_it() -> None:
    steps = tuple(Step(day, value) for day, value in zip(DAYS, (10, 11, 20), strict=False))
    assert turned(steps, lambda value: value // 10) == (Step(DAYS[0], 1), Step(DAYS[2], 2))
