"""Owns when the gateway forgets what signing in left behind: batch by batch, each committed."""

from datetime import datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from services.gateway.domain.lockout import FORGOTTEN_AFTER
from shared.http import rate_limits

BATCH_ROWS = 500
SESSIONS_KEPT = timedelta(days=30)
"""So long after its end a session is kept: for who asks where somebody was signed in."""
KEYS_KEPT = timedelta(days=30)

_SESSIONS = text("""
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE idle_until < :before
        ORDER BY idle_until LIMIT :rows FOR UPDATE SKIP LOCKED)
""")
_TRIES = text("""
    DELETE FROM sign_in_tries WHERE username_hash IN (
        SELECT username_hash FROM sign_in_tries WHERE last_at < :before
        ORDER BY last_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")
_LOGINS = text("""
    DELETE FROM oidc_logins WHERE state_hash IN (
        SELECT state_hash FROM oidc_logins WHERE expires_at < :before
        ORDER BY expires_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")
_SECRETS = text("""
    DELETE FROM client_secrets WHERE id IN (
        SELECT id FROM client_secrets WHERE expires_at < :before
        LIMIT :rows FOR UPDATE SKIP LOCKED)
""")
_KEYS = text("""
    DELETE FROM gateway_signing_keys WHERE kid IN (
        SELECT kid FROM gateway_signing_keys WHERE expires_at < :before
        LIMIT :rows FOR UPDATE SKIP LOCKED)
""")
_PURGES = (
    (_SESSIONS, SESSIONS_KEPT),
    (_TRIES, FORGOTTEN_AFTER),
    (_LOGINS, timedelta()),
    (_SECRETS, timedelta()),
    (_KEYS, KEYS_KEPT),
)


def purge(session: Session, now: datetime) -> int:
    """Delete one batch of what is old enough, and return how many rows it was.

    Call it again, each time in a transaction of its own, until it returns 0. `now` is real time;
    several processes may do it at once.
    """
    purged = sum(_delete(session, statement, now - kept) for statement, kept in _PURGES)
    return purged + rate_limits.delete_over(session, now)


def _delete(session: Session, statement: TextClause, before: datetime) -> int:
    done = session.connection().execute(statement, {"before": before, "rows": BATCH_ROWS})
    return done.rowcount
