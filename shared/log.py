"""Owns the form of log lines: one JSON object a line on standard output."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from shared import tracing

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_THIRD_PARTY_WARNINGS = (
    "nameko",
    "kombu",
    "amqp",
    "pika",
    "eventlet",
    "alembic",
    "urllib3",
    "werkzeug",
)


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, process, message, then whatever `extra` gave."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Non-ASCII text stays readable."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= tracing.current()
        line |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            line["error"] = _without_row_contents(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def _without_row_contents(trace: str) -> str:
    """Drop PostgreSQL's DETAIL lines: they repeat rows, which may hold personal data."""
    return "\n".join(line for line in trace.splitlines() if not line.startswith("DETAIL:"))


def configure(process: str, level: str = "INFO") -> None:
    """Send this process's log to standard output; libraries speak up from WARNING."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(process))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _THIRD_PARTY_WARNINGS:
        logging.getLogger(name).setLevel(logging.WARNING)
    # nameko logs a handler's exception with the whole event; shared/messaging logs it once, bare
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)
