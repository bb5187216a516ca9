"""Owns giving out tokens: the pair of a person's session, and that of a client."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from services.gateway.domain.addresses import Origin
from services.gateway.domain.grants import grants_on, today
from services.gateway.domain.sessions import first_times, idle_until
from services.gateway.models.accounts import Account
from services.gateway.models.sessions import RefreshToken, SignInSession
from services.gateway.opaque import REFRESH, fingerprint, new_opaque
from services.gateway.schemas.sessions import TokenPair
from services.gateway.usecases.granting import held
from services.gateway.usecases.signing_keys import signing_key
from shared.addresses import masked
from shared.auth.claims import Claims
from shared.auth.tokens import TOKEN_MINUTES, sign
from shared.ids import new_id
from shared.messaging.topology import SERVICES

SECONDS = TOKEN_MINUTES * 60


@dataclass(frozen=True)
class Moment:
    """Business time, for the days of grants, and real time, for tokens and sessions."""

    now: datetime
    at: datetime


def begin_session(session: Session, account: Account, origin: Origin, moment: Moment) -> TokenPair:
    """Begin a session of its own id, and return its first pair of tokens."""
    times = first_times(moment.at)
    begun = SignInSession(
        id=new_id(),
        account_id=account.id,
        device=origin.device,
        network=masked(origin.address),
        created_at=moment.at,
        last_used_at=moment.at,
        idle_until=times.idle_until,
        expires_at=times.expires_at,
    )
    session.add(begun)
    session.flush()
    return next_pair(session, account, begun, moment)


def next_pair(
    session: Session, account: Account, begun: SignInSession, moment: Moment
) -> TokenPair:
    """Return the next pair of a session that goes on; the grants are those of today."""
    refresh = new_opaque(REFRESH)
    session.add(RefreshToken(hash=fingerprint(refresh), session_id=begun.id, created_at=moment.at))
    begun.last_used_at = moment.at
    begun.idle_until = idle_until(begun, moment.at)  # type: ignore[arg-type]
    claims = Claims(
        subject=account.id,
        kind="person",
        version=account.token_version,
        audience=SERVICES,
        grants=grants_on(held(account), today(moment.now)),
        session=begun.id,
    )
    return TokenPair(
        access_token=sign(claims, signing_key(session, moment.at), moment.at),
        token_type="Bearer",  # nosec B106: the name of a scheme
        expires_in=SECONDS,
        refresh_token=refresh,
        refresh_expires_at=begun.idle_until,
    )
