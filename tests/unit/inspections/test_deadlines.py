"""Owns the proof of when an inspection may have happened and when a finding is overdue."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspections.domain.deadlines import (
    ENTERED_WITHIN,
    InspectedInFuture,
    InspectedTooLongAgo,
    check_inspected_at,
    rectification_deadline,
)

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("inspected_at", "within_days", "overdue_from"),
    [
        # an ordinary day
        ("2026-11-02T09:20:00", 3, "2026-11-06T00:00:00"),
        ("2026-11-02T09:20:00", 1, "2026-11-04T00:00:00"),
        # the last second of a day and the first of the next
        ("2026-11-02T23:59:59", 1, "2026-11-04T00:00:00"),
        ("2026-11-03T00:00:00", 1, "2026-11-05T00:00:00"),
        # where the day in UTC is another
        ("2026-11-03T07:59:59", 1, "2026-11-05T00:00:00"),
        # over New Year
        ("2026-12-31T23:59:59", 1, "2027-01-02T00:00:00"),
        ("2027-01-01T00:00:00", 1, "2027-01-03T00:00:00"),
        ("2026-12-29T15:00:00", 3, "2027-01-02T00:00:00"),
        # around the leap day, and the same days of a common year
        ("2028-02-27T12:00:00", 1, "2028-02-29T00:00:00"),
        ("2028-02-28T12:00:00", 1, "2028-03-01T00:00:00"),
        ("2028-02-29T12:00:00", 1, "2028-03-02T00:00:00"),
        ("2027-02-27T12:00:00", 1, "2027-03-01T00:00:00"),
        # the longest term, with and without a leap day in it
        ("2027-03-01T12:00:00", 365, "2028-03-01T00:00:00"),
        ("2026-03-01T12:00:00", 365, "2027-03-02T00:00:00"),
    ],
)
def test_deadline_is_24_00_of_the_last_natural_day_in_shanghai(  # I05
    inspected_at: str, within_days: int, overdue_from: str
):
    deadline = rectification_deadline(china(inspected_at), within_days)
    assert deadline == china(overdue_from)
    assert deadline.utcoffset() == timedelta()


@given(
    inspected_at=st.datetimes(
        datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC) | st.just(CHINA)
    ),
    within_days=st.integers(1, 365),
)
def test_deadline_is_a_midnight_after_exactly_that_many_whole_days(  # I05
    inspected_at: datetime, within_days: int
):
    deadline = rectification_deadline(inspected_at, within_days)
    # China has kept UTC+8 all the year round since 1992
    seconds = int(deadline.timestamp()) + 8 * 3600
    assert seconds % 86400 == 0
    whole_days = timedelta(days=within_days)
    assert whole_days < deadline - inspected_at <= whole_days + timedelta(days=1)


@given(
    inspected_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    within_days=st.integers(1, 364),
)
def test_one_day_more_is_one_day_later(inspected_at: datetime, within_days: int):
    shorter = rectification_deadline(inspected_at, within_days)
    assert rectification_deadline(inspected_at, within_days + 1) == shorter + timedelta(days=1)


def test_the_offset_in_which_the_time_was_sent_does_not_matter():
    shanghai = china("2026-11-03T00:30:00")
    assert rectification_deadline(shanghai, 5) == rectification_deadline(
        shanghai.astimezone(timezone(timedelta(hours=-11))), 5
    )


@pytest.mark.parametrize("ago", [timedelta(), timedelta(microseconds=1), ENTERED_WITHIN])
def test_an_inspection_up_to_a_year_ago_can_be_entered(ago: timedelta):
    check_inspected_at(NOW - ago, NOW)


@pytest.mark.parametrize(
    ("inspected_at", "refusal"),
    [
        (NOW + timedelta(microseconds=1), InspectedInFuture),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-23))), InspectedInFuture),
        (NOW - ENTERED_WITHIN - timedelta(microseconds=1), InspectedTooLongAgo),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=23))), InspectedTooLongAgo),
    ],
)
def test_an_inspection_of_tomorrow_or_of_years_ago_is_refused(
    inspected_at: datetime, refusal: type[InspectedInFuture]
):
    with pytest.raises(refusal) as refused:
        check_inspected_at(inspected_at, NOW)
    assert refused.value.field == "inspected_at"
