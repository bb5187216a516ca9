"""Owns the end of sessions, whoever brings it about."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.gateway.domain.sessions import EndReason
from services.gateway.models.sessions import SignInSession
from shared.clock import real_now


def end_sessions(
    session: Session,
    account_id: UUID,
    reason: EndReason,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> None:
    """End an account's sessions, or one of them, or all but one."""
    live = update(SignInSession).where(
        SignInSession.account_id == account_id, SignInSession.ended_at.is_(None)
    )
    if only is not None:
        live = live.where(SignInSession.id == only)
    if but is not None:
        live = live.where(SignInSession.id != but)
    session.execute(live.values(ended_at=real_now(), end_reason=reason))
