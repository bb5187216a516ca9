"""Owns what a password costs to check: argon2id, as many at once as there are cores to spare."""

import math
import os
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn  # type: ignore[import-untyped]
from zxcvbn.matching import L33T_TABLE  # type: ignore[import-untyped]

MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
"""OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane."""
NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$EMMq9qM4dtH49ItqhjP8vw"
    "$43GrPF+gMrCRz3MV5zFlZa7dg6spCu8b6z0uo9p8AXE"
)
"""A hash that is checked where there is none, so that an unknown username takes as long."""
_LONGEST = 1024
_WEIGHED = 32
"""zxcvbn is slower than quadratic: 72 hostile characters keep it 0.6 s, 32 keep it 0.1 s. A
password whose beginning is hard to guess is hard to guess."""
_READINGS = 8
"""In so many ways may zxcvbn read signs as letters; each costs as much as the password itself."""
_LETTERS = {
    ord(sign): letter
    for letter, signs in reversed(L33T_TABLE.items())
    for sign in signs
    if not sign.isdigit()
}
"""What signs stand for in p@$$word; digits are left to zxcvbn, they make dates and rows as well."""


class PasswordHashes:
    """Hashes and checks passwords, in whatever thread asks, a few at a time.

    One check takes 19 MiB and 20 ms of a core. As many as there are request threads would leave
    no core to answer anything else while somebody guesses; so all but one core may be busy with
    it, and the others wait. With 16 threads and one core nobody waits longer than 0.4 s.
    """

    def __init__(self, at_once: int) -> None:
        """Take how many may run at once; passwords are weighed one at a time beside them."""
        self._hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES)
        self._turn = threading.BoundedSemaphore(at_once)
        self._weighing = threading.Lock()

    def hash(self, password: str) -> str:
        """Return what to store of a normalised password."""
        with self._turn:
            return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether a normalised password is the one; without a stored hash it never is.

        It takes the same time whether there is one.
        """
        with self._turn:
            try:
                right = self._hasher.verify(stored or NOBODYS, password[:_LONGEST])
            except (VerificationError, InvalidHashError):
                return False
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def strength(self, password: str, username: str) -> int:
        """Return how hard a password is to guess for who knows the username, from 0 to 4.

        Whoever signs in doesn't wait for it.
        """
        with self._weighing:
            return int(zxcvbn(_weighable(password), user_inputs=[username])["score"])


def _weighable(password: str) -> str:
    """Return the beginning of a password; with too many readings of its signs, one of them.

    zxcvbn tries every choice of one sign per letter: `4@8({[<369!1|/0$5+7%2` has 576 of them and
    took 1.4 s of the 0.01 s that others take.
    """
    begin = password[:_WEIGHED]
    present = ([sign for sign in signs if sign in begin] for signs in L33T_TABLE.values())
    readings = math.prod(len(signs) or 1 for signs in present)
    return begin if readings <= _READINGS else begin.translate(_LETTERS)


@cache
def password_hashes() -> PasswordHashes:
    """Return the one of this process."""
    return PasswordHashes(max(1, len(os.sched_getaffinity(0)) - 1))
