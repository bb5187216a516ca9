"""Owns time: real time for the machinery, business time (which demos may shift) for the rules."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from shared.config import BadConfiguration, environment

SHANGHAI = ZoneInfo("Asia/Shanghai")
_REREAD_SECONDS = 1.0


def real_now() -> datetime:
    """Return the true time in UTC: for outbox, inbox, retries, tokens, limits, metrics."""
    return datetime.now(UTC)


class BusinessClock:
    """Tells the rules what time it is.

    A file holding an offset in seconds shifts it, so that a demo can walk past a deadline.
    The file is read again at most once a second; no file means no shift.
    """

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._offset = timedelta()
        self._read_at = -_REREAD_SECONDS

    @classmethod
    def from_environment(cls) -> "BusinessClock":
        """Build the clock of this process from LINLI_CLOCK_FILE.

        Raises:
            BadConfiguration: in production, where time is not to be shifted.
        """
        path = os.environ.get("LINLI_CLOCK_FILE")
        if path and environment() == "production":
            raise BadConfiguration("LINLI_CLOCK_FILE is refused while LINLI_ENV is production")
        return cls(Path(path) if path else None)

    def now(self) -> datetime:
        """Return business time, aware, in UTC."""
        return real_now() + self._current_offset()

    def offset_seconds(self) -> float:
        """Return by how much business time is ahead of real time."""
        return self._current_offset().total_seconds()

    def _current_offset(self) -> timedelta:
        if self._file is not None and time.monotonic() - self._read_at >= _REREAD_SECONDS:
            self._read_at = time.monotonic()
            self._offset = _read_offset(self._file)
        return self._offset


def _read_offset(path: Path) -> timedelta:
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return timedelta()
    return timedelta(seconds=float(text or 0))
