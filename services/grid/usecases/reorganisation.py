"""Owns how compounds and groups go along when areas go on under other codes, and come back.

When and by whom is what the change of areas says of itself; its row must be there.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from services.grid.domain import compounds, dated, groups
from services.grid.domain.compounds import Place
from services.grid.domain.dated import Step, Steps
from services.grid.domain.groups import Reach
from services.grid.models.areas import AreaChangeRow
from services.grid.models.compounds import AreaFollowing, Compound, CompoundStateRow
from services.grid.models.groups import Group, GroupMember, GroupStateRow
from services.grid.usecases import compound_records, group_records
from services.grid.usecases.areas_there import there_on
from services.grid.usecases.compound_records import Cause


def follow(session: Session, change_id: UUID, moved: Mapping[str, str], on: date) -> None:
    """Let compounds and groups go along with areas (old code → new) from a day on.

    A new community joins a zone that all its old ones were in; else the findings name it.
    """
    moved = {old: new for old, new in moved.items() if old != new}
    change = session.get_one(AreaChangeRow, change_id)
    _follow_compounds(session, change, moved, on)
    _follow_groups(session, change, moved, on)


def unfollow(session: Session, change_id: UUID, on: date) -> None:
    """Take back, from a day on, what compounds and groups did along with a change of areas.

    The change that reverts it must be there. What somebody changed since stands.
    """
    revert = session.scalars(select(AreaChangeRow).where(AreaChangeRow.reverts == change_id)).one()
    kept = session.scalars(select(AreaFollowing).where(AreaFollowing.change_id == change_id)).all()
    _bring_compounds_back(session, revert, [one for one in kept if one.thing == "compound"], on)
    _bring_groups_back(session, revert, [one for one in kept if one.thing == "group"], on)


def _follow_compounds(
    session: Session, change: AreaChangeRow, moved: Mapping[str, str], on: date
) -> None:
    of = CompoundStateRow
    touched = select(of.code).where(
        or_(of.community_code.in_(moved), of.cell_code.in_(moved)),
        or_(of.until.is_(None), of.until > on),
    )
    rows = _locked_compounds(session, session.scalars(touched.distinct()).all())
    before = compound_records.steps_of_all(session, [row.code for row in rows])
    after = {
        code: dated.gone_along(steps, on, lambda state: compounds.gone_on(state, moved))
        for code, steps in before.items()
    }
    changed = [(row, after[row.code]) for row in rows if after[row.code] != before[row.code]]
    _keep(
        session,
        [
            _following(change, "compound", row.code, _places(before[row.code]), _places(steps))
            for row, steps in changed
        ],
    )
    compound_records.change(session, changed, _cause(change), change.recorded_at)


def _follow_groups(
    session: Session, change: AreaChangeRow, moved: Mapping[str, str], on: date
) -> None:
    there = there_on(session, set(moved.values()), on - timedelta(days=1))
    rows = _locked_groups(session, _groups_touched(session, moved, on))
    before = group_records.steps_of_all(session, [row.code for row in rows])
    after = {
        row.code: dated.gone_along(
            before[row.code], on, partial(groups.gone_on, row.kind, moved=moved, there=there)
        )
        for row in rows
    }
    changed = [(row, after[row.code]) for row in rows if after[row.code] != before[row.code]]
    _keep(
        session,
        [
            _following(change, "group", row.code, _reach(before[row.code]), _reach(steps))
            for row, steps in changed
        ],
    )
    group_records.change(session, changed, _cause(change), change.recorded_at)


def _groups_touched(session: Session, moved: Mapping[str, str], on: date) -> Sequence[str]:
    state, member = GroupStateRow, GroupMember
    by_area = select(state.code).where(
        or_(state.within_code.in_(moved), state.cell_code.in_(moved)),
        or_(state.until.is_(None), state.until > on),
    )
    by_member = select(member.code).where(
        member.kind == "zone",
        member.member.in_(moved),
        or_(member.until.is_(None), member.until > on),
    )
    return session.scalars(by_area.union(by_member)).all()


def _bring_compounds_back(
    session: Session, revert: AreaChangeRow, kept: Sequence[AreaFollowing], on: date
) -> None:
    rows = _locked_compounds(session, [one.code for one in kept])
    now = compound_records.steps_of_all(session, [row.code for row in rows])
    parts = {one.code: (_places_of(one.before), _places_of(one.after)) for one in kept}
    back = {
        code: dated.taken_back(steps, on, *parts[code], compounds.undone)
        for code, steps in now.items()
    }
    changed = [(row, back[row.code]) for row in rows if back[row.code] != now[row.code]]
    compound_records.change(session, changed, _cause(revert), revert.recorded_at)


def _bring_groups_back(
    session: Session, revert: AreaChangeRow, kept: Sequence[AreaFollowing], on: date
) -> None:
    rows = _locked_groups(session, [one.code for one in kept])
    now = group_records.steps_of_all(session, [row.code for row in rows])
    parts = {one.code: (_reach_of(one.before), _reach_of(one.after)) for one in kept}
    back = {
        code: dated.taken_back(steps, on, *parts[code], groups.undone)
        for code, steps in now.items()
    }
    changed = [(row, back[row.code]) for row in rows if back[row.code] != now[row.code]]
    group_records.change(session, changed, _cause(revert), revert.recorded_at)


def _locked_compounds(session: Session, codes: Sequence[str]) -> Sequence[Compound]:
    """Lock compounds before any group: whoever sets up a group does so too."""
    found = select(Compound).where(Compound.code.in_(codes)).order_by(Compound.code)
    return session.scalars(found.with_for_update()).all()


def _locked_groups(session: Session, codes: Sequence[str]) -> Sequence[Group]:
    found = select(Group).where(Group.code.in_(codes)).order_by(Group.code)
    return session.scalars(found.with_for_update()).all()


def _cause(change: AreaChangeRow) -> Cause:
    return Cause(change.recorded_by, change.id)


def _keep(session: Session, followings: list[dict[str, Any]]) -> None:
    if followings:
        session.execute(insert(AreaFollowing), followings)


def _following(
    change: AreaChangeRow,
    thing: str,
    code: str,
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
) -> dict[str, Any]:
    ids = {"change_id": change.id, "thing": thing, "code": code}
    return {**ids, "before": before, "after": after}


def _places(steps: Steps[compounds.CompoundState]) -> list[dict[str, Any]]:
    return [
        {
            "since": str(one.since),
            "community_code": one.value.community_code,
            "cell_code": one.value.cell_code,
        }
        for one in dated.turned(steps, compounds.place_of)
    ]


def _places_of(kept: Sequence[dict[str, Any]]) -> Steps[Place]:
    return tuple(
        Step(date.fromisoformat(one["since"]), Place(one["community_code"], one["cell_code"]))
        for one in kept
    )


def _reach(steps: Steps[groups.GroupState]) -> list[dict[str, Any]]:
    return [
        {
            "since": str(one.since),
            "within_code": one.value.within_code,
            "cell_code": one.value.cell_code,
            "members": sorted(one.value.members),
        }
        for one in dated.turned(steps, groups.reach_of)
    ]


def _reach_of(kept: Sequence[dict[str, Any]]) -> Steps[Reach]:
    return tuple(
        Step(
            date.fromisoformat(one["since"]),
            Reach(one["within_code"], one["cell_code"], frozenset(one["members"])),
        )
        for one in kept
    )
