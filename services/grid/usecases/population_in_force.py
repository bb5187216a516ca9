"""Owns which population figure is in force on a day, and the sum of them over an area."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from services.grid.domain.areas import subtree_of
from services.grid.models.areas import Area, AreaChangeRow, AreaLink, AreaVersion
from services.grid.models.population import PopulationFigure
from services.grid.schemas.population import (
    CommunityPopulation,
    PopulationNumbers,
    PopulationView,
    SumPopulation,
)
from services.grid.usecases.area_days import day_of, holds_on
from shared.auth.callers import Caller
from shared.http.listing import Key, Listing

_BY_CODE = Listing("population", {"code": (Key(Area.code),)})
_LAST_FIRST = (
    PopulationFigure.day.desc(),
    PopulationFigure.decided_at.desc(),
    PopulationFigure.id.desc(),
)
"""Of several figures that is in force which has the last day; of one day that approved last."""


def list_population(
    session: Session, wanted: SumPopulation, who: Caller, now: datetime
) -> PopulationView:
    """Return what lives in an area on a day: the sum, and the figure of each community.

    Who may see a part of the area alone is refused: the sum of a part would pass for the whole.

    Raises:
        AreaNotGranted
        BadCursor: when `after` is no mark of this list.
    """
    who.require_area("area", wanted.area)
    on = wanted.on or day_of(now)
    communities = communities_on(wanted.area, on)
    page = _BY_CODE.page(session, communities, wanted)
    count, counted, *sums = _totals(session, communities, wanted.area, on)
    residents, registered, households = (int(one or 0) for one in sums)
    return PopulationView(
        area=wanted.area,
        on=on,
        communities=count,
        communities_without_figure=count - counted,
        residents=residents,
        registered=registered,
        households=households,
        items=_lines(session, page.items, on),
        next=page.next,
    )


def communities_on(area: str, on: date) -> Select[Area]:
    """Return the query for the communities that an area has on a day."""
    first, past = subtree_of(area)
    there = exists().where(AreaVersion.code == Area.code, holds_on(on))
    return select(Area).where(
        Area.level == "community", Area.code >= first, Area.code < past, or_(~Area.dated, there)
    )


def in_force(on: date, *conditions: ColumnElement[bool]) -> Select[PopulationFigure]:
    """Return the query for the figure of each place that is in force on a day.

    A figure of a community from before others went on in it, or a part of it elsewhere, is in force
    no longer: it is of fewer people, or of more, than those who live there since.
    """
    place = (PopulationFigure.area_code, PopulationFigure.compound_code)
    return (
        select(PopulationFigure)
        .where(PopulationFigure.state == "approved", PopulationFigure.day <= on, *conditions)
        .where(or_(PopulationFigure.compound_code.is_not(None), ~_outgrown(on)))
        .ext(distinct_on(*place))
        .order_by(*place, *_LAST_FIRST)
    )


def _outgrown(on: date) -> ColumnElement[bool]:
    """Return the condition that the community of a figure is another since: by a change between the
    figure's day and a day, unless that change was undone by then."""
    change, undone = aliased(AreaChangeRow), aliased(AreaChangeRow)
    undoing, again = aliased(AreaChangeRow), aliased(AreaChangeRow)
    day, code = PopulationFigure.day, PopulationFigure.area_code
    done_again = exists().where(again.reverts == undoing.id, again.effective_on <= on)
    undone_by_then = exists().where(
        undoing.reverts == change.id, undoing.effective_on <= on, ~done_again
    )
    undoes_it = (
        exists()
        .where(undone.id == change.reverts, undone.effective_on > day)
        .correlate(change, PopulationFigure)
    )
    return exists().where(
        AreaLink.change_id == change.id,
        or_(AreaLink.from_code == code, AreaLink.to_code == code),
        change.effective_on > day,
        change.effective_on <= on,
        ~undone_by_then,
        ~undoes_it,
    )


def place_and_day(area_code: str, compound_code: str | None, day: date) -> ColumnElement[bool]:
    """Return the condition that a figure is of a place, from a day on."""
    return and_(
        PopulationFigure.area_code == area_code,
        PopulationFigure.compound_code.is_not_distinct_from(compound_code),
        PopulationFigure.day == day,
    )


def previous_of(
    session: Session, figures: Sequence[PopulationFigure]
) -> dict[UUID, PopulationFigure]:
    """Return by figure that waits what is in force on its day so far."""
    waiting = aliased(PopulationFigure)
    rows = session.execute(
        select(waiting.id, PopulationFigure)
        .join(
            PopulationFigure,
            and_(
                PopulationFigure.area_code == waiting.area_code,
                PopulationFigure.compound_code.is_not_distinct_from(waiting.compound_code),
                PopulationFigure.state == "approved",
                PopulationFigure.day <= waiting.day,
            ),
        )
        .where(waiting.id.in_([one.id for one in figures]))
        .ext(distinct_on(waiting.id))
        .order_by(waiting.id, *_LAST_FIRST)
    )
    return {figure_id: previous for figure_id, previous in rows}


def numbers_of(figure: PopulationFigure | None) -> PopulationNumbers | None:
    """Return the numbers of a figure."""
    if figure is None:
        return None
    return PopulationNumbers(figure.day, figure.residents, figure.registered, figure.households)


def _totals(
    session: Session, communities: Select[Area], area: str, on: date
) -> tuple[int, int, int | None, int | None, int | None]:
    first, past = subtree_of(area)
    column = PopulationFigure.area_code
    inside = (column >= first, column < past, PopulationFigure.compound_code.is_(None))
    figures = in_force(on, *inside).subquery()
    row = session.execute(
        communities.outerjoin(figures, figures.c.area_code == Area.code).with_only_columns(
            func.count(Area.code),
            func.count(figures.c.id),
            func.sum(figures.c.residents),
            func.sum(figures.c.registered),
            func.sum(figures.c.households),
        )
    ).one()
    return row[0], row[1], row[2], row[3], row[4]


def _lines(session: Session, areas: Iterable[Area], on: date) -> list[CommunityPopulation]:
    codes = [area.code for area in areas]
    whole = (PopulationFigure.area_code.in_(codes), PopulationFigure.compound_code.is_(None))
    figures = {one.area_code: one for one in session.scalars(in_force(on, *whole))}
    names = {area.code: area.name for area in areas} | _names_on(session, codes, on)
    return [CommunityPopulation(code, names[code], numbers_of(figures.get(code))) for code in codes]


def _names_on(session: Session, codes: Sequence[str], on: date) -> dict[str, str]:
    rows = session.execute(
        select(AreaVersion.code, AreaVersion.name).where(AreaVersion.code.in_(codes), holds_on(on))
    )
    return {code: name for code, name in rows}
