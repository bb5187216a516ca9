"""Owns the keys that sign tokens: the first, the next, the end of one, and who signs now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.gateway.domain import signing_keys as rules
from services.gateway.domain.signing_keys import Lifetime
from services.gateway.models.signing_keys import GatewaySigningKey
from shared.audit import trail
from shared.auth.known import SigningKeyRow, learn_signing_keys
from shared.auth.tokens import PrivateKey, PublicKey, new_private_key
from shared.contracts.gateway import KEY_SET, SigningKeysChangedV1, SigningKeyState
from shared.messaging import outbox
from shared.privacy import keyring

_LOCK = 7_236_010
"""Advisory lock of who changes the set of keys; the number means nothing."""


@dataclass(frozen=True)
class KeyView:
    """A key, as operators see it."""

    kid: str
    announced_at: datetime
    signs_from: datetime
    expires_at: datetime | None
    signs_now: bool


def init_signing_keys(session: Session, who: str, at: datetime) -> KeyView | None:
    """Make the first key, which signs at once; return None when there is one already."""
    rows = _locked(session)
    if rules.live(_lifetimes(rows), at):
        return None
    kid = _add(session, rows, at, at)
    _announce(session, who, "signing_keys_begun", kid, at)
    return _view(session, kid, at)


def rotate_signing_keys(session: Session, who: str, at_once: bool, at: datetime) -> KeyView:
    """Announce a new key: it signs in an hour, or at once, and the one before it then ends."""
    rows = _locked(session)
    kid = _add(session, rows, at if at_once else at + rules.LEAD, at)
    _announce(session, who, "signing_key_rotated", kid, at)
    return _view(session, kid, at)


def drop_signing_key(session: Session, who: str, kid: str, at: datetime) -> KeyView | None:
    """End a key at once: what it signed holds nowhere as soon as the services hear of it.

    When no key is left that goes on signing, a new one begins at once and is returned.

    Raises:
        SigningKeyUnknown: when there is no such key, or it is over.
    """
    rows = _locked(session)
    _store(rows, rules.without(_lifetimes(rows), kid, at))
    goes_on = [row for row in rows if row.expires_at is None and row.signs_from <= at]
    new = None if goes_on else _add(session, rows, at, at)
    _announce(session, who, "signing_key_dropped", kid, at)
    return None if new is None else _view(session, new, at)


def current_set(session: Session, at: datetime) -> SigningKeysChangedV1:
    """Return the set of keys as it was announced last, without those that are over since.

    Raises:
        NoSigningKey: when there is none.
    """
    rows = list(session.scalars(select(GatewaySigningKey).order_by(GatewaySigningKey.kid)))
    if not (live := _live_rows(rows, at)):
        raise rules.NoSigningKey
    return SigningKeysChangedV1(
        key_set_id=KEY_SET,
        keys=[
            SigningKeyState(kid=row.kid, x=row.x, y=row.y, expires_at=row.expires_at)
            for row in live
        ],
        version=max(row.set_version for row in rows),
    )


def public_keys(session: Session, at: datetime) -> list[PublicKey]:
    """Return every key that a token may be signed with."""
    rows = list(session.scalars(select(GatewaySigningKey).order_by(GatewaySigningKey.kid)))
    return [PublicKey(row.kid, row.x, row.y) for row in _live_rows(rows, at)]


def show_signing_keys(session: Session, at: datetime) -> list[KeyView]:
    """Return all keys that are not over, in the order in which they sign."""
    rows = list(session.scalars(select(GatewaySigningKey)))
    live = sorted(_live_rows(rows, at), key=lambda row: row.signs_from)
    return [_view(session, row.kid, at) for row in live]


def signing_key(session: Session, at: datetime) -> PrivateKey:
    """Return the key that signs at `at` (real time), opened.

    It is read and opened for every token: opening takes 2 µs beside 60 for signing, and a key that
    was dropped signs nothing more from the same moment in every process.

    Raises:
        NoSigningKey
    """
    rows = {row.kid: row for row in session.scalars(select(GatewaySigningKey))}
    kid = rules.signing(_lifetimes(list(rows.values())), at).kid
    return PrivateKey(kid, keyring.of(session).decrypt(rows[kid].sealed, _place(kid)))


def _locked(session: Session) -> list[GatewaySigningKey]:
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    return list(session.scalars(select(GatewaySigningKey)))


def _add(
    session: Session, rows: list[GatewaySigningKey], signs_from: datetime, at: datetime
) -> str:
    """Add a key that was never seen before, and end the others when it has begun."""
    new = new_private_key()
    *others, _ = rules.with_new(_lifetimes(rows), new.kid, signs_from=signs_from, now=at)
    _store(rows, others)
    session.flush()  # one key alone has no end
    public = new.public()
    row = GatewaySigningKey(
        kid=new.kid,
        sealed=keyring.of(session).encrypt(new.pem, _place(new.kid)),
        x=public.x,
        y=public.y,
        announced_at=at,
        signs_from=signs_from,
        expires_at=None,
        set_version=1,
    )
    rows.append(row)
    session.add(row)
    session.flush()
    return new.kid


def _announce(session: Session, who: str, action: str, kid: str, at: datetime) -> None:
    """Number the new set, and tell it to everyone, this service's own door too."""
    rows = list(session.scalars(select(GatewaySigningKey)))
    version = 1 + max(max(row.set_version for row in rows), _known_version(session))
    for row in _live_rows(rows, at):
        row.set_version = version
    session.flush()
    said = current_set(session, at)
    learn_signing_keys(session, said, at)
    outbox.add(session, said)
    facts = {"set_version": version, "live": [key.kid for key in said.keys]}
    trail.record(session, who=who, action=action, subject=f"signing_key:{kid}", facts=facts, now=at)


def _known_version(session: Session) -> int:
    """Return the set that this service's door knows: a restored backup must not fall behind it."""
    return session.scalar(select(func.max(SigningKeyRow.set_version))) or 0


def _store(rows: Sequence[GatewaySigningKey], lifetimes: Sequence[Lifetime]) -> None:
    ends = {one.kid: one.expires_at for one in lifetimes}
    for row in rows:
        row.expires_at = ends[row.kid]


def _lifetimes(rows: Sequence[GatewaySigningKey]) -> list[Lifetime]:
    return [Lifetime(row.kid, row.signs_from, row.expires_at) for row in rows]


def _live_rows(rows: Sequence[GatewaySigningKey], at: datetime) -> list[GatewaySigningKey]:
    kids = {one.kid for one in rules.live(_lifetimes(rows), at)}
    return [row for row in rows if row.kid in kids]


def _view(session: Session, kid: str, at: datetime) -> KeyView:
    rows = list(session.scalars(select(GatewaySigningKey)))
    row = next(row for row in rows if row.kid == kid)
    signs = _signs(_lifetimes(rows), at)
    return KeyView(kid, row.announced_at, row.signs_from, row.expires_at, kid == signs)


def _signs(keys: Sequence[Lifetime], at: datetime) -> str | None:
    try:
        return rules.signing(keys, at).kid
    except rules.NoSigningKey:
        return None


def _place(kid: str) -> str:
    return f"gateway_signing_keys.sealed {kid}"
