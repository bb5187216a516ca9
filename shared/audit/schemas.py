"""Owns the shape of what is asked of the audit, and of what it answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import validate

_NAME = {"validate": validate.Length(min=1, max=200)}
_MARK = {"validate": validate.Length(max=200)}


@dataclass(frozen=True, kw_only=True)
class ListAudit:
    """Which rows, the newest first: about a thing, by somebody, of a kind of action."""

    subject: str | None = field(default=None, metadata=_NAME)
    who: str | None = field(default=None, metadata=_NAME)
    action: str | None = field(default=None, metadata=_NAME)
    limit: int = field(default=50, metadata={"validate": validate.Range(min=1, max=200)})
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """What somebody did; `who` is an id, or `operator:<login>` of a machine."""

    position: int
    at: datetime
    who: str
    action: str
    subject: str
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Rows of the audit, the newest first."""

    items: list[AuditLine]
    next: str | None
