"""Owns the reason that a person gives before touching another's data."""

from shared.errors import Rejected
from shared.privacy.personal_numbers import holds_personal_numbers
from shared.text import is_storable

_LONGEST = 500


class ReasonMissing(Rejected):
    """Nobody unmasks or erases without saying why."""

    zh = "必须填写理由（1 至 500 个字）"
    en = "A reason is required (1 to 500 characters)"


class ReasonNamesSomebody(Rejected):
    """A reason stays in the audit for ever, in plain, and erasure can't reach it."""

    zh = "理由会永久留在审计中，不得含电话、身份证号或电子邮箱；请写明事由，人员写编号或职务"
    en = (
        "A reason stays in the audit for ever: leave out telephone and identity numbers and e-mail"
        " addresses; say what it is about, and call people by their id or office"
    )


def require_new_reason(reason: str) -> str:
    """Return a reason that is to be written down, without blanks around it.

    Raises:
        ReasonMissing: when it is blank, too long, or no text.
        ReasonNamesSomebody: when it holds what looks like a telephone or identity number or e-mail.
    """
    plain = require_reason(reason)
    if holds_personal_numbers(plain):
        raise ReasonNamesSomebody("reason")
    return plain


def require_reason(reason: str) -> str:
    """Return a reason that was written down before, without blanks around it.

    Raises:
        ReasonMissing: when it is blank, too long, or no text.
    """
    plain = reason.strip()
    if not plain or len(plain) > _LONGEST or not is_storable(plain):
        raise ReasonMissing("reason")
    return plain
