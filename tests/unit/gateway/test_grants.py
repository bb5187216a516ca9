"""Which grants hold on a day, and what a grant must be."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.grants import (
    MOST_AREAS,
    AreaMalformed,
    AreasMissing,
    GrantBackwards,
    HeldGrant,
    RoleUnknown,
    TooManyAreas,
    grants_on,
    holds_on,
    overlapping,
    require_grant,
    require_room,
    today,
)
from shared.auth.claims import Grant

DAY = date(2026, 12, 31)
GRANT = HeldGrant("grid_officer", ("320508019020",), DAY, DAY)


@pytest.mark.parametrize(
    ("day", "holds"),
    [(DAY - timedelta(1), False), (DAY, True), (DAY + timedelta(1), False)],
)
def test_both_days_of_a_grant_belong_to_it(day: date, holds: bool) -> None:
    assert holds_on(GRANT, day) is holds


def test_a_grant_without_an_end_holds_for_good_until_it_is_ended() -> None:
    open_one = replace(GRANT, valid_until=None)
    assert holds_on(open_one, date(2099, 1, 1))
    assert not holds_on(replace(open_one, ended_at=datetime(2026, 12, 31, tzinfo=UTC)), DAY)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), DAY),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_day_ends_at_midnight_in_china_over_new_year_too(moment: datetime, day: date) -> None:
    assert today(moment) == day


def test_a_token_says_what_holds_and_nothing_else() -> None:
    later = HeldGrant("inspector", ("320508",), DAY + timedelta(1))
    assert grants_on([GRANT, later], DAY) == (Grant("grid_officer", ("320508019020",)),)
    assert grants_on([], DAY) == ()


@pytest.mark.parametrize("code", ["32", "3205", "320508", "320508019", "320508019020", "3" * 15])
def test_an_area_is_a_code_of_one_of_the_levels(code: str) -> None:
    require_grant(replace(GRANT, areas=(code,)))


@pytest.mark.parametrize(
    "code", ["", "3", "320", "32050", "3205080", "3" * 16, "３２", "3a", "32\n", "%", "32%"]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(AreaMalformed) as refused:
        require_grant(replace(GRANT, areas=(code,)))
    assert refused.value.field == "areas"


def test_only_those_whose_work_has_no_area_may_have_none() -> None:
    for role in ("operator", "administrator"):
        require_grant(replace(GRANT, role=role, areas=()))
    with pytest.raises(AreasMissing):
        require_grant(replace(GRANT, areas=()))


def test_a_role_that_is_none_is_refused() -> None:
    with pytest.raises(RoleUnknown, match="root"):
        require_grant(replace(GRANT, role="root"))  # type: ignore[arg-type]


def test_a_grant_does_not_end_before_it_begins() -> None:
    with pytest.raises(GrantBackwards):
        require_grant(replace(GRANT, valid_until=DAY - timedelta(1)))


def test_areas_have_to_fit_into_a_token() -> None:
    codes = tuple(f"320508019{number:03}" for number in range(MOST_AREAS))
    full = replace(GRANT, areas=codes)
    require_grant(full)
    with pytest.raises(TooManyAreas):
        require_grant(replace(GRANT, areas=(*codes, "33")))
    with pytest.raises(TooManyAreas):
        require_room([full, full])
    require_room([full, replace(full, ended_at=datetime(2026, 12, 31, tzinfo=UTC))])


@given(st.lists(st.text("01", min_size=1, max_size=4)), st.lists(st.text("01", min_size=1)))
def test_areas_overlap_both_ways_or_not_at_all(mine: list[str], theirs: list[str]) -> None:
    assert overlapping(mine, theirs) == overlapping(theirs, mine)
    assert not overlapping(mine, [])
    assert all(overlapping([one], [one[:1]]) for one in mine)
