"""Owns sign-in by an outside issuer: the way there, the way back, and whose account it is."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.gateway.domain.accounts import AccountUnknown
from services.gateway.domain.addresses import Origin
from services.gateway.domain.lockout import MISTAKES_PER_MINUTE
from services.gateway.domain.oidc import (
    LOGIN_LIFE,
    Expected,
    IdentityNotLinked,
    OidcSignInFailed,
    subject_of,
)
from services.gateway.issuer import issuer_of
from services.gateway.models.accounts import Account
from services.gateway.models.oidc import OidcIdentity, OidcLogin
from services.gateway.opaque import fingerprint, new_opaque
from services.gateway.schemas.oidc import IdentityList, IdentityView, LinkIdentity
from services.gateway.schemas.sessions import TokenPair
from services.gateway.settings import OidcSettings
from services.gateway.usecases.sign_in import note_sign_in
from services.gateway.usecases.tokens import Moment, begin_session
from shared.audit import trail
from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Conflict, NotFound
from shared.http import rate_limits
from shared.ids import new_id
from shared.privacy import keyring

_STARTS = "oidc start"


class IdentityTaken(Conflict):
    """The person at the issuer, or the account, is linked already."""

    zh = "该身份或该账号已有关联"
    en = "The identity or the account is linked already"


class IdentityUnknown(NotFound):
    """The account has no such identity."""

    zh = "未找到该关联"
    en = "The account has no such identity"


@dataclass(frozen=True)
class WayThere:
    """Where the browser is to go, and the cookie that binds the way to it."""

    address: str
    cookie: str
    secure: bool
    """Whether people come back by https, so that the cookie may go no other way."""


@dataclass(frozen=True)
class WayBack:
    """What the browser brought back: the issuer's code, our state, our cookie."""

    code: str
    state: str
    cookie: str
    issuer: str | None = None
    """Who says that it sends the browser back, if it says so (RFC 9207)."""


@dataclass(frozen=True)
class _Begun:
    nonce: str
    verifier: str


def start_oidc_sign_in(db: Transactions, settings: OidcSettings, address: str) -> WayThere:
    """Remember a sign-in that begins, for ten minutes, and return where it goes on.

    Raises:
        IssuerUnreachable, TooMany
    """
    at = real_now()
    db.change(rate_limits.take, address, _STARTS, MISTAKES_PER_MINUTE, 60, at)
    issuer = issuer_of(settings)
    state, cookie, begun = new_opaque(), new_opaque(), _Begun(new_opaque(), new_opaque())
    db.change(_remember, state, cookie, begun, at)
    address_there = issuer.address_to_sign_in(state, begun.nonce, begun.verifier)
    return WayThere(address_there, cookie, settings.redirect_url.startswith("https:"))


def finish_oidc_sign_in(
    db: Transactions, settings: OidcSettings, back: WayBack, origin: Origin
) -> TokenPair:
    """Return a session's first pair of tokens for whom the issuer names.

    Raises:
        OidcSignInFailed: when this browser didn't begin it, it is over, or was used.
        IdentityNotLinked, IssuerUnreachable
    """
    begun = db.change(_take, back, real_now())
    if begun is None:
        raise OidcSignInFailed
    issuer = issuer_of(settings)
    if back.issuer is not None and back.issuer != issuer.name:
        raise OidcSignInFailed
    claims = issuer.claims_for(back.code, begun.verifier)
    expected = Expected(issuer.name, settings.client_id, begun.nonce)
    subject = subject_of(claims, expected, real_now())
    return db.run(_begin, issuer.name, subject, origin)


