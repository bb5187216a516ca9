"""What a token must be to hold: ours, for this service, in its time, by a key we were given."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from shared.auth.claims import Claims, ClaimsUnreadable, Grant, claims_of
from shared.auth.roles import EVERYONE, ROLES, spoken_role
from shared.auth.tokens import (
    PublicKey,
    TokenExpired,
    TokenForOtherService,
    TokenInvalid,
    new_private_key,
    sign,
    verify,
)

NOW = datetime(2026, 12, 31, 15, 59, 30, tzinfo=UTC)
KEY = new_private_key()
OTHER = new_private_key()
PERSON = UUID("01931f6a-2c40-7c11-9d0e-5b1f6a2c4001")
CLAIMS = Claims(
    subject=PERSON,
    kind="person",
    version=3,
    audience=("grid", "inspections"),
    grants=(Grant("inspector", ("320508", "320507019")), Grant("resident", ("320508019020",))),
    session=UUID(int=7),
)
CLIENT = Claims(
    subject=PERSON,
    kind="client",
    version=1,
    audience=("grid",),
    scopes=("grid.areas:read", "grid.cases:read"),
    areas=("3205",),
)


def find(kid: str) -> PublicKey | None:
    return {KEY.kid: KEY.public(), OTHER.kid: OTHER.public()}.get(kid)


def payload(**changes: Any) -> dict[str, Any]:
    """Return what a good token says, with changes; `...` takes a claim away."""
    times = {"iat": NOW, "nbf": NOW, "exp": NOW + timedelta(minutes=10)}
    whole = CLAIMS.as_token() | times | {"iss": "linli", "jti": "1"} | changes
    return {name: value for name, value in whole.items() if value is not ...}


def forged(
    said: dict[str, Any], key: Any = KEY.pem, algorithm: str = "ES256", **header: Any
) -> str:
    headers = {"typ": "at+jwt", "kid": KEY.kid} | header
    return jwt.encode(said, key, algorithm, headers)


def by_hand(header: dict[str, Any], said: dict[str, Any], signature: bytes) -> str:
    """Return a token as an attacker writes it, whatever libraries refuse to make."""
    told = {
        name: int(value.timestamp()) if isinstance(value, datetime) else value
        for name, value in said.items()
    }
    parts = [json.dumps(header).encode(), json.dumps(told).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize("claims", [CLAIMS, CLIENT], ids=lambda claims: claims.kind)
def test_what_was_signed_is_read_back(claims: Claims) -> None:
    assert verify(sign(claims, KEY, NOW), "grid", find, NOW) == claims


def test_a_token_holds_ten_minutes_and_five_seconds_for_clocks_that_differ() -> None:
    token = sign(CLAIMS, KEY, NOW)
    assert verify(token, "grid", find, NOW + timedelta(minutes=10, seconds=4.9))
    with pytest.raises(TokenExpired):
        verify(token, "grid", find, NOW + timedelta(minutes=10, seconds=5))
    assert verify(token, "grid", find, NOW - timedelta(seconds=5))
    with pytest.raises(TokenInvalid):
        verify(token, "grid", find, NOW - timedelta(seconds=6))


def test_a_token_for_another_service_is_refused() -> None:
    with pytest.raises(TokenForOtherService):
        verify(sign(CLIENT, KEY, NOW), "inspections", find, NOW)


def test_a_key_we_were_not_given_signs_nothing() -> None:
    with pytest.raises(TokenInvalid):
        verify(sign(CLAIMS, new_private_key(), NOW), "grid", find, NOW)


def test_a_known_key_under_the_name_of_another_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        verify(forged(payload(), KEY.pem, kid=OTHER.kid), "grid", find, NOW)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_the_algorithm_none_is_refused_however_it_is_written(algorithm: str) -> None:
    header = {"typ": "at+jwt", "kid": KEY.kid, "alg": algorithm}
    with pytest.raises(TokenInvalid):
        verify(by_hand(header, payload(), b""), "grid", find, NOW)


@pytest.mark.parametrize("secret", ["x", "y", "jwk", "pem"])
def test_the_public_key_is_no_secret_to_sign_with(secret: str) -> None:
    public = KEY.public()
    jwk = json.dumps(public.as_jwk())
    material = {"x": public.x, "y": public.y, "jwk": jwk, "pem": KEY.pem.decode()}[secret]
    header = {"typ": "at+jwt", "kid": KEY.kid, "alg": "HS256"}
    unsigned = by_hand(header, payload(), b"").rpartition(".")[0]
    mac = hmac.digest(material.encode(), unsigned.encode(), hashlib.sha256)
    with pytest.raises(TokenInvalid):
        verify(by_hand(header, payload(), mac), "grid", find, NOW)


def test_other_good_algorithms_are_not_ours() -> None:
    wide = ec.generate_private_key(ec.SECP384R1())
    long = rsa.generate_private_key(65537, 2048)
    for key, algorithm in ((wide, "ES384"), (long, "RS256"), (long, "PS256")):
        with pytest.raises(TokenInvalid):
            verify(forged(payload(), key, algorithm), "grid", find, NOW)


def test_a_key_that_comes_with_the_token_is_not_used() -> None:
    stranger = new_private_key()
    jwk = stranger.public().as_jwk()
    for header in (
        {"jwk": jwk},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://e.example"},
    ):
        with pytest.raises(TokenInvalid):
            verify(forged(payload(), stranger.pem, **header), "grid", find, NOW)


@pytest.mark.parametrize("kid", [None, "", "../../etc/passwd", "' OR 1=1 --", "a\x00b", 7, ["x"]])
def test_a_key_name_that_is_none_is_refused(kid: Any) -> None:
    header = {"typ": "at+jwt", "alg": "ES256"} | ({} if kid is None else {"kid": kid})
    with pytest.raises(TokenInvalid):
        verify(by_hand(header, payload(), b"x" * 64), "grid", find, NOW)


@pytest.mark.parametrize("kind", ["JWT", "dpop+jwt", "", None])
def test_another_kind_of_signed_token_is_no_access_token(kind: str | None) -> None:
    with pytest.raises(TokenInvalid):
        verify(forged(payload(), typ=kind), "grid", find, NOW)


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "ver", "kind"])
def test_no_claim_may_be_missing(claim: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(forged(payload(**{claim: ...})), "grid", find, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "linli.example"},
        {"iss": ["linli"]},
        {"sub": "admin"},
        {"ver": "3"},
        {"ver": True},
        {"kind": "administrator"},
        {"grants": [{"role": "root", "areas": ["32"]}]},
        {"grants": [{"role": "inspector", "areas": "32"}]},
        {"grants": [{"role": "inspector"}]},
        {"grants": {"role": "inspector"}},
        {"exp": "never"},
        {"nbf": None},
        {"sid": "no-uuid"},
    ],
    ids=str,
)
def test_a_claim_of_another_form_is_refused_though_the_signature_is_ours(
    changes: dict[str, Any],
) -> None:
    said = payload(**changes)
    header = {"typ": "at+jwt", "kid": KEY.kid, "alg": "ES256"}
    unsigned = by_hand(header, said, b"").rpartition(".")[0]
    es256 = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
    signature = es256.sign(unsigned.encode(), es256.prepare_key(KEY.pem))
    with pytest.raises((TokenInvalid, TokenExpired)):
        verify(by_hand(header, said, signature), "grid", find, NOW)


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_token_with_any_byte_changed_is_refused(place: int, flip: int) -> None:
    token = sign(CLAIMS, KEY, NOW)
    header, body, signature = token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    raw[place % len(raw)] ^= flip
    changed = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    with pytest.raises(TokenInvalid):
        verify(f"{header}.{changed}.{signature}", "grid", find, NOW)


@given(st.text(max_size=200))
def test_any_text_is_no_token(text: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(text, "grid", find, NOW)


def test_a_payload_that_is_none_is_unreadable() -> None:
    with pytest.raises(ClaimsUnreadable):
        claims_of({})


def test_every_role_has_a_name_in_both_languages() -> None:
    assert set(ROLES) == set(EVERYONE) and len(EVERYONE) == 12
    assert spoken_role("grid_officer", "zh") == "网格员"
    assert spoken_role("grid_officer", "en") == "grid officer"
