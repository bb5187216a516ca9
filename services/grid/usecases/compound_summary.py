"""Owns what the compounds of an area come to: two queries, however many there are."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, Integer, Row, and_, case, cast, func, select, true
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from services.grid.domain.compounds import SIZES, CompoundKind, RenewalState
from services.grid.models.compounds import CompoundStateRow as State
from services.grid.schemas.compounds import (
    CompoundCounts,
    CompoundSummary,
    FacilityShare,
    Share,
    Summarise,
)
from services.grid.usecases.area_days import day_of
from services.grid.usecases.areas_there import part_of
from services.grid.usecases.compound_reading import holding_on
from shared.auth.callers import Caller, within


def summarise_compounds(
    session: Session, wanted: Summarise, who: Caller, now: datetime
) -> CompoundSummary:
    """Return what the compounds that there are on a day come to.

    Raises:
        AreaNotGranted: when an area is named that isn't the caller's.
    """
    if wanted.area is not None:
        who.require_area("area", wanted.area)
    day = wanted.on or day_of(now)
    counted = _counted(part_of(wanted.area, who.areas), day)
    groups = session.execute(_by_class(counted)).all()
    return CompoundSummary(
        on=day,
        compounds=sum(row.compounds for row in groups),
        households=sum(row.households for row in groups),
        counts=CompoundCounts(
            by_size=_counts(groups, "size", [name for name, _ in SIZES]),
            by_kind=_counts(groups, "kind", get_args(CompoundKind)),
            by_renewal=_counts(groups, "renewal_state", get_args(RenewalState)),
        ),
        property_coverage=_share_of(
            [row for row in groups if row.kind == "old_estate"], "managed", "compounds"
        ),
        safety_posts=_share_of(groups, "guarded", "main"),
        corridor_lights=_share_of(groups, "installed", "lights"),
        facilities=[
            FacilityShare(row.kind, _share(row.in_use, row.there))
            for row in session.execute(_facilities(counted))
        ],
    )


def _counted(areas: Sequence[str], day: date) -> ColumnElement[bool]:
    return and_(holding_on(day), State.active, within(State.community_code, areas))


def _by_class(counted: ColumnElement[bool]) -> Any:
    """Select the sums by size, kind and renewal: at most 80 rows."""
    size = case(
        *((State.households >= first, name) for name, first in reversed(SIZES)), else_=SIZES[0][0]
    ).label("size")
    main = _entrances("$[*] ? (@.main == true)")
    guarded = _entrances("$[*] ? (@.main == true && @.safety_post == true)")
    return (
        select(
            size,
            State.kind,
            State.renewal_state,
            func.count().label("compounds"),
            func.coalesce(func.sum(State.households), 0).label("households"),
            func.count().filter(State.management != "none").label("managed"),
            func.sum(main).label("main"),
            func.sum(guarded).label("guarded"),
            func.coalesce(func.sum(State.lights_total), 0).label("lights"),
            func.coalesce(func.sum(State.lights_installed), 0).label("installed"),
        )
        .where(counted)
        .group_by(size, State.kind, State.renewal_state)
    )


def _entrances(path: str) -> ColumnElement[int]:
    """Return how many entrances a path (SQL/JSON) finds."""
    found = func.jsonb_path_query_array(State.entrances, cast(path, JSONPATH))
    return func.jsonb_array_length(found)


def _facilities(counted: ColumnElement[bool]) -> Any:
    one = func.jsonb_array_elements(State.facilities).table_valued("value").lateral("one")
    kind = one.c.value.op("->>")("kind")
    return (
        select(
            kind.label("kind"),
            func.sum(_number(one.c.value, "in_use")).label("in_use"),
            func.sum(_number(one.c.value, "count")).label("there"),
        )
        .select_from(State)
        .join(one, true())
        .where(counted)
        .group_by(kind)
        .order_by(kind)
    )


def _number(value: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return cast(func.jsonb_extract_path_text(value, name), Integer)


def _counts(groups: Sequence[Row[Any]], by: str, names: Sequence[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in groups:
        found[getattr(row, by)] += row.compounds
    return {name: found[name] for name in names}


def _share_of(groups: Sequence[Row[Any]], part: str, total: str) -> Share:
    return _share(
        sum(getattr(row, part) for row in groups), sum(getattr(row, total) for row in groups)
    )


def _share(count: int, total: int) -> Share:
    return Share(count, total, round(count / total, 4) if total else None)
