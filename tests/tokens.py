"""Owns tokens for tests: signed by a key of the tests, which every test database knows."""

from uuid import UUID

from shared.auth.callers import Caller
from shared.auth.claims import Claims, Grant
from shared.auth.known import learn_signing_keys
from shared.auth.roles import EVERYONE, Role
from shared.auth.tokens import PrivateKey, new_private_key, sign
from shared.clock import real_now
from shared.contracts.gateway import KEY_SET, SigningKeysChangedV1, SigningKeyState
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging.topology import SERVICES

KEY: PrivateKey = new_private_key()
EVERYWHERE = tuple(str(province) for province in range(11, 66))
"""Every province of the register."""


def know_key(db: Transactions) -> None:
    """Let a service's database know the key of the tests."""
    public = KEY.public()
    state = SigningKeyState(kid=public.kid, x=public.x, y=public.y, expires_at=None)
    db.run(learn_signing_keys, SigningKeysChangedV1(key_set_id=KEY_SET, keys=[state], version=1))


def token(
    *roles: Role,
    areas: tuple[str, ...] = EVERYWHERE,
    subject: UUID | None = None,
    version: int = 1,
    audience: tuple[str, ...] = SERVICES,
) -> str:
    """Return the token of a person with these roles (all when none is named) in these areas."""
    grants = tuple(Grant(role, areas) for role in roles or EVERYONE)
    claims = Claims(
        subject=subject or new_id(),
        kind="person",
        version=version,
        audience=audience,
        grants=grants,
        session=new_id(),
    )
    return sign(claims, KEY, real_now())


def client_token(
    *scopes: str,
    areas: tuple[str, ...] = EVERYWHERE,
    subject: UUID | None = None,
    audience: tuple[str, ...] = SERVICES,
) -> str:
    """Return the token of another system with these scopes in these areas."""
    claims = Claims(
        subject=subject or new_id(),
        kind="client",
        version=1,
        audience=audience,
        scopes=scopes,
        areas=areas,
    )
    return sign(claims, KEY, real_now())


def bearer(said: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {said}"}


def somebody(*areas: str, subject: UUID | None = None) -> Caller:
    """Return a caller as use cases get it, who may act in these areas (everywhere by default)."""
    return Caller(subject or new_id(), "person", areas or EVERYWHERE)
