"""Owns setting up and changing groups, and reading them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.grid.domain import compounds, dated, groups
from services.grid.domain.areas import level_of
from services.grid.domain.compounds import require_cell_within
from services.grid.domain.dated import Period, Step
from services.grid.domain.groups import GroupKind, GroupState
from services.grid.models.areas import Area
from services.grid.models.compounds import Compound, CompoundStateRow
from services.grid.models.groups import Group, GroupMember, GroupStateRow
from services.grid.schemas.compounds import AsOf
from services.grid.schemas.groups import GroupPage, GroupView, ListGroups, PutGroup
from services.grid.usecases.area_days import day_of
from services.grid.usecases.areas_there import part_of, require_named, there_on
from services.grid.usecases.compound_records import Cause
from services.grid.usecases.group_records import change, members_of, record, state_of, steps_of
from shared.auth.callers import Caller, within
from shared.http.etags import Expected, PreconditionRequired, require_version
from shared.http.listing import Key, Listing
from shared.ids import new_id
from shared.privacy.personal_numbers import require_nobody_named

_BY_CODE = Listing("groups", {"code": (Key(GroupStateRow.code),)})


@dataclass(frozen=True)
class GroupChange:
    """Which group is to be as the request has it, who asks, and which versions they may have seen.

    `conditional` tells "any version" (`*`) from a request that doesn't say.
    """

    code: str
    who: Caller
    expected: Expected = None
    conditional: bool = False


@dataclass(frozen=True)
class GroupPut:
    """What became of it."""

    view: GroupView
    created: bool


def put_group(session: Session, asked: GroupChange, request: PutGroup, now: datetime) -> GroupPut:
    """Set up a group, or say what it is with all its members from a day on.

    What is so already changes nothing.

    Raises:
        AreaNotGranted: when its area is not the caller's, or that where the group was.
        ZonesByOffices: when anybody else draws a zone.
        CodeMalformed, WithinOtherLevel, CellOfCommitteesOnly, CellElsewhere,
        ClosedGroupEmpty, GivenTwice, MemberElsewhere, TextNamesSomebody, AreaNotInRegister,
        AreaNotThatDay
        KindStays, MemberTaken, LaterChangeRecorded
        PreconditionRequired, Stale: when there is one, and the caller doesn't say which version of
            it was seen, or another.
        GroupUnknown: when a version is expected of a group that doesn't exist.
    """
    day = request.effective_on or day_of(now)
    wanted = Step(day, _checked(session, asked, request, day))
    _require_members(session, request, day)
    if not asked.conditional and (made := _created(session, asked, request.kind, wanted, now)):
        return GroupPut(_view_of(made, wanted), created=True)
    row = _locked(session, asked.code, request.kind)
    steps = steps_of(session, asked.code)
    standing = dated.shown_on(steps, day)
    asked.who.require_area("within_code", standing.value.within_code)
    if standing.since > day or standing.value != wanted.value:
        _require_seen(asked, row.version, _view_of(row, standing))
        steps = dated.changed(steps, day, wanted.value)
        _require_free(session, row, members_of(steps))
        change(session, [(row, steps)], Cause(asked.who.id), now)
    return GroupPut(_view_of(row, dated.shown_on(steps, day)), created=False)


def get_group(session: Session, code: str, wanted: AsOf, who: Caller, now: datetime) -> GroupView:
    """Return a group as it is on a day; without a day, one that is yet to be, too.

    Raises:
        GroupUnknown: when there is none of that code in the caller's areas, or not on that day.
    """
    row = session.scalar(select(Group).where(Group.code == code))
    steps = steps_of(session, code)
    if row is None or not steps:
        raise groups.GroupUnknown
    shown = dated.in_force(steps, wanted.on) if wanted.on else dated.shown_on(steps, day_of(now))
    if shown is None or not _is_seen_by(who, row.kind, shown.value):
        raise groups.GroupUnknown
    return _view_of(row, shown)


def list_groups(session: Session, wanted: ListGroups, who: Caller, now: datetime) -> GroupPage:
    """Return a page of the groups in the caller's areas that there are on a day, by code.

    A zone is in an area, too, when one of its communities is.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    day, areas = wanted.on or day_of(now), part_of(wanted.area, who.areas)
    inside = within(GroupStateRow.within_code, areas)
    found = select(GroupStateRow).where(
        holding_on(day), or_(inside, GroupStateRow.code.in_(_zones_of(areas, day)))
    )
    if wanted.kind is not None:
        found = found.where(GroupStateRow.kind == wanted.kind)
    page = _BY_CODE.page(session, found, wanted)
    codes = [row.code for row in page.items]
    of = {one.code: one for one in session.scalars(select(Group).where(Group.code.in_(codes)))}
    views = [_view_of(of[row.code], Step(row.since, state_of(row))) for row in page.items]
    return GroupPage(views, page.next)


def holding_on(day: date) -> ColumnElement[bool]:
    """Return the condition that a state of a group is that of a day."""
    return and_(
        GroupStateRow.since <= day, or_(GroupStateRow.until.is_(None), GroupStateRow.until > day)
    )


def _zones_of(areas: Sequence[str], day: date) -> Select[str]:
    """Select the zones that have a community in the areas on a day."""
    return select(GroupMember.code).where(
        GroupMember.kind == "zone",
        within(GroupMember.member, areas),
        GroupMember.since <= day,
        or_(GroupMember.until.is_(None), GroupMember.until > day),
    )


