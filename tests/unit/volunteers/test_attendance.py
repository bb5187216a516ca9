"""Owns the proof of the windows, of the code, and of what is measured."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.volunteers.domain.attendance import (
    MOST_TRIES,
    CheckInClosed,
    CheckInNotOpen,
    CheckOutClosed,
    CodeTriesUsedUp,
    CodeWrong,
    check_in_window,
    check_out_window,
    code_refusal,
    measured,
)
from services.volunteers.domain.hours import Totals, totals_of
from services.volunteers.domain.one_clock import Interval

STARTS = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=2)
TICK = timedelta(microseconds=1)
MOMENTS = st.integers(-120, 300).map(lambda minute: STARTS + timedelta(minutes=minute))


def test_the_check_in_window_is_half_open():
    opens = STARTS - timedelta(minutes=30)
    for inside in (opens, STARTS, ENDS - TICK):
        check_in_window(STARTS, ENDS, inside)
    with pytest.raises(CheckInNotOpen):
        check_in_window(STARTS, ENDS, opens - TICK)
    with pytest.raises(CheckInClosed):
        check_in_window(STARTS, ENDS, ENDS)


def test_the_check_out_window_is_half_open():
    check_out_window(ENDS, ENDS + timedelta(hours=2) - TICK)
    with pytest.raises(CheckOutClosed):
        check_out_window(ENDS, ENDS + timedelta(hours=2))


def test_five_tries_are_refused_with_how_many_are_left_and_the_sixth_for_good():
    for before in range(MOST_TRIES):
        refusal = code_refusal("000000", "000001", before)
        assert isinstance(refusal, CodeWrong)
        assert refusal.facts == {"left": MOST_TRIES - before - 1}
        assert code_refusal("000001", "000001", before) is None
    for said in ("000000", "000001"):
        assert isinstance(code_refusal(said, "000001", MOST_TRIES), CodeTriesUsedUp)


@given(st.tuples(MOMENTS, MOMENTS).map(sorted))
def test_what_is_measured_lies_within_attendance_and_activity(times: list[datetime]):
    came, left = times
    served = measured(Interval(came, left), Interval(STARTS, ENDS))
    assert STARTS <= served.start <= served.end <= ENDS
    minutes = {minute for minute in range(120) if came <= STARTS + timedelta(minutes=minute) < left}
    assert (served.end - served.start) == timedelta(minutes=len(minutes))


def test_measured_and_attested_minutes_have_no_sum():
    assert totals_of({}) == Totals(0, 0)
    assert totals_of({"measured": 120, "attested": 30}) == Totals(120, 30)
    assert set(vars(totals_of({}))) == {"measured_minutes", "attested_minutes"}
