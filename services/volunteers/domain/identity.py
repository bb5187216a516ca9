"""Owns who a volunteer may say they are: a name that can be written, a number that can be true."""

import re
import unicodedata
from datetime import date, datetime
from typing import Literal

from shared.clock import SHANGHAI
from shared.errors import Conflict, NotFound, Rejected

VolunteerState = Literal["active", "erased"]
LONGEST_NAME = 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_ID_NUMBER = re.compile(r"[1-9][0-9]{5}(?P<birth>[0-9]{8})[0-9]{3}[0-9X]")
_CHECK_CHARACTERS = "10X98765432"
_FIRST_YEAR = 1900


class VolunteerUnknown(NotFound):
    """No volunteer of that id is there, or the caller may not know of them."""

    zh = "没有此志愿者"
    en = "There is no such volunteer"


class AlreadyVolunteer(Conflict):
    """The person has registered before."""

    zh = "您已登记为志愿者"
    en = "You have registered as a volunteer already"


class RealNameMalformed(Rejected):
    """The name is empty, too long, or has characters that turn text around or break lines."""

    zh = "姓名须为 1 到 {most} 个字，不得含控制字符"
    en = "A name has 1 to {most} characters and no control characters"


class IdNumberMalformed(Rejected):
    """The number can't be that of an identity card: its form, its date or its check character."""

    zh = "身份证号码有误：须为 18 位，且出生日期与校验码正确"
    en = "The ID number is wrong: 18 characters, with a true date of birth and check character"


class IdNumberTaken(Conflict):
    """Somebody else registered with the same number."""

    zh = "该身份证号码已登记"
    en = "Somebody has registered with this ID number already"


class AlreadyErased(Conflict):
    """Nothing is held on the volunteer any more."""

    zh = "该志愿者的个人信息已被删除"
    en = "The volunteer's data has been erased already"


def normalised_real_name(name: str) -> str:
    """Return a person's name as it is stored: NFC, without blanks around it.

    Raises:
        RealNameMalformed: naming the field `real_name`.
    """
    trimmed = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(trimmed) <= LONGEST_NAME or _CONTROL.search(trimmed):
        raise RealNameMalformed("real_name", most=LONGEST_NAME)
    return trimmed


def normalised_id_number(number: str, now: datetime) -> str:
    """Return a citizen's identity number as it is stored: 18 characters, X in upper case.

    Source: GB 11643-1999; its check character is that of ISO 7064, MOD 11-2.

    Raises:
        IdNumberMalformed: naming the field `id_number`, and never the number.
    """
    plain = unicodedata.normalize("NFKC", number).strip().upper()
    found = _ID_NUMBER.fullmatch(plain)
    if found is None or not _may_be_born(found["birth"], now) or plain[17] != _check(plain):
        raise IdNumberMalformed("id_number")
    return plain


def _may_be_born(digits: str, now: datetime) -> bool:
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return birth.year >= _FIRST_YEAR and birth <= now.astimezone(SHANGHAI).date()


def _check(number: str) -> str:
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number[:17]))
    return _CHECK_CHARACTERS[total % 11]
