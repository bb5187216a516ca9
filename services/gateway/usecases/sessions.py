"""Owns how a session goes on and ends: refresh, reuse of a refresh token, sign-out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.domain.accounts import AccountUnknown
from services.gateway.domain.sessions import SessionTimes, verdict_on
from services.gateway.models.accounts import Account
from services.gateway.models.sessions import RefreshToken, SignInSession
from services.gateway.opaque import fingerprint
from services.gateway.schemas.sessions import ListSessions, SessionLine, SessionPage, TokenPair
from services.gateway.usecases.accounts import revoke_tokens
from services.gateway.usecases.session_ends import end_sessions
from services.gateway.usecases.tokens import Moment, next_pair
from shared.audit import trail
from shared.auth.callers import Caller
from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Rejected
from shared.http.listing import Listing, newest

_NEWEST = Listing("sessions", {"-id": (newest(SignInSession.id),)})


class RefreshTokenInvalid(Rejected):
    """The token is none, or its session is over."""

    status = 401
    zh = "刷新令牌无效或会话已结束，请重新登录"
    en = "The refresh token is not valid, or the session is over; sign in again"


class RefreshTokenReused(Rejected):
    """The token was used before: somebody has a copy, so the session ended for everyone."""

    status = 401
    zh = "刷新令牌已被使用过；为安全起见会话已结束，请重新登录"
    en = "The refresh token was used before; the session was ended, sign in again"


def refresh_session(db: Transactions, token: str) -> TokenPair:
    """Return the next pair of tokens; the token is used up.

    Raises:
        RefreshTokenInvalid, RefreshTokenReused: after the second, the session has ended.
    """
    pair = db.run(_refreshed, fingerprint(token))
    if pair is None:
        raise RefreshTokenReused
    return pair


def sign_out(session: Session, who: Caller, now: datetime) -> None:
    """End the session that the caller's token belongs to."""
    if who.session is not None:
        end_sessions(session, who.id, "signed_out", only=who.session)
    _record(session, who.id, "sign_out", now)


def sign_out_everywhere(session: Session, who: Caller, now: datetime) -> None:
    """End all sessions of the caller, and make every token of theirs worthless."""
    account = session.get(Account, who.id, with_for_update=True)
    if account is None:
        raise AccountUnknown
    end_sessions(session, who.id, "signed_out_everywhere")
    revoke_tokens(session, account, now)
    _record(session, who.id, "sign_out_everywhere", now)


def give_up_refresh_token(session: Session, token: str, now: datetime) -> None:
    """End the session of a refresh token; of one that is none nothing is said (RFC 7009, 2.2)."""
    row = session.get(RefreshToken, fingerprint(token))
    if row is not None:
        ended = session.get_one(SignInSession, row.session_id)
        end_sessions(session, ended.account_id, "signed_out", only=ended.id)
        _record(session, ended.account_id, "revoke_refresh_token", now)


def list_sessions(session: Session, wanted: ListSessions, who: Caller) -> SessionPage:
    """Return a page of the caller's sessions that go on, the newest first."""
    at = real_now()
    rows = select(SignInSession).where(
        SignInSession.account_id == who.id,
        SignInSession.ended_at.is_(None),
        SignInSession.idle_until > at,
    )
    page = _NEWEST.page(session, rows, wanted)
    lines = [
        SessionLine(
            id=one.id,
            current=one.id == who.session,
            device=one.device,
            network=one.network,
            created_at=one.created_at,
            last_used_at=one.last_used_at,
            expires_at=one.idle_until,
        )
        for one in page.items
    ]
    return SessionPage(lines, page.next)


def _refreshed(session: Session, hashed: bytes, now: datetime) -> TokenPair | None:
    """Return the next pair, None after the reuse of a token ended the session."""
    at = real_now()
    known = session.scalar(select(RefreshToken.session_id).where(RefreshToken.hash == hashed))
    if known is None:
        raise RefreshTokenInvalid
    # whoever comes with the same token waits here, and finds it used
    begun = session.get_one(SignInSession, known, with_for_update=True)
    token = session.get_one(RefreshToken, hashed)
    times = SessionTimes(begun.idle_until, begun.expires_at, begun.ended_at)
    account = session.get_one(Account, begun.account_id)
    verdict = verdict_on(token.used_at, times, at)
    if verdict == "ended" or account.state != "active":
        raise RefreshTokenInvalid
    if verdict == "reused":
        begun.ended_at, begun.end_reason = at, "token_reused"
        session.refresh(account, with_for_update=True)
        revoke_tokens(session, account, now)
        _record(session, account.id, "refresh_token_reused", now)
        return None
    token.used_at = at
    session.flush()  # one token of a session is unused at any time
    return next_pair(session, account, begun, Moment(now, at))


def _record(session: Session, account_id: UUID, action: str, now: datetime) -> None:
    trail.record(
        session,
        who=str(account_id),
        action=action,
        subject=f"account:{account_id}",
        facts={},
        now=now,
    )
