"""Owns how groups are kept: their dated states and members, what was recorded, what is said."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from services.grid.domain import dated
from services.grid.domain.dated import Period, Step, Steps
from services.grid.domain.groups import GroupState
from services.grid.models.groups import Group, GroupMember, GroupStateRow, GroupVersion
from services.grid.usecases.area_days import day_of
from services.grid.usecases.compound_records import Cause
from shared.contracts.grid import GroupChangedV1, MemberState, ZoneChangedV1
from shared.messaging import outbox

Recorded = tuple[Group, Steps[GroupState]]


def steps_of(session: Session, code: str) -> Steps[GroupState]:
    """Return all that is recorded of a group, by day."""
    return steps_of_all(session, [code]).get(code, ())


def steps_of_all(session: Session, codes: Collection[str]) -> dict[str, Steps[GroupState]]:
    """Return all that is recorded of groups, by code and day."""
    rows = session.scalars(
        select(GroupStateRow)
        .where(GroupStateRow.code.in_(codes))
        .order_by(GroupStateRow.code, GroupStateRow.since)
        .execution_options(populate_existing=True)
    )
    return dated.by_code((row.code, Step(row.since, state_of(row))) for row in rows)


def state_of(row: GroupStateRow) -> GroupState:
    """Return what the rules know of a group's state."""
    return GroupState(
        name=row.name,
        within_code=row.within_code,
        leader_id=row.leader_id,
        cell_code=row.cell_code,
        members=frozenset(row.members),
        active=row.active,
    )


def members_of(steps: Steps[GroupState]) -> list[Period[str]]:
    """Return from when until when each is a member."""
    return dated.memberships(tuple(Step(one.since, one.value.members) for one in steps))


def change(session: Session, many: Sequence[Recorded], cause: Cause, now: datetime) -> None:
    """Record what groups, whose rows are locked, are to be on each day, and say so."""
    for row, _ in many:
        row.version += 1
    record(session, many, cause, now)


def record(session: Session, many: Sequence[Recorded], cause: Cause, now: datetime) -> None:
    """Write the states and members of groups under the version that they have, and say so.

    What they were goes first: a member may pass from one of them to another.
    """
    if not many:
        return
    codes = [row.code for row, _ in many]
    apart = {"synchronize_session": False}
    session.execute(delete(GroupMember).where(GroupMember.code.in_(codes)), execution_options=apart)
    session.execute(
        delete(GroupStateRow).where(GroupStateRow.code.in_(codes)), execution_options=apart
    )
    session.execute(insert(GroupStateRow), [line for one in many for line in _state_lines(*one)])
    if members := [line for one in many for line in _member_lines(*one)]:
        session.execute(insert(GroupMember), members)
    tell(session, many, cause, now)


def tell(session: Session, many: Sequence[Recorded], cause: Cause, now: datetime) -> None:
    """Keep what is recorded of groups under their version, and say what they are today."""
    today = day_of(now)
    for row, steps in many:
        row.updated_at, row.next_change_on = now, dated.next_after(steps, today)
    session.flush()
    session.execute(
        insert(GroupVersion), [_version_of(row, steps, cause, now) for row, steps in many]
    )
    outbox.add_all(session, [_event_of(row, steps, today) for row, steps in many])


def _state_lines(row: Group, steps: Steps[GroupState]) -> list[dict[str, Any]]:
    return [
        {
            "code": row.code,
            "kind": row.kind,
            "since": one.since,
            "until": one.until,
            **asdict(one.value),
            "members": sorted(one.value.members),
        }
        for one in dated.periods(steps)
    ]


def _member_lines(row: Group, steps: Steps[GroupState]) -> list[dict[str, Any]]:
    return [
        {
            "code": row.code,
            "kind": row.kind,
            "member": one.value,
            "since": one.since,
            "until": one.until,
        }
        for one in members_of(steps)
    ]


def _version_of(
    row: Group, steps: Steps[GroupState], cause: Cause, now: datetime
) -> dict[str, Any]:
    return {
        "code": row.code,
        "version": row.version,
        "states": [_said(one) for one in steps],
        "changed_by": cause.by,
        "change_id": cause.change_id,
        "changed_at": now,
    }


def _said(step: Step[GroupState]) -> dict[str, Any]:
    state = step.value
    leader = str(state.leader_id) if state.leader_id else None
    own = {"leader_id": leader, "members": sorted(state.members)}
    return {"since": str(step.since), **asdict(state), **own}


def _event_of(row: Group, steps: Steps[GroupState], today: date) -> GroupChangedV1 | ZoneChangedV1:
    state = dated.shown_on(steps, today).value
    same: dict[str, Any] = {
        "group_id": row.id,
        "group_code": row.code,
        "name": state.name,
        "area_code": state.within_code,
        "leader_id": state.leader_id,
        "active": state.active,
        "on": today,
        "periods": [
            MemberState(code=one.value, since=one.since, until=one.until)
            for one in members_of(steps)
        ],
        "version": row.version,
    }
    members = sorted(state.members)
    if row.kind == "zone":
        return ZoneChangedV1(communities=members, **same)
    return GroupChangedV1(kind=row.kind, members=members, cell_code=state.cell_code, **same)
