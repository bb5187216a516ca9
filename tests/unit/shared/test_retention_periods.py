"""Owns the proof of how long delivery may be told to remember."""

from datetime import timedelta

import pytest

from shared.config import BadConfiguration
from shared.messaging.retention import Periods


def test_the_periods_without_any_setting_are_those_of_the_design():
    assert Periods.from_environment({}) == Periods(
        inbox=timedelta(days=90), outbox=timedelta(days=30), failed_events=timedelta(days=90)
    )


@pytest.mark.parametrize(
    ("settings", "days"),
    [
        ({"LINLI_OUTBOX_DAYS": "8"}, (90, 8, 90)),
        ({"LINLI_OUTBOX_DAYS": "8", "LINLI_INBOX_DAYS": "9"}, (9, 8, 90)),
        ({"LINLI_FAILED_EVENT_DAYS": "8"}, (90, 30, 8)),
        ({"LINLI_INBOX_DAYS": "36500"}, (36500, 30, 90)),
    ],
)
def test_a_period_may_be_as_short_as_backups_allow(
    settings: dict[str, str], days: tuple[int, int, int]
):
    periods = Periods.from_environment(settings)
    assert (periods.inbox.days, periods.outbox.days, periods.failed_events.days) == days


@pytest.mark.parametrize(
    "settings",
    [
        {"LINLI_OUTBOX_DAYS": "7"},
        {"LINLI_OUTBOX_DAYS": "0"},
        {"LINLI_OUTBOX_DAYS": "30d"},
        {"LINLI_FAILED_EVENT_DAYS": "7"},
        {"LINLI_INBOX_DAYS": "7"},
        {"LINLI_INBOX_DAYS": "30"},
        {"LINLI_OUTBOX_DAYS": "90"},
        {"LINLI_INBOX_DAYS": "36501"},
        {"LINLI_INBOX_DAYS": "9" * 30},
    ],
)
def test_an_inbox_that_forgets_too_soon_or_an_outbox_without_what_a_backup_lacks_is_refused(
    settings: dict[str, str],
):
    (name, *_) = settings
    with pytest.raises(BadConfiguration, match="DAYS"):
        Periods.from_environment({name: settings[name]})
