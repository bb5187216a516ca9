"""Owns what a change of areas reads and writes: versions by day, links, and the change itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from services.grid.domain.area_changes import (
    ChangedLater,
    Effect,
    Kind,
    Plan,
    Standing,
    common_area,
    require_changeable,
)
from services.grid.domain.area_numbers import Numbers
from services.grid.domain.areas import AreaNotRegistered, level_of, parent_of, subtree_of
from services.grid.models.areas import (
    Area,
    AreaAnnouncement,
    AreaChangeRow,
    AreaLink,
    AreaVersion,
)
from services.grid.schemas.area_changes import Dated
from services.grid.usecases.area_announcing import announce
from services.grid.usecases.area_days import AreaNotThatDay, day_of
from shared.auth.callers import Caller
from shared.ids import new_id

_REGISTER_LOCK = 7_236_101
"""Advisory lock that all take who change the register: loads of a file, and changes of areas."""
FILE_PATIENCE = "60s"
"""How long a file waits for its turn: another file takes longer than other locks may."""


@dataclass(frozen=True)
class Recording:
    """What is recorded with the effects of a change."""

    kind: Kind
    who: Caller
    request: Dated
    reverts: AreaChangeRow | None = None


def take_turn(session: Session, patience: str = "10s") -> None:
    """Wait for whoever changes the register now."""
    session.execute(text(f"SET LOCAL lock_timeout = '{patience}'"))
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _REGISTER_LOCK})


def standing(session: Session, field: str, code: str, on: date) -> Standing:
    """Return an area that a change is about; `field` is where the caller named it.

    Raises:
        AreaNotRegistered, AreaNotThatDay, ChangedLater
    """
    area = session.get(Area, code)
    if area is None:
        raise AreaNotRegistered(field, code=code)
    (found, *_) = [*_standing(session, code, code, on), None]
    if found is None:
        raise AreaNotThatDay(field, code=code, day=on)
    return found


def under(session: Session, code: str, on: date) -> list[Standing]:
    """Return the areas under one on a day, parents before children.

    Raises:
        ChangedLater: when one of them has a change on that day or later.
    """
    first, past = subtree_of(code)
    return [area for area in _standing(session, first, past, on) if area.code != code]


def numbers_under(session: Session, *parents: str | None) -> Numbers:
    """Return what codes there are to give right under some areas; None is the country."""
    right_under = or_(*(Area.parent_code == parent for parent in parents))
    ever = exists().where(AreaVersion.code == Area.code)
    given_back = select(Area.code).where(right_under, Area.dated, ~ever)
    return Numbers(
        session.scalars(select(Area.code).where(right_under)), session.scalars(given_back)
    )


def links_of(session: Session, change_id: UUID) -> list[tuple[str, str]]:
    """Return which areas go on in which by a change."""
    rows = select(AreaLink.from_code, AreaLink.to_code).where(AreaLink.change_id == change_id)
    return [(old, new) for old, new in session.execute(rows.order_by(*rows.selected_columns))]


def require_untouched(session: Session, change: AreaChangeRow, on: date) -> None:
    """Refuse to undo a change whose areas were changed again, or that areas are under from a day.

    Raises:
        ChangedLater
    """
    effects = {one["code"]: Effect(**one) for one in change.effects}
    began = [code for code, effect in effects.items() if effect.happening == "begins"]
    for version in session.scalars(_newest(AreaVersion.code.in_(effects))):
        ends = effects[version.code].happening == "ends"
        day = version.until if ends else version.since
        not_its_own = not ends and (version.until or version.change_id != change.id)
        if day != change.effective_on or not_its_own:
            raise ChangedLater(code=version.code, day=version.until or version.since)
    others = select(Area).where(Area.parent_code.in_(began), Area.code.not_in(effects))
    for area in session.scalars(others):
        newest = session.scalar(_newest(AreaVersion.code == area.code))
        if not area.dated or (newest and (newest.until is None or newest.until > on)):
            raise ChangedLater(code=area.code, day=change.effective_on)


def record(session: Session, plan: Plan, recording: Recording, now: datetime) -> AreaChangeRow:
    """Keep a change, and bring the versions to it; tell the others if it holds by today."""
    on, undone = recording.request.effective_on, recording.reverts
    change = AreaChangeRow(
        id=new_id(),
        kind=recording.kind,
        area_code=common_area(effect.code for effect in plan.effects),
        effective_on=on,
        basis=recording.request.basis,
        effects=[asdict(effect) for effect in plan.effects],
        reverts=undone.id if undone else None,
        recorded_by=recording.who.id,
        recorded_at=now,
    )
    session.add(change)
    new = _add_missing(session, plan.effects, now)
    if undone is not None and on == undone.effective_on:
        _take_back(session, undone, plan.effects)
    else:
        _bring_about(session, change, plan)
    _tell(session, change, new, now)
    return change


def _standing(session: Session, first: str, past: str, on: date) -> list[Standing]:
    """Return the areas of a range of codes that are there on a day and have no later change."""
    in_range = and_(AreaVersion.code >= first, AreaVersion.code <= past)
    last = _newest(in_range).subquery()
    rows = session.execute(
        select(Area.code, Area.name, Area.dated, last.c.name, last.c.since, last.c.until)
        .outerjoin(last, last.c.code == Area.code)
        .where(Area.code >= first, Area.code <= past)
        .order_by(Area.code)
    )
    found = []
    for code, name, dated, version_name, since, until in rows:
        if not dated:
            found.append(Standing(code, name))
        elif version_name is not None and until is None:
            found.append(Standing(code, version_name, since))
            require_changeable(found[-1], on)
        elif until is not None and until > on:
            raise ChangedLater("effective_on", code=code, day=until)
    return found


def _newest(of: ColumnElement[bool]) -> Select[AreaVersion]:
    """Select the last version of each area that a condition on its code holds for."""
    return (
        select(AreaVersion)
        .ext(distinct_on(AreaVersion.code))
        .where(of)
        .order_by(AreaVersion.code, AreaVersion.since.desc().nulls_last())
    )


def _add_missing(session: Session, effects: Sequence[Effect], now: datetime) -> set[str]:
    """Make the rows of areas that never were; return their codes."""
    rows = [
        {
            "code": effect.code,
            "name": effect.name,
            "level": level_of(effect.code),
            "parent_code": parent_of(effect.code),
            "version": 1,
            "dated": True,
            "created_at": now,
            "updated_at": now,
        }
        for effect in sorted(effects, key=lambda one: one.code)
        if effect.happening == "begins"
    ]
    if not rows:
        return set()
    made = insert(Area).values(rows).on_conflict_do_nothing().returning(Area.code)
    return set(session.scalars(made))


def _bring_about(session: Session, change: AreaChangeRow, plan: Plan) -> None:
    codes = [effect.code for effect in plan.effects]
    _date(session, codes)
    over = [e.code for e in plan.effects if e.happening != "begins"]
    session.execute(
        update(AreaVersion)
        .where(AreaVersion.code.in_(over), AreaVersion.until.is_(None))
        .values(until=change.effective_on)
    )
    session.flush()
    session.add_all(
        AreaVersion(
            code=effect.code, since=change.effective_on, name=effect.name, change_id=change.id
        )
        for effect in plan.effects
        if effect.happening != "ends"
    )
    session.add_all(
        AreaLink(from_code=old, to_code=new, change_id=change.id) for old, new in plan.links
    )
    session.flush()


def _date(session: Session, codes: Sequence[str]) -> None:
    """Give areas that never changed their first version: as they are, from ever."""
    fresh = session.execute(
        update(Area)
        .where(Area.code.in_(codes), ~Area.dated)
        .values(dated=True)
        .returning(Area.code, Area.name)
    ).all()
    if fresh:
        rows = [{"code": code, "name": name} for code, name in fresh]
        session.execute(insert(AreaVersion).values(rows))


def _take_back(session: Session, undone: AreaChangeRow, effects: Sequence[Effect]) -> None:
    """Let a change never have been: its versions and links go, those before it go on."""
    session.execute(delete(AreaVersion).where(AreaVersion.change_id == undone.id))
    session.execute(delete(AreaLink).where(AreaLink.change_id == undone.id))
    session.execute(
        update(AreaVersion)
        .where(
            AreaVersion.code.in_([effect.code for effect in effects]),
            AreaVersion.until == undone.effective_on,
        )
        .values(until=None)
    )
    session.execute(
        delete(AreaAnnouncement).where(
            AreaAnnouncement.code.in_([effect.code for effect in effects]),
            AreaAnnouncement.due_on == undone.effective_on,
        )
    )


def _tell(session: Session, change: AreaChangeRow, new: set[str], now: datetime) -> None:
    codes = [one["code"] for one in change.effects]
    session.flush()
    if change.effective_on <= day_of(now):
        announce(session, codes, now, new)
        return
    rows = [{"due_on": change.effective_on, "code": code} for code in codes]
    session.execute(insert(AreaAnnouncement).values(rows).on_conflict_do_nothing())
