"""Owns the proof of how long backups stay."""

from datetime import timedelta

import pytest

from shared.backup.retention import BackupPeriods
from shared.config import BadConfiguration

DAY = timedelta(days=1)


def test_data_goes_a_day_before_outboxes_forget_and_keys_after_a_week():
    assert BackupPeriods.from_environment({}) == BackupPeriods(data=29 * DAY, keys=7 * DAY)


@pytest.mark.parametrize(("days", "outbox", "kept"), [("10", "30", 10), ("30", "12", 11)])
def test_the_shorter_of_both_counts(days: str, outbox: str, kept: int):
    chosen = {"LINLI_BACKUP_DAYS": days, "LINLI_OUTBOX_DAYS": outbox}
    assert BackupPeriods.from_environment(chosen).data == kept * DAY


@pytest.mark.parametrize(
    "chosen",
    [
        {"LINLI_BACKUP_DAYS": "0"},
        {"LINLI_KEY_BACKUP_DAYS": "0"},
        {"LINLI_KEY_BACKUP_DAYS": "30"},
        {"LINLI_BACKUP_DAYS": "6"},
    ],
)
def test_keys_that_would_outlive_the_data_and_no_days_at_all_are_refused(chosen: dict[str, str]):
    with pytest.raises(BadConfiguration, match="LINLI_KEY_BACKUP_DAYS"):
        BackupPeriods.from_environment(chosen)
