"""Owns random secrets that are shown once: refresh tokens, client secrets, states of sign-ins.

They have 256 random bits, so SHA-256 is enough to keep them by: nobody can try 2²⁵⁶ values, and a
slow hash, which passwords need because people choose them, would only cost time.
"""

import hashlib
import secrets

_BYTES = 32
REFRESH = "lr_"
CLIENT = "ls_"
"""What each begins with, for those who search code and logs for secrets that got there."""


def new_opaque(prefix: str = "") -> str:
    """Return a fresh secret, in letters, digits, - and _."""
    return prefix + secrets.token_urlsafe(_BYTES)


def fingerprint(opaque: str) -> bytes:
    """Return what is stored instead of the secret: its SHA-256."""
    return hashlib.sha256(opaque.encode("utf-8", "surrogatepass")).digest()
