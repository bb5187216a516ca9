"""Owns the rules on how somebody may be reached, and on who may see and change it."""

import re
import unicodedata
from typing import Literal
from uuid import UUID

from shared.auth.roles import Role
from shared.errors import NotFound, Rejected

SpokenLanguage = Literal["zh-CN", "en"]
_LONGEST_LOCAL, _LONGEST = 64, 254
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})+)")
_PHONE = re.compile(r"\+?[0-9](?:[0-9 -]{3,22})[0-9]")


class RecipientUnknown(NotFound):
    """Nobody said how to reach that person."""

    zh = "该人员没有登记联系方式"
    en = "Nobody said how to reach that person"


class NotOwnRecipient(Rejected):
    """Only the person, an administrator or a client with the scope may do this."""

    status = 403
    zh = "只能查看和修改本人的联系方式"
    en = "You may see and change how you yourself are reached, nobody else"


class EmailMalformed(Rejected):
    """The text is no e-mail address that every mail server takes."""

    zh = "电子邮箱格式不正确"
    en = "This is not a valid e-mail address"


class PhoneMalformed(Rejected):
    """The text is no telephone number."""

    zh = "电话号码格式不正确"
    en = "This is not a valid telephone number"


def require_own(
    person_id: UUID, caller_id: UUID, roles: frozenset[Role], *, is_client: bool = False
) -> None:
    """Refuse who is neither the person nor an administrator nor another system with the scope.

    Raises:
        NotOwnRecipient
    """
    if not is_client and caller_id != person_id and "administrator" not in roles:
        raise NotOwnRecipient


def normalised_email(text: str) -> str:
    """Return an address without blanks around it: ASCII, one `@`, no quoting, 254 characters.

    So it fits every header and every SMTP command as it is (RFC 5321, 4.1.2 and 4.5.3.1).

    Raises:
        EmailMalformed
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    match = _EMAIL.fullmatch(plain)
    if match is None or len(match[1]) > _LONGEST_LOCAL or len(plain) > _LONGEST:
        raise EmailMalformed("email")
    return f"{match[1]}@{match[2].lower()}"


def normalised_phone(text: str) -> str:
    """Return a number as it was written, in ASCII digits.

    Raises:
        PhoneMalformed
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _PHONE.fullmatch(plain):
        raise PhoneMalformed("phone")
    return plain
