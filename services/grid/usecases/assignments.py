"""Owns who takes care of a compound, and finding what is assigned to nobody (plan row G02)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.grid.domain.areas import ancestors_of
from services.grid.domain.assignments import (
    Assigned,
    AssignmentFinding,
    Assignments,
    Zone,
    cell_of,
    findings_in,
)
from services.grid.domain.compounds import CompoundUnknown
from services.grid.models.areas import Area, AreaVersion
from services.grid.models.compounds import CompoundStateRow
from services.grid.models.groups import GroupMember, GroupStateRow
from services.grid.schemas.groups import MOST_FINDINGS, AssignmentFindings, FindAssignments
from services.grid.usecases.area_days import day_of, holds_on
from services.grid.usecases.areas_there import part_of, there_on
from services.grid.usecases.compound_reading import holding_on as compounds_on
from services.grid.usecases.groups import holding_on as groups_on
from shared.auth.callers import Caller, within


def list_assignment_findings(
    session: Session, wanted: FindAssignments, who: Caller, now: datetime
) -> AssignmentFindings:
    """Return what in the caller's areas is assigned to nobody on a day."""
    day = wanted.on or day_of(now)
    found = findings_in(_there(session, part_of(wanted.area, who.areas), day))
    kinds = Counter(one.kind for one in found)
    return AssignmentFindings(day, len(found), dict(sorted(kinds.items())), found[:MOST_FINDINGS])


def assignment_findings(session: Session, area: str, on: date) -> list[AssignmentFinding]:
    """Return all that in an area is assigned to nobody on a day."""
    return findings_in(_there(session, (area,), on))


def cell_of_compound(session: Session, code: str, on: date) -> str | None:
    """Return the cell that takes care of a compound on a day, none where none does.

    Raises:
        CompoundUnknown: when there is no such compound on that day.
    """
    row = session.scalar(
        select(CompoundStateRow).where(CompoundStateRow.code == code, compounds_on(on))
    )
    if row is None:
        raise CompoundUnknown
    by_committee = session.scalar(
        select(GroupStateRow.cell_code)
        .join(GroupMember, GroupMember.code == GroupStateRow.code)
        .where(GroupMember.member == code, GroupMember.kind == "joint_committee", groups_on(on))
        .where(GroupMember.since <= on, or_(GroupMember.until.is_(None), GroupMember.until > on))
    )
    return cell_of(row.cell_code, by_committee)


def _there(session: Session, areas: Sequence[str], day: date) -> Assignments:
    compounds = _compounds(session, areas, day)
    committees = _committees(session, areas, day)
    named = {one.community_code for one in (*compounds, *committees)}
    named |= {one.cell_code for one in (*compounds, *committees) if one.cell_code}
    return Assignments(
        compounds=compounds,
        committees=committees,
        zones=_zones(session, areas, day),
        communities=_communities(session, areas, day),
        areas=there_on(session, named, day),
    )


def _compounds(session: Session, areas: Sequence[str], day: date) -> list[Assigned]:
    of = CompoundStateRow
    rows = session.execute(
        select(of.code, of.name, of.community_code, of.cell_code).where(
            compounds_on(day), of.active, within(of.community_code, areas)
        )
    )
    return [Assigned(*row) for row in rows]


def _committees(session: Session, areas: Sequence[str], day: date) -> list[Assigned]:
    of = GroupStateRow
    rows = session.execute(
        select(of.code, of.name, of.within_code, of.cell_code, of.members).where(
            groups_on(day), of.active, of.kind == "joint_committee", within(of.within_code, areas)
        )
    )
    return [Assigned(*row[:4], frozenset(row.members)) for row in rows]


def _zones(session: Session, areas: Sequence[str], day: date) -> list[Zone]:
    """Return the zones of the areas, and of streets above them: a community may lie in one."""
    of = GroupStateRow
    above = {code for area in areas for code in ancestors_of(area)}
    rows = session.execute(
        select(of.within_code, of.members).where(
            groups_on(day),
            of.active,
            of.kind == "zone",
            or_(within(of.within_code, areas), of.within_code.in_(above)),
        )
    )
    return [Zone(street, frozenset(members)) for street, members in rows]


def _communities(session: Session, areas: Sequence[str], day: date) -> list[tuple[str, str]]:
    """Return the communities of the areas that there are on a day, by code and name."""
    rows = session.execute(
        select(Area.code, Area.name, AreaVersion.name)
        .outerjoin(AreaVersion, (AreaVersion.code == Area.code) & holds_on(day))
        .where(Area.level == "community", within(Area.code, areas))
        .where(or_(~Area.dated, AreaVersion.code.is_not(None)))
    )
    return [(code, dated_name or name) for code, name, dated_name in rows]
