"""Owns population figures: recorded by one person, decided on by another, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain import dated, population
from services.grid.domain.areas import subtree_of
from services.grid.models.areas import Area
from services.grid.models.population import PopulationFigure
from services.grid.schemas.population import (
    FigurePage,
    FigureView,
    ListFigures,
    RecordPopulation,
    RefusePopulation,
)
from services.grid.usecases.area_days import day_of, name_on
from services.grid.usecases.compound_records import steps_of
from services.grid.usecases.population_in_force import numbers_of, place_and_day, previous_of
from shared.auth.callers import Caller, within
from shared.contracts.grid import PopulationRecordedV1
from shared.http.listing import Listing, newest
from shared.ids import new_id
from shared.messaging import outbox
from shared.privacy.personal_numbers import require_nobody_named

_NEWEST = Listing("population_figures", {"-id": (newest(PopulationFigure.id),)})
_CONTENT = ("residents", "registered", "households", "source_kind", "source")
_SHOWN = ("id", "area_code", "compound_code", "day", *_CONTENT, "recorded_by", "recorded_at")
_DECISION = ("state", "decided_by", "decided_at", "refusal", "version")


@dataclass(frozen=True)
class FigureRecorded:
    """The figure, and whether it is a new one."""

    view: FigureView
    created: bool


@dataclass(frozen=True)
class Decision:
    """Which figure somebody decides on."""

    figure_id: UUID
    who: Caller


def record_population(
    session: Session, who: Caller, request: RecordPopulation, now: datetime
) -> FigureRecorded:
    """Record a figure for another person to approve; one that is there already stays as it is.

    A correction is a new figure of the same place and day.

    Raises:
        AreaNotGranted, FigureDayImpossible, AreaNotRegistered, AreaNotThatDay, CompoundElsewhere,
        TextNamesSomebody
    """
    figure, created = recorded(session, who, request, now)
    return FigureRecorded(_views_of(session, [figure])[0], created)


def recorded(
    session: Session, who: Caller, request: RecordPopulation, now: datetime
) -> tuple[PopulationFigure, bool]:
    """Return the figure of a request, and whether it is new; for who looks at no figure before it.

    Raises: as `record_population`.
    """
    _require_possible(session, who, request, now)
    # of two who record one figure at once the other finds it
    session.scalar(
        select(Area.code).where(Area.code == request.area_code).with_for_update(key_share=True)
    )
    if (standing := _standing(session, request)) is not None:
        return standing, False
    figure = PopulationFigure(
        id=new_id(),
        recorded_by=who.id,
        recorded_at=now,
        state="awaiting",
        **vars(request),
    )
    session.add(figure)
    session.flush()
    return figure, True


def approve_population(session: Session, decision: Decision, now: datetime) -> FigureView:
    """Let a figure hold from its day, and say so.

    Raises:
        FigureUnknown: when there is none of that id in the caller's areas.
        FigureDecided, ApprovedByOwnRecorder
    """
    figure = _decided(session, decision, "approved", now)
    session.flush()
    _tell(session, figure, decision.who, now)
    return _views_of(session, [figure])[0]


def refuse_population(
    session: Session, decision: Decision, request: RefusePopulation, now: datetime
) -> FigureView:
    """Not take a figure over, with a reason for the one who recorded it.

    Raises:
        FigureUnknown: when there is none of that id in the caller's areas.
        FigureDecided, ApprovedByOwnRecorder, TextNamesSomebody
    """
    require_nobody_named(reason=request.reason)
    figure = _decided(session, decision, "refused", now)
    figure.refusal = request.reason
    session.flush()
    return _views_of(session, [figure])[0]


def list_population_figures(session: Session, wanted: ListFigures, who: Caller) -> FigurePage:
    """Return a page of figures in the caller's areas, the newest first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(PopulationFigure).where(within(PopulationFigure.area_code, who.areas))
    if wanted.area is not None:
        first, past = subtree_of(wanted.area)
        column = PopulationFigure.area_code
        found = found.where(column >= first, column < past)
    if wanted.state is not None:
        found = found.where(PopulationFigure.state == wanted.state)
    page = _NEWEST.page(session, found, wanted)
    return FigurePage(_views_of(session, page.items), page.next)


def _require_possible(
    session: Session, who: Caller, request: RecordPopulation, now: datetime
) -> None:
    who.require_area("area_code", request.area_code)
    population.require_day(request.day, day_of(now))
    require_nobody_named(source=request.source)
    name_on(session, "area_code", request.area_code, request.day)
    if request.compound_code is not None:
        _require_compound(session, request.compound_code, request)


def _require_compound(session: Session, code: str, request: RecordPopulation) -> None:
    """Refuse a compound that isn't there; people were counted before it was in the register."""
    steps = steps_of(session, code)
    there = dated.shown_on(steps, request.day).value.community_code if steps else None
    if there != request.area_code:
        raise population.CompoundElsewhere(
            "compound_code", compound=code, community=request.area_code
        )


def _standing(session: Session, request: RecordPopulation) -> PopulationFigure | None:
    """Return what says the same of the day already: a figure that awaits, or that in force."""
    place = place_and_day(request.area_code, request.compound_code, request.day)
    order = PopulationFigure.decided_at.desc().nulls_first(), PopulationFigure.id.desc()
    figures = session.scalars(
        select(PopulationFigure).where(place, PopulationFigure.state != "refused").order_by(*order)
    ).all()
    in_force = next((one for one in figures if one.state == "approved"), None)
    standing = (one for one in figures if one.state == "awaiting" or one is in_force)
    return next((one for one in standing if _says(one, request)), None)


def _says(figure: PopulationFigure, request: RecordPopulation) -> bool:
    return all(getattr(figure, name) == getattr(request, name) for name in _CONTENT)


def _decided(
    session: Session, decision: Decision, state: Literal["approved", "refused"], now: datetime
) -> PopulationFigure:
    figure = session.get(PopulationFigure, decision.figure_id, with_for_update=True)
    if figure is None or not decision.who.may_act_in(figure.area_code):
        raise population.FigureUnknown
    population.require_undecided(figure.state)
    population.require_another_person(figure.recorded_by, decision.who.id)
    figure.state, figure.decided_by, figure.decided_at = state, decision.who.id, now
    return figure


def _tell(session: Session, figure: PopulationFigure, who: Caller, now: datetime) -> None:
    told = {name: getattr(figure, name) for name in (*_SHOWN[1:], "version")}
    outbox.add(
        session,
        PopulationRecordedV1(figure_id=figure.id, approved_by=who.id, approved_at=now, **told),
    )


def _views_of(session: Session, figures: list[PopulationFigure]) -> list[FigureView]:
    previous = previous_of(session, [one for one in figures if one.state == "awaiting"])
    return [
        FigureView(
            **{name: getattr(one, name) for name in (*_SHOWN, *_DECISION)},
            previous=numbers_of(previous.get(one.id)),
        )
        for one in figures
    ]
