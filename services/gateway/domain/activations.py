"""Owns the codes with which a person sets a password for the first time, or anew."""

import secrets
from datetime import timedelta

from shared.errors import Rejected

LIFE = timedelta(hours=72)
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0 and O, 1 and I: people read it from paper."""
_CHARACTERS = 12


class ActivationRefused(Rejected):
    """The code is wrong, used or over, or the username is; the answer doesn't say which."""

    status = 401
    zh = "用户名或激活码不正确，或激活码已失效"
    en = "The username or the activation code is wrong, or the code is over"


def new_code() -> str:
    """Return a fresh code of 60 random bits, in three groups."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_CHARACTERS)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, _CHARACTERS, 4))


def normalised_code(code: str) -> str:
    """Return a code as it is compared: however it was typed."""
    return "".join(code.split()).replace("-", "").upper()
