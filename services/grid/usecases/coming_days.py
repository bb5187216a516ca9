"""Owns telling of what was recorded ahead on the day when it begins to hold."""

from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.models.compounds import Compound
from services.grid.models.groups import Group
from services.grid.usecases import compound_records, group_records
from services.grid.usecases.area_days import day_of
from services.grid.usecases.compound_records import Cause

BATCH = 100
_ITS_DAY = Cause()
Thing = TypeVar("Thing", Compound, Group)


def tell_of_the_day(session: Session, now: datetime) -> int:
    """Say again a batch of the compounds and groups for which a recorded day came.

    Several workers may do it at once: what another has locked is passed over. After an outage each
    is said once, as it is by then.
    """
    today = day_of(now)
    compounds, groups = _due(session, Compound, today), _due(session, Group, today)
    for compound in compounds:
        compound.version += 1
    for group in groups:
        group.version += 1
    if compounds:
        states = compound_records.steps_of_all(session, [row.code for row in compounds])
        many = [(row, states[row.code]) for row in compounds]
        compound_records.tell(session, many, _ITS_DAY, now)
    if groups:
        reaches = group_records.steps_of_all(session, [row.code for row in groups])
        group_records.tell(session, [(row, reaches[row.code]) for row in groups], _ITS_DAY, now)
    return len(compounds) + len(groups)


def _due(session: Session, thing: type[Thing], today: date) -> list[Thing]:
    found = (
        select(thing)
        .where(thing.next_change_on <= today)
        .order_by(thing.next_change_on, thing.code)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(found))
