"""Owns how compounds are kept: their dated states, what was recorded of them, and what is said."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from services.grid.domain import dated
from services.grid.domain.compounds import (
    CompoundState,
    CompoundUnknown,
    Entrance,
    Facility,
    Lights,
    place_of,
    size_class,
)
from services.grid.domain.dated import Step, Steps
from services.grid.models.compounds import Compound, CompoundStateRow, CompoundVersion
from services.grid.usecases.area_days import day_of
from shared.contracts.grid import CompoundChangedV1, CompoundPlaceState
from shared.messaging import outbox

_MADE_OF_PARTS = ("entrances", "facilities", "lights")
_PLAIN = tuple(one.name for one in fields(CompoundState) if one.name not in _MADE_OF_PARTS)


@dataclass(frozen=True)
class Cause:
    """Why something dated is said: a person's or client's change, one of areas, or its day."""

    by: UUID | None = None
    change_id: UUID | None = None


Recorded = tuple[Compound, Steps[CompoundState]]


def locked(session: Session, code: str) -> Compound:
    """Return a compound, which nobody else can change until the end of the transaction.

    Raises:
        CompoundUnknown
    """
    row = session.scalar(select(Compound).where(Compound.code == code).with_for_update())
    if row is None:
        raise CompoundUnknown
    return row


def steps_of(session: Session, code: str) -> Steps[CompoundState]:
    """Return all that is recorded of a compound, by day."""
    return steps_of_all(session, [code]).get(code, ())


def steps_of_all(session: Session, codes: Collection[str]) -> dict[str, Steps[CompoundState]]:
    """Return all that is recorded of compounds, by code and day."""
    rows = session.scalars(
        select(CompoundStateRow)
        .where(CompoundStateRow.code.in_(codes))
        .order_by(CompoundStateRow.code, CompoundStateRow.since)
        .execution_options(populate_existing=True)
    )
    return dated.by_code((row.code, Step(row.since, state_of(row))) for row in rows)


def state_of(row: CompoundStateRow) -> CompoundState:
    """Return what the rules know of a compound's state."""
    lights = None
    if row.lights_total is not None and row.lights_installed is not None:
        lights = Lights(row.lights_total, row.lights_installed)
    return CompoundState(
        **{name: getattr(row, name) for name in _PLAIN},
        entrances=tuple(Entrance(**one) for one in row.entrances),
        facilities=tuple(Facility(**one) for one in row.facilities),
        lights=lights,
    )


def change(session: Session, many: Sequence[Recorded], cause: Cause, now: datetime) -> None:
    """Record what compounds, whose rows are locked, are to be on each day, and say so."""
    for row, _ in many:
        row.version += 1
    record(session, many, cause, now)


def record(session: Session, many: Sequence[Recorded], cause: Cause, now: datetime) -> None:
    """Write the states of compounds under the version that they have, and say so."""
    if not many:
        return
    codes = [row.code for row, _ in many]
    session.execute(
        delete(CompoundStateRow).where(CompoundStateRow.code.in_(codes)),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        insert(CompoundStateRow), [line for row, steps in many for line in _lines(row.code, steps)]
    )
    tell(session, many, cause, now)


def tell(session: Session, many: Sequence[Recorded], cause: Cause, now: datetime) -> None:
    """Keep what is recorded of compounds under their version, and say what they are today."""
    today = day_of(now)
    for row, steps in many:
        row.updated_at, row.next_change_on = now, dated.next_after(steps, today)
    session.flush()
    session.execute(
        insert(CompoundVersion), [_version_of(row, steps, cause, now) for row, steps in many]
    )
    outbox.add_all(session, [_event_of(row, steps, today) for row, steps in many])


def _lines(code: str, steps: Steps[CompoundState]) -> list[dict[str, Any]]:
    return [
        {"code": code, "since": one.since, "until": one.until, **_columns(one.value)}
        for one in dated.periods(steps)
    ]


def _columns(state: CompoundState) -> dict[str, Any]:
    columns = asdict(state)
    lights = columns.pop("lights") or {"total": None, "installed": None}
    return {**columns, **{f"lights_{name}": value for name, value in lights.items()}}


def _version_of(
    row: Compound, steps: Steps[CompoundState], cause: Cause, now: datetime
) -> dict[str, Any]:
    return {
        "code": row.code,
        "version": row.version,
        "states": [{"since": str(one.since), **asdict(one.value)} for one in steps],
        "changed_by": cause.by,
        "change_id": cause.change_id,
        "changed_at": now,
    }


def _event_of(row: Compound, steps: Steps[CompoundState], today: date) -> CompoundChangedV1:
    state = dated.shown_on(steps, today).value
    main = [one for one in state.entrances if one.main]
    return CompoundChangedV1(
        compound_id=row.id,
        compound_code=row.code,
        name=state.name,
        area_code=state.community_code,
        cell_code=state.cell_code,
        kind=state.kind,
        households=state.households,
        size_class=size_class(state.households),
        floor_area_m2=state.floor_area_m2,
        buildings_count=state.buildings_count,
        renewal_state=state.renewal_state,
        renewal_year=state.renewal_year,
        management=state.management,
        main_entrances=len(main),
        guarded_main_entrances=sum(one.safety_post for one in main),
        lights_total=state.lights.total if state.lights else None,
        lights_installed=state.lights.installed if state.lights else None,
        active=state.active,
        on=today,
        places=_places(steps),
        version=row.version,
    )


def _places(steps: Steps[CompoundState]) -> list[CompoundPlaceState]:
    return [
        CompoundPlaceState(
            area_code=one.value.community_code,
            cell_code=one.value.cell_code,
            since=one.since,
            until=one.until,
        )
        for one in dated.periods(dated.turned(steps, place_of))
    ]