def _is_seen_by(who: Caller, kind: GroupKind, state: GroupState) -> bool:
    """Tell whether a group lies in the caller's areas; a zone does when a community of it does."""
    members = state.members if kind == "zone" else ()
    return any(map(who.may_act_in, (state.within_code, *members)))


def _checked(session: Session, asked: GroupChange, request: PutGroup, day: date) -> GroupState:
    asked.who.require_area("within_code", request.within_code)
    if request.kind == "zone":
        _require_office(asked.who, request.within_code)
    compounds.require_code(asked.code)
    require_nobody_named(name=request.name)
    compounds.require_once("members", request.members)
    wanted = GroupState(
        name=request.name,
        within_code=request.within_code,
        leader_id=request.leader_id,
        cell_code=request.cell_code,
        members=frozenset(request.members),
        active=request.active,
    )
    groups.require_sound(request.kind, wanted)
    require_cell_within("cell_code", wanted.cell_code, wanted.within_code)
    require_named(session, "within_code", wanted.within_code, day, ended=not wanted.active)
    if wanted.cell_code is not None:
        require_named(session, "cell_code", wanted.cell_code, day, ended=False)
    return wanted


def _require_office(who: Caller, street: str) -> None:
    """Refuse a zone to a person who holds no office's role there; a client has its scope.

    Raises:
        ZonesByOffices
    """
    offices = [grant for grant in who.grants if grant.role in groups.OFFICES]
    if who.kind == "person" and not any(street.startswith(one.areas) for one in offices):
        raise groups.ZonesByOffices("kind")


def _require_members(session: Session, request: PutGroup, day: date) -> None:
    """Refuse a member that isn't there; what is a member stays so until the transaction ends.

    The lock also lets only one of two groups at a time look whether a member is free.

    Raises:
        MemberElsewhere
    """
    find = _communities if request.kind == "zone" else _compounds
    there = find(session, request.within_code, request.members, day)
    for index, member in enumerate(request.members):
        if member not in there:
            raise groups.MemberElsewhere(
                f"members.{index}", member=member, within=request.within_code
            )


def _communities(session: Session, street: str, codes: Sequence[str], day: date) -> set[str]:
    """Return which of the communities lie in the street on that day."""
    session.execute(
        select(Area.code)
        .where(Area.code.in_(codes), Area.parent_code == street)
        .order_by(Area.code)
        .with_for_update(key_share=True)
    )
    there = there_on(session, codes, day)
    return {code for code in there if level_of(code) == "community" and code.startswith(street)}


def _compounds(session: Session, community: str, codes: Sequence[str], day: date) -> set[str]:
    """Return which of the compounds lie in the community from that day on."""
    session.execute(
        select(Compound.code)
        .where(Compound.code.in_(codes))
        .order_by(Compound.code)
        .with_for_update(key_share=True)
    )
    of = CompoundStateRow
    inside = and_(of.community_code == community, of.active)
    return set(
        session.scalars(
            select(of.code)
            .where(of.code.in_(codes), or_(of.until.is_(None), of.until > day))
            .group_by(of.code)
            .having(func.bool_and(inside), func.min(of.since) <= day)
        )
    )


def _created(
    session: Session,
    asked: GroupChange,
    kind: GroupKind,
    first: Step[GroupState],
    now: datetime,
) -> Group | None:
    """Make the group unless there is one; of two who make it at once the other waits."""
    new = insert(Group).values(
        id=new_id(), code=asked.code, kind=kind, version=1, created_at=now, updated_at=now
    )
    made = session.scalar(new.on_conflict_do_nothing(index_elements=["code"]).returning(Group.id))
    if made is None:
        return None
    row = session.get_one(Group, made)
    _require_free(session, row, members_of((first,)))
    record(session, [(row, (first,))], Cause(asked.who.id), now)
    return row


def _locked(session: Session, code: str, kind: GroupKind) -> Group:
    row = session.scalar(select(Group).where(Group.code == code).with_for_update())
    if row is None:
        raise groups.GroupUnknown
    if row.kind != kind:
        raise groups.KindStays("kind", kind=row.kind)
    return row


def _require_seen(asked: GroupChange, version: int, current: GroupView) -> None:
    if not asked.conditional:
        raise PreconditionRequired("If-Match")
    require_version(asked.expected, version, lambda: current)


def _require_free(session: Session, row: Group, wanted: list[Period[str]]) -> None:
    """Refuse a member that another group of the kind has on one of the days.

    Raises:
        MemberTaken
    """
    taken = session.scalars(
        select(GroupMember)
        .where(GroupMember.kind == row.kind, GroupMember.code != row.code)
        .where(GroupMember.member.in_({one.value for one in wanted}))
        .order_by(GroupMember.member, GroupMember.since)
    )
    theirs = [(one.code, Period(one.member, one.since, one.until)) for one in taken]
    if found := dated.first_overlapping(wanted, theirs):
        member, group, day = found
        raise groups.MemberTaken("members", member=member, group=group, day=day)


def _view_of(row: Group, shown: Step[GroupState]) -> GroupView:
    state = shown.value
    return GroupView(
        id=row.id,
        code=row.code,
        kind=row.kind,
        name=state.name,
        within_code=state.within_code,
        members=sorted(state.members),
        cell_code=state.cell_code,
        leader_id=state.leader_id,
        active=state.active,
        since=shown.since,
        next_change_on=row.next_change_on,
        version=row.version,
    )
