"""Owns the number that people write on a case: district, day, sequence, check character.

`320508` `20260305` `000017` and a check character by ISO 7064 MOD 11-2, the one that Chinese
identity numbers end with (GB 11643): it finds every single wrong digit and every swap of two
neighbours.
"""

import re
from datetime import date, datetime

from shared.clock import SHANGHAI

LAST_SEQUENCE = 999_999
_NUMBER = re.compile(r"[0-9]{20}[0-9X]")
_CHARACTERS = "0123456789X"


class DayFull(Exception):
    """A district filed its last number of a day; the next day has numbers again."""


def day_of(filed_at: datetime) -> date:
    """Return the day in China on which a case is filed."""
    return filed_at.astimezone(SHANGHAI).date()


def case_number(district_code: str, day: date, sequence: int) -> str:
    """Return the number of the `sequence`-th case that a district files on a day.

    Raises:
        DayFull: past 999,999.
    """
    if sequence > LAST_SEQUENCE:
        raise DayFull(f"{district_code} on {day}")
    digits = f"{district_code}{day:%Y%m%d}{sequence:06d}"
    return digits + check_character(digits)


def check_character(digits: str) -> str:
    """Return the character that ISO 7064 MOD 11-2 puts behind digits."""
    remainder = 0
    for digit in digits:
        remainder = (remainder + int(digit)) * 2 % 11
    return _CHARACTERS[(12 - remainder) % 11]


def is_case_number(number: str) -> bool:
    """Tell whether a number is whole and copied without a slip."""
    return bool(_NUMBER.fullmatch(number)) and check_character(number[:-1]) == number[-1]
