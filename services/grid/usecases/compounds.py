"""Owns recording compounds: what each is from a day on."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import compounds, dated
from services.grid.domain.compounds import CompoundState, Entrance, Facility, Lights
from services.grid.domain.dated import Step, Steps
from services.grid.models.compounds import Compound
from services.grid.models.groups import GroupMember
from services.grid.schemas.compounds import CompoundView, PutCompound
from services.grid.usecases.area_days import day_of
from services.grid.usecases.areas_there import require_named
from services.grid.usecases.compound_reading import view_of
from services.grid.usecases.compound_records import Cause, change, locked, record, steps_of
from shared.auth.callers import Caller
from shared.errors import Conflict
from shared.http.etags import Expected, PreconditionRequired, require_version
from shared.ids import new_id
from shared.privacy.personal_numbers import require_nobody_named


class CompoundInGroup(Conflict):
    """A compound leaves its community, or ends, while a group there still counts on it."""

    zh = "该小区仍在 {group} 中，请先从中移出"
    en = "The compound is still in {group}; take it out of that first"


@dataclass(frozen=True)
class CompoundChange:
    """Which compound (and building) it is about, who asks, and which versions they may have seen.

    `conditional` tells "any version" (`*`) from a request that doesn't say.
    """

    code: str
    who: Caller
    expected: Expected = None
    conditional: bool = False
    number: str = ""


@dataclass(frozen=True)
class CompoundPut:
    """What became of it."""

    view: CompoundView
    created: bool


def put_compound(
    session: Session, asked: CompoundChange, request: PutCompound, now: datetime
) -> CompoundPut:
    """Record a compound, or what it is to be from a day on; what is so already changes nothing.

    Raises:
        AreaNotGranted: when the community is not the caller's, or that where the compound was.
        CodeMalformed, RenewalUnclear, PropertyUnclear, CellElsewhere, GivenTwice,
        MoreThanThereAre, TextNamesSomebody, AreaNotRegistered, AreaNotThatDay
        LightsOfBuildings, CompoundInGroup, LaterChangeRecorded
        PreconditionRequired, Stale: when there is one, and the caller doesn't say which version of
            it was seen, or another.
        CompoundUnknown: when a version is expected of a compound that doesn't exist.
    """
    day = request.effective_on or day_of(now)
    wanted = _checked(session, asked, request, day)
    if not asked.conditional and (made := _created(session, asked, Step(day, wanted), now)):
        return CompoundPut(view_of(made, Step(day, wanted)), created=True)
    row = locked(session, asked.code)
    steps = steps_of(session, asked.code)
    standing = dated.shown_on(steps, day)
    asked.who.require_area("community_code", standing.value.community_code)
    wanted = _with_its_lights(wanted, standing.value)
    if standing.since > day or standing.value != wanted:
        steps = _changed(session, row, asked, steps, Step(day, wanted), now)
    return CompoundPut(view_of(row, dated.shown_on(steps, day)), created=False)


def require_seen(asked: CompoundChange, version: int, current: object) -> None:
    """Refuse a change by somebody who doesn't say which version they saw, or saw another.

    Raises:
        PreconditionRequired, Stale
    """
    if not asked.conditional:
        raise PreconditionRequired("If-Match")
    require_version(asked.expected, version, lambda: current)


def _checked(
    session: Session, asked: CompoundChange, request: PutCompound, day: date
) -> CompoundState:
    asked.who.require_area("community_code", request.community_code)
    compounds.require_code(asked.code)
    wanted = _wanted(request)
    compounds.require_sound(wanted)
    _require_nobody_named(wanted)
    ended = not wanted.active
    require_named(session, "community_code", wanted.community_code, day, ended=ended)
    if wanted.cell_code is not None:
        require_named(session, "cell_code", wanted.cell_code, day, ended=ended)
    return wanted


def _wanted(request: PutCompound) -> CompoundState:
    lights = request.corridor_lights
    return CompoundState(
        name=request.name,
        community_code=request.community_code,
        cell_code=request.cell_code,
        kind=request.kind,
        households=request.households,
        floor_area_m2=request.floor_area_m2,
        buildings_count=request.buildings_count,
        year_built=request.year_built,
        renewal_state=request.renewal.state,
        renewal_year=request.renewal.planned_year,
        renewal_basis=request.renewal.basis,
        management=request.property.management,
        company=request.property.company,
        entrances=tuple(Entrance(e.name, e.main, e.safety_post) for e in request.entrances),
        facilities=tuple(Facility(f.kind, f.count, f.in_use) for f in request.facilities),
        lights=Lights(lights.total, lights.installed) if lights else None,
        lights_by_building=False,
        active=request.active,
    )


def _require_nobody_named(state: CompoundState) -> None:
    require_nobody_named(
        **{
            "name": state.name,
            "renewal.basis": state.renewal_basis or "",
            "property.company": state.company or "",
            **{f"entrances.{n}.name": one.name for n, one in enumerate(state.entrances)},
        }
    )


def _created(
    session: Session, asked: CompoundChange, first: Step[CompoundState], now: datetime
) -> Compound | None:
    """Make the compound unless there is one; of two who make it at once the other waits."""
    new = insert(Compound).values(
        id=new_id(), code=asked.code, version=1, created_at=now, updated_at=now
    )
    made = session.scalar(
        new.on_conflict_do_nothing(index_elements=["code"]).returning(Compound.id)
    )
    if made is None:
        return None
    row = session.get_one(Compound, made)
    record(session, [(row, (first,))], Cause(asked.who.id), now)
    return row


def _changed(
    session: Session,
    row: Compound,
    asked: CompoundChange,
    steps: Steps[CompoundState],
    wanted: Step[CompoundState],
    now: datetime,
) -> Steps[CompoundState]:
    standing = dated.shown_on(steps, wanted.since)
    require_seen(asked, row.version, view_of(row, standing))
    _require_free(session, asked.code, standing.value, wanted)
    changed = dated.changed(steps, wanted.since, wanted.value)
    change(session, [(row, changed)], Cause(asked.who.id), now)
    return changed


def _with_its_lights(wanted: CompoundState, standing: CompoundState) -> CompoundState:
    """Return the state with the corridor lights of the buildings, where those give any."""
    if not standing.lights_by_building or standing.lights is None:
        return wanted
    total, installed = standing.lights.total, standing.lights.installed
    if wanted.lights not in (None, standing.lights):
        raise compounds.LightsOfBuildings("corridor_lights", total=total, installed=installed)
    return replace(wanted, lights=standing.lights, lights_by_building=True)


def _require_free(
    session: Session, code: str, standing: CompoundState, wanted: Step[CompoundState]
) -> None:
    """Refuse to move or end a compound that is in a group of its community on that day or later."""
    if wanted.value.active and wanted.value.community_code == standing.community_code:
        return
    group = session.scalar(
        select(GroupMember.code)
        .where(GroupMember.member == code, GroupMember.kind != "zone")
        .where(or_(GroupMember.until.is_(None), GroupMember.until > wanted.since))
        .order_by(GroupMember.code)
        .limit(1)
    )
    if group is not None:
        raise CompoundInGroup("community_code", group=group)
