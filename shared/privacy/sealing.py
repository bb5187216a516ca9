"""Owns the cipher: AES-256-GCM with random nonces, bound to where a value belongs."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class SealBroken(Exception):
    """A sealed value can't be opened: altered, cut, moved from elsewhere, or of another key."""


def new_key() -> bytes:
    """Return a fresh key of 256 bits."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def close_with(key: bytes, plain: bytes, place: bytes) -> bytes:
    """Return nonce, ciphertext and tag; only who names the same place can open them."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def open_with(key: bytes, closed: bytes, place: bytes) -> bytes:
    """Return what `close_with` was given.

    Raises:
        SealBroken: when it is not exactly that, with that key and that place.
    """
    if len(closed) < _NONCE_BYTES + _TAG_BYTES:
        raise SealBroken("a sealed value is cut short")
    try:
        return AESGCM(key).decrypt(closed[:_NONCE_BYTES], closed[_NONCE_BYTES:], place)
    except InvalidTag as error:
        raise SealBroken("a sealed value was altered, moved, or sealed with another key") from error
