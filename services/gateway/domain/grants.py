"""Owns which grants hold on a day, and what a grant must be."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.auth.claims import Grant
from shared.auth.roles import EVERYONE, Role
from shared.clock import SHANGHAI
from shared.errors import Conflict, NotFound, Rejected

MOST_AREAS = 200
"""Of one grant; a token carries them, and has to fit into a header."""
MOST_AREAS_OF_ACCOUNT = 300
AREALESS: frozenset[Role] = frozenset(("operator", "administrator"))
"""Their work has no area."""
_AREA = re.compile(r"[0-9]+")
_LENGTHS = (2, 4, 6, 9, 12, 15)
"""Province, city, district, street, community, cell."""


class RoleUnknown(Rejected):
    """There is no such role."""

    zh = "没有角色“{role}”；可用：{known}"
    en = "There is no role {role}; there are: {known}"


class AreaMalformed(Rejected):
    """An area is a code of 2, 4, 6, 9, 12 or 15 digits."""

    zh = "区划代码“{code}”不正确，须为 2、4、6、9、12 或 15 位数字"
    en = "{code} is no area code: 2, 4, 6, 9, 12 or 15 digits"


class AreasMissing(Rejected):
    """A grant without areas would allow nothing."""

    zh = "该角色须至少授予一个区划"
    en = "This role needs at least one area"


class TooManyAreas(Rejected):
    """All areas of an account travel in its tokens."""

    zh = "区划过多：一项授权至多 {most} 个，一个账号至多 {most_of_account} 个；请改用上级区划"
    en = "Too many areas: at most {most} a grant, {most_of_account} an account; name one above"


class GrantBackwards(Rejected):
    """The grant would end before it begins."""

    zh = "授权截止日期不得早于开始日期"
    en = "A grant can't end before it begins"


class GrantUnknown(NotFound):
    """The account has no such grant."""

    zh = "未找到该项授权"
    en = "The account has no such grant"


class GrantAlreadyEnded(Conflict):
    """Somebody ended it before."""

    zh = "该项授权已终止"
    en = "The grant was ended before"


@dataclass(frozen=True)
class HeldGrant:
    """A grant with its days; both ends belong to it."""

    role: Role
    areas: tuple[str, ...]
    valid_from: date
    valid_until: date | None = None
    ended_at: datetime | None = None


def today(now: datetime) -> date:
    """Return the day of offices at a moment: Asia/Shanghai."""
    return now.astimezone(SHANGHAI).date()


def holds_on(grant: HeldGrant, day: date) -> bool:
    """Tell whether a grant holds on a day; one that was ended holds no more at once."""
    begun = grant.valid_from <= day
    return begun and grant.ended_at is None and (grant.valid_until or day) >= day


def grants_on(grants: Iterable[HeldGrant], day: date) -> tuple[Grant, ...]:
    """Return what a token of that day says: the grants that hold, in their order."""
    return tuple(Grant(one.role, one.areas) for one in grants if holds_on(one, day))


def require_grant(grant: HeldGrant) -> None:
    """Refuse a grant that can't mean anything.

    Raises:
        RoleUnknown, AreaMalformed, AreasMissing, TooManyAreas, GrantBackwards: each names its
            field.
    """
    if grant.role not in EVERYONE:
        raise RoleUnknown("role", role=grant.role, known="、".join(EVERYONE))
    require_codes(grant.areas)
    if not grant.areas and grant.role not in AREALESS:
        raise AreasMissing("areas")
    if len(grant.areas) > MOST_AREAS:
        raise _too_many()
    if grant.valid_until is not None and grant.valid_until < grant.valid_from:
        raise GrantBackwards("valid_until")


def require_codes(areas: Iterable[str]) -> None:
    """Refuse what is no code of an area of any level.

    Raises:
        AreaMalformed
    """
    for code in areas:
        if len(code) not in _LENGTHS or not (code.isascii() and _AREA.fullmatch(code)):
            raise AreaMalformed("areas", code=code[:20])


def require_room(grants: Sequence[HeldGrant]) -> None:
    """Refuse more areas than an account's tokens can carry; ended grants count for nothing.

    Raises:
        TooManyAreas
    """
    if sum(len(one.areas) for one in grants if one.ended_at is None) > MOST_AREAS_OF_ACCOUNT:
        raise _too_many()


def overlapping(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Tell whether one's areas lie in, above or among another's."""
    return any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs)


def _too_many() -> TooManyAreas:
    return TooManyAreas("areas", most=MOST_AREAS, most_of_account=MOST_AREAS_OF_ACCOUNT)
