"""Owns how numbers that lead to a person are found in texts that are meant to name nobody."""

import re
import unicodedata

from shared.errors import Rejected

_DATE = r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CHINA = r"(?:(?:\+|00)?86[ -]?)?"
_PERSONAL = re.compile(
    r"(?<!\d)(?:"
    # an identity card (GB 11643): the district, the day of birth, a sequence, a check
    rf"[1-9]\d{{5}} ?{_DATE} ?\d{{3}}[\dX](?![\dA-Z])"
    rf"|{_CHINA}1[3-9]\d(?:[ .-]?\d{{4}}){{2}}(?!\d)"
    rf"|{_CHINA}\(?(?:010|02\d|0[3-9]\d{{2}})(?:\) ?|[ -])?\d{{3,4}}[ -]?\d{{4}}(?!\d)"
    r")"
    r"|[A-Z0-9_%+-]@[A-Z0-9-]+\.[A-Z]",
    re.IGNORECASE | re.ASCII,
)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class TextNamesSomebody(Rejected):
    """What is told to other services is kept there for long, and erasure can't reach it."""

    zh = (
        "此处文字会告知其他部门并长期保存，不得含电话、身份证号或电子邮箱；"
        "请写明情况，人员写编号或职务"
    )
    en = (
        "These words are told to other services and kept: leave out telephone and identity numbers"
        " and e-mail addresses; say what it is about, and call people by their id or office"
    )


def require_nobody_named(**texts: str) -> None:
    """Accept texts that go into an event, each by the name of its field.

    Raises:
        TextNamesSomebody: naming the first that holds what looks like a telephone or identity
            number or an e-mail.
    """
    for field, text in texts.items():
        if holds_personal_numbers(text):
            raise TextNamesSomebody(field)


def holds_personal_numbers(text: str) -> bool:
    """Tell whether a text holds what looks like a telephone or identity number, or an e-mail.

    Codes of areas, dates, numbers of cases and ids are none. An identity number of 15 digits,
    not given out since 1999 and void since 2013, can't be told from the code of a grid cell.
    """
    plain = unicodedata.normalize("NFKC", text)
    return _PERSONAL.search(_ID.sub(" ", plain)) is not None
