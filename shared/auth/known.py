"""Owns what a service knows to check tokens by: the gateway's public keys, changed accounts.

Events bring both; nothing is fetched. `linli signing-keys install` brings the first keys.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from shared.auth.claims import Claims
from shared.auth.tokens import PublicKey, TokenRevoked, verify
from shared.contracts.gateway import AccountChangedV1, SigningKeysChangedV1


class AuthBase(DeclarativeBase):
    """The registry of these tables, apart from each service's own."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, int: BigInteger}


class SigningKeyRow(AuthBase):
    """A key whose tokens hold, until `expires_at`."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    x: Mapped[str]
    y: Mapped[str]
    expires_at: Mapped[datetime | None]
    set_version: Mapped[int]


class KnownAccount(AuthBase):
    """The newest version of an account that changed; tokens of earlier ones hold no longer."""

    __tablename__ = "known_accounts"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    active: Mapped[bool]


def learn_signing_keys(session: Session, said: SigningKeysChangedV1, now: datetime) -> None:
    """Keep exactly the keys of the newest set; an older set that comes late changes nothing."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    known = session.scalar(select(func.max(SigningKeyRow.set_version)))
    if known is not None and known >= said.version:
        return
    session.execute(delete(SigningKeyRow))
    rows = [
        SigningKeyRow(
            kid=key.kid, x=key.x, y=key.y, expires_at=key.expires_at, set_version=said.version
        )
        for key in said.keys
    ]
    session.add_all(rows)


def learn_account(session: Session, said: AccountChangedV1, now: datetime) -> None:
    """Note an account's version, unless a newer one is known."""
    row = insert(KnownAccount).values(
        account_id=said.account_id, version=said.version, active=said.active
    )
    newer = {"version": row.excluded.version, "active": row.excluded.active}
    session.execute(
        row.on_conflict_do_update(
            constraint="pk_known_accounts",
            set_=newer,
            where=KnownAccount.version < row.excluded.version,
        )
    )


def authenticate(session: Session, token: str, service: str, now: datetime) -> Claims:
    """Return what a token says, when it holds for this service at `now` (real time).

    Raises:
        NotSignedIn: the sub-class says why.
    """
    claims = verify(token, service, partial(_key, session, now), now)
    known = session.get(KnownAccount, claims.subject)
    if known is not None and (claims.version < known.version or not known.active):
        raise TokenRevoked
    return claims


def _key(session: Session, now: datetime, kid: str) -> PublicKey | None:
    row = session.get(SigningKeyRow, kid) if "\x00" not in kid else None
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return PublicKey(row.kid, row.x, row.y)


_LOCK = 7_236_003
"""Advisory lock of who changes the keys; the number means nothing."""
