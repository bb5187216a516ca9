"""Owns the proof of who may sign up, and of the state in which a sign-up is shown."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from services.volunteers.domain.activities import ActivityState
from services.volunteers.domain.one_clock import Interval
from services.volunteers.domain.sign_ups import (
    ActivityFull,
    AlreadyCheckedIn,
    Attended,
    Engagement,
    OverlapsOtherActivity,
    SignUpClosed,
    StoredState,
    require_no_overlap,
    require_not_checked_in,
    require_open,
    require_place,
    shown_state,
)

ENDS = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
CAME = ENDS - timedelta(hours=1)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
ATTENDED = {"": Attended(), "in": Attended(CAME), "out": Attended(CAME, ENDS)}


@pytest.mark.parametrize(
    ("stored", "activity", "attended"),
    list(product(get_args(StoredState), get_args(ActivityState), ATTENDED)),
)
def test_every_sign_up_has_one_state_right_after_the_end(
    stored: StoredState, activity: ActivityState, attended: str
):
    shown = shown_state(stored, activity, ATTENDED[attended], ENDS, ENDS)
    if stored == "withdrawn":
        assert shown == "withdrawn"
    elif activity == "cancelled":
        assert shown == "cancelled"
    elif attended:
        assert shown == f"checked_{attended}"
    else:
        assert shown == ("absent" if activity == "ended" else "signed_up")


def test_an_attendance_is_unfinished_from_two_hours_after_the_end():
    late = ENDS + 2 * HOUR
    assert shown_state("signed_up", "ended", ATTENDED["in"], ENDS, late - TICK) == "checked_in"
    assert shown_state("signed_up", "ended", ATTENDED["in"], ENDS, late) == "unfinished"
    assert shown_state("signed_up", "ended", ATTENDED["out"], ENDS, late) == "checked_out"


@pytest.mark.parametrize("state", get_args(ActivityState))
def test_sign_ups_are_open_while_the_activity_is_published(state: ActivityState):
    if state == "published":
        return require_open(state)
    with pytest.raises(SignUpClosed):
        require_open(state)


def test_the_last_place_is_given_and_no_other():
    require_place(4, 5)
    with pytest.raises(ActivityFull, match="5"):
        require_place(5, 5)


def test_one_may_go_from_one_activity_to_the_next_and_not_to_two():
    other = Engagement("清理楼道", Interval(CAME, ENDS))
    require_no_overlap(Interval(ENDS, ENDS + HOUR), [other])
    require_no_overlap(Interval(CAME - HOUR, CAME), [other])
    for start, end in ((CAME, ENDS), (CAME - HOUR, CAME + TICK), (ENDS - TICK, ENDS + HOUR)):
        with pytest.raises(OverlapsOtherActivity, match="清理楼道"):
            require_no_overlap(Interval(start, end), [other])


def test_who_came_does_not_withdraw():
    require_not_checked_in(ATTENDED[""])
    for attended in ("in", "out"):
        with pytest.raises(AlreadyCheckedIn):
            require_not_checked_in(ATTENDED[attended])
