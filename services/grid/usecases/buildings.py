"""Owns the buildings of compounds; no event tells of them, those of their compound say the sums."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import compounds, dated
from services.grid.domain.compounds import Building, CompoundState, CompoundUnknown, Lights
from services.grid.domain.dated import Steps
from services.grid.models.compounds import BuildingRow, BuildingVersion, Compound
from services.grid.schemas.compounds import (
    AsOf,
    BuildingPage,
    BuildingView,
    LightsView,
    ListBuildings,
    PutBuilding,
)
from services.grid.usecases.area_days import day_of
from services.grid.usecases.compound_reading import get_compound
from services.grid.usecases.compound_records import Cause, change, locked, steps_of
from services.grid.usecases.compounds import CompoundChange, require_seen
from shared.auth.callers import Caller
from shared.http.listing import Key, Listing
from shared.ids import new_id
from shared.privacy.personal_numbers import require_nobody_named

_BY_NUMBER = Listing("buildings", {"number": (Key(BuildingRow.number),)})
_PLAIN = ("name", "units", "floors", "households", "active")


@dataclass(frozen=True)
class BuildingPut:
    """What became of it."""

    view: BuildingView
    created: bool


def put_building(
    session: Session, asked: CompoundChange, request: PutBuilding, now: datetime
) -> BuildingPut:
    """Record a building, or what it is now; what is so already changes nothing.

    Corridor lights of buildings are the compound's from today on.

    Raises:
        CompoundUnknown: when there is no such compound in the caller's areas.
        BuildingNumberMalformed, MoreThanThereAre, TextNamesSomebody
        LightsOfCompound: when corridor lights are recorded for the compound as a whole.
        PreconditionRequired, Stale: when there is one, and the caller doesn't say which version of
            it was seen, or another.
        BuildingUnknown: when a version is expected of a building that doesn't exist.
    """
    wanted = _checked(asked, request)
    compound = locked(session, asked.code)
    steps = steps_of(session, asked.code)
    if not asked.who.may_act_in(dated.shown_on(steps, day_of(now)).value.community_code):
        raise CompoundUnknown
    if wanted["lights_total"] is not None:
        _require_no_lights(steps, now)
    row = _building(session, asked)
    if row is None and asked.conditional:
        raise compounds.BuildingUnknown
    if row is not None and all(getattr(row, name) == value for name, value in wanted.items()):
        return BuildingPut(_view_of(row), created=False)
    created = row is None
    row = _made(session, asked, wanted, now) if row is None else _changed(row, asked, wanted, now)
    _keep(session, row, asked.who, now)
    _sum_lights(session, compound, steps, asked.who, now)
    return BuildingPut(_view_of(row), created=created)


def list_buildings(
    session: Session, code: str, wanted: ListBuildings, who: Caller, now: datetime
) -> BuildingPage:
    """Return a page of a compound's buildings by number.

    Raises:
        CompoundUnknown: when there is no such compound in the caller's areas.
        BadCursor: when `after` is no mark of this list.
    """
    compound = get_compound(session, code, AsOf(), who, now)
    found = select(BuildingRow).where(BuildingRow.compound_code == code)
    page = _BY_NUMBER.page(session, found, wanted, of=compound.id)
    return BuildingPage([_view_of(row) for row in page.items], page.next)


def _checked(asked: CompoundChange, request: PutBuilding) -> dict[str, Any]:
    compounds.require_number(asked.number)
    require_nobody_named(name=request.name)
    given = request.corridor_lights
    lights = Lights(given.total, given.installed) if given else None
    compounds.require_lights(lights)
    return {
        **{name: getattr(request, name) for name in _PLAIN},
        "lights_total": lights.total if lights else None,
        "lights_installed": lights.installed if lights else None,
    }


def _require_no_lights(steps: Steps[CompoundState], now: datetime) -> None:
    """Refuse lights of a building where the compound gives its own, today or later."""
    ahead = [step for step in steps if step.since > day_of(now)]
    for step in [dated.shown_on(steps, day_of(now)), *ahead]:
        if step.value.lights is not None and not step.value.lights_by_building:
            raise compounds.LightsOfCompound("corridor_lights")


def _building(session: Session, asked: CompoundChange) -> BuildingRow | None:
    return session.scalar(
        select(BuildingRow).where(
            BuildingRow.compound_code == asked.code, BuildingRow.number == asked.number
        )
    )


def _made(
    session: Session, asked: CompoundChange, wanted: dict[str, Any], now: datetime
) -> BuildingRow:
    """Make the building; the lock on its compound keeps anybody else from making it."""
    key = {"id": new_id(), "compound_code": asked.code, "number": asked.number, "version": 1}
    times = {"created_at": now, "updated_at": now}
    session.execute(insert(BuildingRow).values(**key, **wanted, **times))
    return session.get_one(BuildingRow, key["id"])


def _changed(
    row: BuildingRow, asked: CompoundChange, wanted: dict[str, Any], now: datetime
) -> BuildingRow:
    require_seen(asked, row.version, _view_of(row))
    for name, value in wanted.items():
        setattr(row, name, value)
    row.version, row.updated_at = row.version + 1, now
    return row


def _keep(session: Session, row: BuildingRow, who: Caller, now: datetime) -> None:
    content = asdict(_building_of(row)) | {"id": str(row.id)}
    session.add(
        BuildingVersion(
            building_id=row.id,
            version=row.version,
            content=content,
            changed_by=who.id,
            changed_at=now,
        )
    )
    session.flush()


def _sum_lights(
    session: Session,
    compound: Compound,
    steps: Steps[CompoundState],
    who: Caller,
    now: datetime,
) -> None:
    """Let the compound's corridor lights be, from today on, the sum of its buildings'."""
    rows = session.scalars(
        select(BuildingRow).where(BuildingRow.compound_code == compound.code)
    ).all()
    lights = compounds.lights_of(_buildings_of(rows))

    def summed(state: CompoundState) -> CompoundState:
        if lights is None and not state.lights_by_building:
            return state
        return replace(state, lights=lights, lights_by_building=lights is not None)

    after = dated.gone_along(steps, day_of(now), summed)
    if after != steps:
        change(session, [(compound, after)], Cause(who.id), now)


def _buildings_of(rows: Iterable[BuildingRow]) -> list[Building]:
    return [_building_of(row) for row in rows]


def _building_of(row: BuildingRow) -> Building:
    lights = None
    if row.lights_total is not None and row.lights_installed is not None:
        lights = Lights(row.lights_total, row.lights_installed)
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Building(id=row.id, number=row.number, lights=lights, version=row.version, **plain)


def _view_of(row: BuildingRow) -> BuildingView:
    one = _building_of(row)
    return BuildingView(
        id=one.id,
        compound_code=row.compound_code,
        number=one.number,
        name=one.name,
        units=one.units,
        floors=one.floors,
        households=one.households,
        corridor_lights=LightsView(one.lights.total, one.lights.installed) if one.lights else None,
        active=one.active,
        version=one.version,
    )
