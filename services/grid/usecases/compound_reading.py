"""Owns reading compounds: one on a day, and lists."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from services.grid.domain import dated
from services.grid.domain.compounds import CompoundState, CompoundUnknown, size_class
from services.grid.domain.dated import Step
from services.grid.models.compounds import Compound, CompoundStateRow
from services.grid.schemas.compounds import (
    AsOf,
    CompoundPage,
    CompoundView,
    EntranceView,
    FacilityView,
    LightsView,
    ListCompounds,
    PropertyView,
    RenewalView,
)
from services.grid.usecases.area_days import day_of
from services.grid.usecases.areas_there import part_of
from services.grid.usecases.compound_records import state_of, steps_of
from shared.auth.callers import Caller, within
from shared.http.listing import Key, Listing

_BY_CODE = Listing("compounds", {"code": (Key(CompoundStateRow.code),)})


def get_compound(
    session: Session, code: str, wanted: AsOf, who: Caller, now: datetime
) -> CompoundView:
    """Return a compound as it is on a day; without a day, one that is yet to be, too.

    Raises:
        CompoundUnknown: when there is none of that code in the caller's areas, or not on that day.
    """
    row = session.scalar(select(Compound).where(Compound.code == code))
    steps = steps_of(session, code)
    if row is None or not steps:
        raise CompoundUnknown
    shown = dated.in_force(steps, wanted.on) if wanted.on else dated.shown_on(steps, day_of(now))
    if shown is None or not who.may_act_in(shown.value.community_code):
        raise CompoundUnknown
    return view_of(row, shown)


def list_compounds(
    session: Session, wanted: ListCompounds, who: Caller, now: datetime
) -> CompoundPage:
    """Return a page of the compounds in the caller's areas that there are on a day, by code.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = _chosen(wanted, part_of(wanted.area, who.areas), wanted.on or day_of(now))
    page = _BY_CODE.page(session, found, wanted)
    codes = [row.code for row in page.items]
    of = {
        one.code: one for one in session.scalars(select(Compound).where(Compound.code.in_(codes)))
    }
    views = [view_of(of[row.code], Step(row.since, state_of(row))) for row in page.items]
    return CompoundPage(views, page.next)


def holding_on(day: date) -> ColumnElement[bool]:
    """Return the condition that a state of a compound is that of a day."""
    return and_(
        CompoundStateRow.since <= day,
        or_(CompoundStateRow.until.is_(None), CompoundStateRow.until > day),
    )


def view_of(row: Compound, shown: Step[CompoundState]) -> CompoundView:
    """Return a compound as callers see it from a day on."""
    state, lights = shown.value, shown.value.lights
    return CompoundView(
        id=row.id,
        code=row.code,
        name=state.name,
        community_code=state.community_code,
        cell_code=state.cell_code,
        kind=state.kind,
        households=state.households,
        size_class=size_class(state.households),
        floor_area_m2=state.floor_area_m2,
        buildings_count=state.buildings_count,
        year_built=state.year_built,
        renewal=RenewalView(state.renewal_state, state.renewal_year, state.renewal_basis),
        property=PropertyView(state.management, state.company),
        entrances=[EntranceView(e.name, e.main, e.safety_post) for e in state.entrances],
        corridor_lights=LightsView(lights.total, lights.installed) if lights else None,
        lights_by_building=state.lights_by_building,
        facilities=[FacilityView(f.kind, f.count, f.in_use) for f in state.facilities],
        active=state.active,
        since=shown.since,
        next_change_on=row.next_change_on,
        version=row.version,
    )


def _chosen(wanted: ListCompounds, areas: Sequence[str], day: date) -> Select[CompoundStateRow]:
    found = select(CompoundStateRow).where(
        holding_on(day), within(CompoundStateRow.community_code, areas)
    )
    if wanted.kind is not None:
        found = found.where(CompoundStateRow.kind == wanted.kind)
    if wanted.renewal is not None:
        found = found.where(CompoundStateRow.renewal_state == wanted.renewal)
    if wanted.management is not None:
        found = found.where(CompoundStateRow.management == wanted.management)
    return found
