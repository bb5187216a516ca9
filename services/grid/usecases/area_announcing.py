"""Owns how the others learn what becomes of an area: the whole state, on the day it holds."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.models.areas import Area, AreaLink, AreaVersion
from services.grid.usecases.area_days import day_of, versions_of
from shared.contracts.grid import AreaChangedV1
from shared.messaging import outbox


def announce(
    session: Session, codes: Collection[str], now: datetime, new: Collection[str] = ()
) -> None:
    """Tell what areas are today; `new` are those of which nobody has heard yet."""
    today = day_of(now)
    areas = session.scalars(
        select(Area).where(Area.code.in_(codes)).order_by(Area.code).with_for_update()
    )
    for area in areas.all():
        versions = versions_of(session, area.code)
        current = next((v for v in reversed(versions) if _begun(v, today)), None)
        area.name = current.name if current else area.name
        if area.code not in new:
            area.version += 1
        area.updated_at = now
        outbox.add(session, _state(session, area, versions, today))


def _begun(version: AreaVersion, today: date) -> bool:
    return version.since is None or version.since <= today


def _state(session: Session, area: Area, versions: list[AreaVersion], today: date) -> AreaChangedV1:
    into = select(AreaLink.to_code).where(AreaLink.from_code == area.code).distinct()
    # an area whose beginning was taken back has no version: it is gone from today
    gone = today if area.dated else None
    return AreaChangedV1(
        area_code=area.code,
        name=area.name,
        level=area.level,
        parent_code=area.parent_code,
        since=versions[0].since if versions else None,
        until=versions[-1].until if versions else gone,
        successors=sorted(session.scalars(into)),
        version=area.version,
    )
