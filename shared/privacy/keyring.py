"""Owns a service's own keys: they seal persons' keys and secrets, and make blind indexes.

A sealed value says which key opens it: version (1 byte, 1), length of the key's id (1 byte), the
id (ASCII), nonce (12 bytes), ciphertext and tag. All before the nonce, and the context, is bound.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from shared.config import BadConfiguration, required
from shared.privacy.sealing import KEY_BYTES, SealBroken, close_with, open_with

_DATA_KEYS = "LINLI_DATA_KEYS"
_INDEX_KEY = "LINLI_INDEX_KEY"
_VERSION = 1
_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_CHINA = re.compile(r"(?:00)?86(1[0-9]{10})")


class KeyUnknown(SealBroken):
    """A value was sealed with a key that is not on the ring; the message names it."""


class Keyring:
    """The keys of one service: the first seals, all of them open."""

    def __init__(self, keys: Mapping[str, bytes], index_key: bytes) -> None:
        """Take keys of 32 bytes by id, the newest first, and the key of blind indexes."""
        self._keys = dict(keys)
        self._index_key = index_key
        self._index_keys: dict[str, bytes] = {}
        self.ids = tuple(self._keys)
        self.newest = self.ids[0]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Keyring":
        """Build the ring from LINLI_DATA_KEYS and LINLI_INDEX_KEY, or from the files they name.

        Raises:
            BadConfiguration: when something is missing or no key; it never shows a key.
        """
        keys: dict[str, bytes] = {}
        for number, line in enumerate(required(_DATA_KEYS, environ).splitlines(), 1):
            if line.strip():
                key_id, key = _parsed(line.strip(), f"{_DATA_KEYS}, line {number}")
                if key_id in keys:
                    raise BadConfiguration(f"{_DATA_KEYS}: the key id {key_id} occurs twice")
                keys[key_id] = key
        if not keys:
            raise BadConfiguration(f"{_DATA_KEYS} holds no key")
        index_key = _key_of(required(_INDEX_KEY, environ).strip(), _INDEX_KEY)
        if index_key in keys.values():
            raise BadConfiguration(f"{_INDEX_KEY} must differ from every key of {_DATA_KEYS}")
        return cls(keys, index_key)

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """Seal with the newest key; only who names the same context can open it."""
        header = header_of(self.newest)
        return header + close_with(self._keys[self.newest], plain, header + context.encode())

    def decrypt(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed in this context.

        Raises:
            KeyUnknown: when it was sealed with a key that is not on the ring.
            SealBroken: when it was altered, cut, or sealed in another context.
        """
        key_id = self.key_id_of(sealed)
        if key_id not in self._keys:
            raise KeyUnknown(f"the data key {key_id} is not on the ring ({', '.join(self.ids)})")
        header = header_of(key_id)
        return open_with(self._keys[key_id], sealed[len(header) :], header + context.encode())

    @staticmethod
    def key_id_of(sealed: bytes) -> str:
        """Return the id of the key that opens a sealed value.

        Raises:
            SealBroken: when it is no sealed value.
        """
        if len(sealed) < 2 or sealed[0] != _VERSION:
            raise SealBroken("not a value that a keyring sealed")
        key_id = sealed[2 : 2 + sealed[1]].decode("ascii", "replace")
        if not _KEY_ID.fullmatch(key_id):
            raise SealBroken("not a value that a keyring sealed")
        return key_id

    def blind_index(self, kind: str, text: str) -> bytes:
        """Return 32 bytes that are equal for equal texts of one kind, and tell nothing else."""
        if kind not in self._index_keys:
            self._index_keys[kind] = HKDF(
                algorithm=hashes.SHA256(),
                length=KEY_BYTES,
                salt=None,
                info=b"linli blind index: " + kind.encode(),
            ).derive(self._index_key)
        return hmac.digest(self._index_keys[kind], normalised(kind, text).encode(), hashlib.sha256)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.ids)})"


def of(session: Session) -> Keyring:
    """Return the keys of the process, which `Transactions` gave the session.

    Raises:
        BadConfiguration: when the process was started without.
    """
    keyring = session.info.get("keyring")
    if not isinstance(keyring, Keyring):
        raise BadConfiguration(f"this process was started without {_DATA_KEYS}")
    return keyring


def header_of(key_id: str) -> bytes:
    """Return the bytes that everything sealed with this key begins with."""
    return bytes((_VERSION, len(key_id))) + key_id.encode("ascii")


def is_key_id(text: str) -> bool:
    """Tell whether a key may be called so: 1–40 letters, digits, `.`, `_`, `-`."""
    return _KEY_ID.fullmatch(text) is not None


def normalised(kind: str, text: str) -> str:
    """Return the form in which texts are compared; of a phone the digits, without +86."""
    plain = unicodedata.normalize("NFKC", text)
    if kind == "phone":
        digits = "".join(str(unicodedata.decimal(one)) for one in plain if one.isdecimal())
        mobile = _CHINA.fullmatch(digits)
        return mobile[1] if mobile else digits
    return unicodedata.normalize("NFKC", plain.casefold()).strip()


def _parsed(line: str, where: str) -> tuple[str, bytes]:
    key_id, colon, key = line.partition(":")
    if not colon:
        raise BadConfiguration(f"{where}: must be key-id:base64")
    if not is_key_id(key_id):
        raise BadConfiguration(f"{where}: the key id must be 1-40 letters, digits or . _ -")
    return key_id, _key_of(key, where)


def _key_of(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadConfiguration(f"{where}: the key is not base64") from None
    if len(key) != KEY_BYTES:
        raise BadConfiguration(f"{where}: the key has {len(key)} bytes, not {KEY_BYTES}")
    return key
