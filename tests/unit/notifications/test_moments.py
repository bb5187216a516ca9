"""Tests of domain/moments.py: times as people say them."""

from datetime import datetime

import pytest

from services.notifications.domain.moments import spoken_deadline, spoken_minutes, spoken_moment


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        ("2026-11-28T16:00:00+00:00", "11月28日24时", "24:00 on 28 November"),
        ("2026-12-31T16:00:00+00:00", "12月31日24时", "24:00 on 31 December"),
        ("2026-11-28T15:59:00+00:00", "11月28日23时59分", "23:59 on 28 November"),
        ("2026-11-28T16:01:00+00:00", "11月29日0时1分", "00:01 on 29 November"),
        ("2026-11-28T10:00:00+00:00", "11月28日18时", "18:00 on 28 November"),
    ],
)
def test_a_deadline_at_midnight_is_the_end_of_the_day_before(at: str, chinese: str, english: str):
    deadline = datetime.fromisoformat(at)
    assert spoken_deadline(deadline, "zh") == chinese
    assert spoken_deadline(deadline, "en") == english


def test_a_moment_is_told_in_the_time_of_shanghai():
    at = datetime.fromisoformat("2026-11-23T16:05:00+00:00")
    assert spoken_moment(at, "zh") == "11月24日0时5分"
    assert spoken_moment(at, "en") == "00:05 on 24 November"


@pytest.mark.parametrize(
    ("minutes", "chinese", "english"),
    [
        (0, "0分钟", "0 min"),
        (59, "59分钟", "59 min"),
        (60, "1小时", "1 h"),
        (150, "2小时30分钟", "2 h 30 min"),
        (1440, "24小时", "24 h"),
    ],
)
def test_minutes_become_hours(minutes: int, chinese: str, english: str):
    assert spoken_minutes(minutes, "zh") == chinese
    assert spoken_minutes(minutes, "en") == english
