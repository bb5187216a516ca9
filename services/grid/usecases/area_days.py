"""Owns what the register says of a day: which areas there are on it, and what they are called."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from services.grid.domain.areas import AreaNotRegistered, Level, subtree_of
from services.grid.models.areas import Area, AreaChangeRow, AreaLink, AreaVersion
from shared.clock import SHANGHAI
from shared.errors import Conflict, Rejected


class AreaNotThatDay(Rejected):
    """The register has the area, but not on that day: it came later, or went on in others."""

    zh = "区划 {code} 在 {day} 不存在（尚未设立或已撤销）"
    en = "There is no area {code} on {day}: not yet, or no longer"


class AreaEndsLater(Conflict):
    """Something is to begin in an area that is there on the day, and is to end later."""

    zh = "区划 {code} 自 {day} 起撤销，不能在其中新设区划；请先撤销该变更或改在后续区划中设立"
    en = "The area {code} ends on {day}: nothing can begin in it; undo that, or use what follows it"


@dataclass(frozen=True)
class AreaPeriod:
    """An area from a day (none: from ever) until before another (none: for ever)."""

    code: str
    name: str
    since: date | None
    until: date | None


def day_of(now: datetime) -> date:
    """Return the day in Asia/Shanghai."""
    return now.astimezone(SHANGHAI).date()


def holds_on(day: date) -> ColumnElement[bool]:
    """Return the condition that a version of an area is that of a day."""
    return and_(
        or_(AreaVersion.since.is_(None), AreaVersion.since <= day),
        or_(AreaVersion.until.is_(None), AreaVersion.until > day),
    )


def name_on(session: Session, field: str, code: str, day: date) -> str:
    """Return what an area is called on a day; `field` is where the caller named it.

    Raises:
        AreaNotRegistered, AreaNotThatDay
    """
    area = session.get(Area, code)
    if area is None:
        raise AreaNotRegistered(field, code=code)
    if not area.dated:
        return area.name
    name = session.scalar(select(AreaVersion.name).where(AreaVersion.code == code, holds_on(day)))
    if name is None:
        raise AreaNotThatDay(field, code=code, day=day)
    return name


def versions_of(session: Session, code: str) -> list[AreaVersion]:
    """Return what an area is on which days, by day; nothing where it never changed."""
    found = select(AreaVersion).where(AreaVersion.code == code)
    return list(session.scalars(found.order_by(AreaVersion.since.asc().nulls_first())))


def require_lasting(session: Session, field: str, code: str, day: date) -> None:
    """Refuse an area that isn't there from a day on: nothing may begin in what is to end.

    Raises:
        AreaNotRegistered, AreaNotThatDay, AreaEndsLater
    """
    name_on(session, field, code, day)
    after = aliased(AreaVersion)
    goes_on = exists().where(after.code == AreaVersion.code, after.since == AreaVersion.until)
    end = session.scalar(
        select(func.min(AreaVersion.until)).where(
            AreaVersion.code == code, AreaVersion.until > day, ~goes_on
        )
    )
    if end is not None:
        raise AreaEndsLater(field, code=code, day=end)


def goes_on_as(session: Session, code: str, day: date) -> str:
    """Return the area that an area goes on as on a day: itself while it is there.

    One that has ended goes on in its successor; of several, nobody can say in which.
    """
    area, seen = session.get(Area, code), {code}
    while area is not None and area.dated and not _is_there(session, area.code, day):
        following = _followed_by(session, area.code, day)
        if len(following) != 1 or following[0] in seen:
            return code  # split, abolished, or moved there and back
        seen.add(following[0])
        area = session.get(Area, following[0])
    return code if area is None else area.code


def _followed_by(session: Session, code: str, day: date) -> Sequence[str]:
    """Return in which areas one goes on that isn't there on a day, by the change that ended it.

    What an earlier change did, which was undone since, counts no longer.
    """
    ended = select(func.max(AreaVersion.until)).where(
        AreaVersion.code == code, AreaVersion.until <= day
    )
    return session.scalars(
        select(AreaLink.to_code)
        .join(AreaChangeRow, AreaChangeRow.id == AreaLink.change_id)
        .where(AreaLink.from_code == code)
        .where(AreaChangeRow.effective_on == ended.scalar_subquery())
    ).all()


def go_on_as(session: Session, codes: Collection[str], day: date) -> dict[str, str]:
    """Return for each area as what it goes on; only those that ever changed are looked up."""
    dated = session.scalars(select(Area.code).where(Area.code.in_(codes), Area.dated))
    return {code: code for code in codes} | {
        code: goes_on_as(session, code, day) for code in dated.all()
    }


def _is_there(session: Session, code: str, day: date) -> bool:
    there = select(exists().where(AreaVersion.code == code, holds_on(day)))
    return bool(session.scalar(there))


def periods_under(
    session: Session, prefix: str, levels: Collection[Level], since: date
) -> list[AreaPeriod]:
    """Return areas under a prefix, by code, with the periods of those that are there after a day.

    An area whose name changes in the period comes once per name.
    """
    first, past = subtree_of(prefix)
    rows = session.execute(
        select(Area.code, Area.name, Area.dated, AreaVersion)
        .outerjoin(AreaVersion, AreaVersion.code == Area.code)
        .where(Area.code >= first, Area.code < past, Area.level.in_(levels))
        .where(or_(~Area.dated, AreaVersion.until.is_(None), AreaVersion.until > since))
        .order_by(Area.code, AreaVersion.since.asc().nulls_first())
    )
    return [
        AreaPeriod(code, version.name, version.since, version.until)
        if version
        else AreaPeriod(code, name, None, None)
        for code, name, _, version in rows
    ]
