"""Owns telling which scopes there are."""

from sqlalchemy.orm import Session

from services.gateway.domain.scopes import SCOPES
from services.gateway.schemas.oauth import ScopeLine, ScopeList


def list_scopes(_: Session) -> ScopeList:
    """Return all scopes, in their order."""
    return ScopeList([ScopeLine(scope, zh, en) for scope, (zh, en) in sorted(SCOPES.items())])
