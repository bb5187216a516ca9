"""Owns which passwords are good enough: long, and hard to guess; nothing about digits or signs.

NIST SP 800-63B, 5.1.1.2: length and a check against what guessers try, no rules of composition.
"""

import re
import unicodedata

from shared.errors import Rejected

SHORTEST = 12
LONGEST = 128
LEAST_STRENGTH = 3
"""Of zxcvbn's 0 to 4: at least 10⁸ guesses, `safely unguessable` online."""


class PasswordTooShort(Rejected):
    """It has fewer than twelve characters."""

    zh = "密码至少须有 {least} 个字符"
    en = "The password must have at least {least} characters"


class PasswordTooLong(Rejected):
    """It has more characters than anybody types."""

    zh = "密码不得超过 {most} 个字符"
    en = "The password must have at most {most} characters"


class PasswordUnprintable(Rejected):
    """It has characters that no keyboard writes twice alike."""

    zh = "密码含有无法输入的字符"
    en = "The password has characters that can't be typed"


class PasswordTooWeak(Rejected):
    """It is long, yet among the first that a guesser tries."""

    zh = "密码过于容易被猜到：请避免常见词语、键盘顺序、重复字符和用户名"
    en = "The password is easily guessed: avoid common words, keyboard rows, repeats, the username"


class PasswordUnchanged(Rejected):
    """The new password is the old one."""

    zh = "新密码不能与当前密码相同"
    en = "The new password must differ from the current one"


def normalised(password: str) -> str:
    """Return the password as it is hashed: NFC, so that every keyboard's é is the same."""
    return unicodedata.normalize("NFC", password)


def without_username(password: str, username: str) -> str:
    """Return what of a password isn't the username, which everybody knows: this is weighed."""
    if not username:
        return password
    return re.sub(re.escape(username), "", password, flags=re.IGNORECASE)


def require_form(field: str, password: str) -> None:
    """Refuse a normalised password by its length and characters.

    Raises:
        PasswordTooShort, PasswordTooLong, PasswordUnprintable
    """
    if len(password) < SHORTEST:
        raise PasswordTooShort(field, least=SHORTEST)
    if len(password) > LONGEST:
        raise PasswordTooLong(field, most=LONGEST)
    if any(unicodedata.category(one) in ("Cc", "Cs") for one in password):
        raise PasswordUnprintable(field)


def require_strength(field: str, strength: int) -> None:
    """Refuse a password that zxcvbn (0 to 4) finds guessable.

    Raises:
        PasswordTooWeak
    """
    if strength < LEAST_STRENGTH:
        raise PasswordTooWeak(field)
