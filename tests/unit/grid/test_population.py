"""What a population figure may be, and who decides on it."""

from datetime import date
from uuid import UUID

import pytest

from services.grid.domain.population import (
    FIRST_DAY,
    ApprovedByOwnRecorder,
    FigureDayImpossible,
    FigureDecided,
    require_another_person,
    require_day,
    require_undecided,
)

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize("day", [FIRST_DAY, date(2020, 11, 1), TODAY])
def test_a_figure_holds_from_a_day_that_has_come(day: date) -> None:
    require_day(day, TODAY)


@pytest.mark.parametrize("day", [date(1949, 9, 30), date(2026, 11, 27)])
def test_a_day_before_the_first_or_after_today_is_refused(day: date) -> None:
    with pytest.raises(FigureDayImpossible) as refused:
        require_day(day, TODAY)
    assert refused.value.field == "day"


def test_a_figure_is_decided_on_once() -> None:
    require_undecided("awaiting")
    for state in ("approved", "refused"):
        with pytest.raises(FigureDecided):
            require_undecided(state)  # type: ignore[arg-type]


def test_nobody_decides_on_their_own_figure() -> None:
    require_another_person(UUID(int=1), UUID(int=2))
    with pytest.raises(ApprovedByOwnRecorder):
        require_another_person(UUID(int=1), UUID(int=1))
