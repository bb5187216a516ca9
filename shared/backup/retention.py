"""Owns how long backups stay: data no longer than what a restore needs of others, keys a week."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.config import BadConfiguration, number
from shared.messaging.retention import Periods

MARGIN = timedelta(days=1)
"""So much sooner a backup goes than the others forget what they sent since."""


@dataclass(frozen=True)
class BackupPeriods:
    """How long backups of data and those of persons' keys stay."""

    data: timedelta
    keys: timedelta

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "BackupPeriods":
        """Return the periods of this installation.

        Data stays for LINLI_BACKUP_DAYS, but goes a day before the outboxes forget: who restores
        an older one could not be sent again what it missed.

        Raises:
            BadConfiguration: when one is no day at all, or keys would outlive the data.
        """
        data = timedelta(days=number("LINLI_BACKUP_DAYS", 30, environ))
        keys = timedelta(days=number("LINLI_KEY_BACKUP_DAYS", 7, environ))
        data = min(data, Periods.from_environment(environ).outbox - MARGIN)
        if not timedelta(days=1) <= keys <= data:
            raise BadConfiguration(
                "LINLI_KEY_BACKUP_DAYS must be 1 or more, and not more than backups of data stay"
                f" ({data.days} days: LINLI_BACKUP_DAYS, or a day less than LINLI_OUTBOX_DAYS)"
            )
        return cls(data, keys)