def link_identity(
    session: Session, account_id: UUID, issuer: str, request: LinkIdentity, by: UUID, now: datetime
) -> IdentityView:
    """Say whose account it is that the issuer calls so.

    Raises:
        AccountUnknown, IdentityTaken
    """
    if session.get(Account, account_id, with_for_update=True) is None:
        raise AccountUnknown
    index = _index(session, issuer, request.subject)
    same_person = OidcIdentity.subject_index == index
    same_account = OidcIdentity.account_id == account_id
    taken = select(OidcIdentity.id).where(OidcIdentity.issuer == issuer, same_person | same_account)
    if session.scalar(taken):
        raise IdentityTaken("subject")
    row = OidcIdentity(
        id=new_id(),
        account_id=account_id,
        issuer=issuer,
        subject_index=index,
        created_by=by,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _record(session, "link_identity", account_id, by, now)
    return _view_of(row)


def unlink_identity(
    session: Session, account_id: UUID, identity_id: UUID, by: UUID, now: datetime
) -> None:
    """Forget that an account and somebody at an issuer are one.

    Raises:
        IdentityUnknown
    """
    gone = (
        delete(OidcIdentity)
        .where(OidcIdentity.id == identity_id, OidcIdentity.account_id == account_id)
        .returning(OidcIdentity.id)
    )
    if session.scalar(gone) is None:
        raise IdentityUnknown
    _record(session, "unlink_identity", account_id, by, now)


def list_identities(session: Session, account_id: UUID) -> IdentityList:
    """Return who an account is at which issuers; whom they call so can't be shown.

    Raises:
        AccountUnknown
    """
    if session.get(Account, account_id) is None:
        raise AccountUnknown
    rows = select(OidcIdentity).where(OidcIdentity.account_id == account_id)
    return IdentityList([_view_of(row) for row in session.scalars(rows.order_by(OidcIdentity.id))])


def _remember(session: Session, state: str, cookie: str, begun: _Begun, at: datetime) -> None:
    hashed = fingerprint(state)
    sealed = keyring.of(session).encrypt(begun.verifier.encode(), _place(hashed))
    session.add(
        OidcLogin(
            state_hash=hashed,
            browser_hash=fingerprint(cookie),
            nonce=begun.nonce,
            sealed_verifier=sealed,
            expires_at=at + LOGIN_LIFE,
        )
    )


def _take(session: Session, back: WayBack, at: datetime) -> _Begun | None:
    """Return a sign-in that this browser began, and forget it: it works once, right or wrong."""
    hashed = fingerprint(back.state)
    row = session.get(OidcLogin, hashed, with_for_update=True)
    if row is None:
        return None
    session.delete(row)
    if row.expires_at <= at or row.browser_hash != fingerprint(back.cookie):
        return None
    verifier = keyring.of(session).decrypt(row.sealed_verifier, _place(hashed))
    return _Begun(row.nonce, verifier.decode())


def _begin(session: Session, issuer: str, subject: str, origin: Origin, now: datetime) -> TokenPair:
    linked = select(OidcIdentity.account_id).where(
        OidcIdentity.issuer == issuer,
        OidcIdentity.subject_index == _index(session, issuer, subject),
    )
    account_id = session.scalar(linked)
    account = session.get(Account, account_id, with_for_update=True) if account_id else None
    if account is None or account.state != "active":
        raise IdentityNotLinked
    pair = begin_session(session, account, origin, Moment(now, real_now()))
    note_sign_in(session, account, "oidc", now)
    return pair


def _index(session: Session, issuer: str, subject: str) -> bytes:
    """Return what stands for a person at an issuer.

    It is hashed before: a blind index folds case and width, and these are two persons to an issuer.
    """
    exact = hashlib.sha256(f"{issuer} {subject}".encode("utf-8", "surrogatepass")).hexdigest()
    return keyring.of(session).blind_index("oidc subject", exact)


def _place(state_hash: bytes) -> str:
    return f"oidc_logins.sealed_verifier {state_hash.hex()}"


def _view_of(row: OidcIdentity) -> IdentityView:
    return IdentityView(row.id, row.account_id, row.issuer, row.created_by, row.created_at)


def _record(session: Session, action: str, account_id: UUID, by: UUID, now: datetime) -> None:
    trail.record(
        session,
        who=str(by),
        action=action,
        subject=f"account:{account_id}",
        facts={},
        now=now,
    )
