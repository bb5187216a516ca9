"""Owns what is assigned to nobody: compounds, joint committees and communities (plan row G02).

「将每个小区包保到联工委，联工委再包保到网格」: every compound has a cell, by its joint committee
or, where it is in none, directly.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

FindingKind = Literal[
    "compound_without_cell",
    "committee_without_cell",
    "cell_ended",
    "cell_elsewhere",
    "community_ended",
    "compound_in_no_committee",
    "community_in_no_zone",
]
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Assigned:
    """A compound or a joint committee on a day: where it is, and which cell it names."""

    code: str
    name: str
    community_code: str
    cell_code: str | None
    members: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Zone:
    """A zone on a day: its street and its communities."""

    street_code: str
    communities: frozenset[str]


@dataclass(frozen=True)
class Assignments:
    """What there is on a day; `areas` are those of the named communities and cells that exist."""

    compounds: Sequence[Assigned]
    committees: Sequence[Assigned]
    zones: Sequence[Zone]
    communities: Sequence[tuple[str, str]]
    areas: Collection[str]


@dataclass(frozen=True)
class AssignmentFinding:
    """What isn't assigned, or no longer, and where; `code` is the compound, group or community."""

    kind: FindingKind
    severity: Severity
    area_code: str
    code: str
    name: str
    cell_code: str | None = None


def findings_in(there: Assignments) -> list[AssignmentFinding]:
    """Return all that is assigned to nobody, by area, kind and code."""
    found = [
        *_of_compounds(there),
        *_of_committees(there),
        *_of_communities(there),
    ]
    return sorted(found, key=lambda one: (one.area_code, one.kind, one.code))


def cell_of(direct: str | None, by_committee: str | None) -> str | None:
    """Return the cell that takes care of a compound: its committee's, else the one it names."""
    return by_committee or direct


def _of_compounds(there: Assignments) -> Iterator[AssignmentFinding]:
    committee_of = {member: one for one in there.committees for member in one.members}
    with_committees = {one.community_code for one in there.committees}
    for one in there.compounds:
        committee = committee_of.get(one.code)
        yield from _gone(one, there.areas)
        if cell_of(one.cell_code, committee.cell_code if committee else None) is None:
            yield _about(one, "compound_without_cell")
        if committee is None and one.community_code in with_committees:
            yield _about(one, "compound_in_no_committee", "warning")


def _of_committees(there: Assignments) -> Iterator[AssignmentFinding]:
    for one in there.committees:
        yield from _gone(one, there.areas)
        if one.cell_code is None:
            yield _about(one, "committee_without_cell")


def _gone(one: Assigned, areas: Collection[str]) -> Iterator[AssignmentFinding]:
    if one.community_code not in areas:
        yield _about(one, "community_ended")
    if one.cell_code is not None and one.cell_code not in areas:
        yield _about(one, "cell_ended")
    elif one.cell_code is not None and not one.cell_code.startswith(one.community_code):
        # its cell went on in another community; whether it went along only they can say
        yield _about(one, "cell_elsewhere")


def _of_communities(there: Assignments) -> Iterator[AssignmentFinding]:
    zoned = _by_street(there.zones)
    for code, name in there.communities:
        street = code[:9]
        if street in zoned and code not in zoned[street]:
            yield AssignmentFinding("community_in_no_zone", "error", code, code, name)


def _by_street(zones: Iterable[Zone]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for zone in zones:
        found[zone.street_code] |= zone.communities
    return dict(found)


def _about(one: Assigned, kind: FindingKind, severity: Severity = "error") -> AssignmentFinding:
    return AssignmentFinding(kind, severity, one.community_code, one.code, one.name, one.cell_code)
