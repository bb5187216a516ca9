"""Owns how much one request may ask of a process: depth and size of JSON, time in the database."""

import re
from typing import Any

from sqlalchemy import Engine, event

MAX_DEPTH = 50
"""Levels of JSON; a request of ours has five."""
MAX_VALUES = 100_000
"""Members and elements of JSON in all; the largest request of ours has a thousand."""
STATEMENT_SECONDS = 30
"""So long may one statement of a request run; an import lifts this for itself."""

QUERY_CANCELED = "57014"
"""The SQLSTATE of a statement that took longer."""

# possessive and never failing: linear in whatever comes
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class JsonTooLarge(Exception):
    """The JSON has more levels or more values than any request of ours."""


def require_modest_json(body: bytes) -> None:
    """Refuse JSON that would cost more to read than it can be worth; what is no JSON may pass.

    Raises:
        JsonTooLarge: the message is one that callers are told.
    """
    structure = _STRING.sub(b"", body).translate(None, _NOT_STRUCTURE)
    closing = structure.count(b"]") + structure.count(b"}")
    if max(closing, len(structure) - closing) > MAX_VALUES:
        raise JsonTooLarge(f"More than {MAX_VALUES} values.")
    depth = 0
    for sign in structure:
        depth += _STEP.get(sign, 0)
        if depth > MAX_DEPTH:
            raise JsonTooLarge(f"Nested more than {MAX_DEPTH} levels deep.")


def limit_statements(engine: Engine) -> None:
    """Let PostgreSQL cancel what a connection of this engine takes longer for.

    It also plans each statement for the values that it has: a plan for any values takes every range
    of area codes for a small one, and reads and sorts a whole table for one page of a list.
    """
    if not event.contains(engine, "connect", _limit):
        event.listen(engine, "connect", _limit)


def _limit(connection: Any, _record: Any) -> None:
    connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()
