"""Owns what `grid` says: areas, compounds, groups, posts and cases."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from marshmallow import validate

AREAS_PER_EVENT = 500
"""How many areas one `areas_imported.v1` carries at most: about 60 kB."""

AreaLevel = Literal["province", "city", "district", "street", "community"]
# the same in Python, where "$" alone lets a final line break pass, and in JSON Schema
_CODE = {
    "validate": validate.Regexp(r"^[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$(?!\n)")
}
_CODE_OR_CELL = {
    "validate": validate.Regexp(
        r"^[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3}([0-9]{3})?)?)?)?)?$(?!\n)"
    )
}
_CELL = {"validate": validate.Regexp(r"^[0-9]{15}$(?!\n)")}
_COUNT = {"strict": True, "validate": validate.Range(min=0)}
_VERSION = {"strict": True, "validate": validate.Range(min=1)}
_SEVERITY = {"strict": True, "validate": validate.Range(min=1, max=5)}
_WORD = {"validate": validate.Regexp(r"^[a-z]+(_[a-z]+)*$(?!\n)")}
_CLASS = {"validate": validate.Regexp(r"^[a-z0-9]+([._-][a-z0-9]+)*$(?!\n)")}


@dataclass(frozen=True, kw_only=True)
class AreaState:
    """One area of the national register as it is now; `version` grows with each change."""

    code: str = field(metadata=_CODE)
    name: str
    level: AreaLevel
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class AreasImportedV1:
    """Areas that an import added or changed, up to 500 an event; each carries its whole state."""

    import_id: UUID
    areas: list[AreaState] = field(
        metadata={"validate": validate.Length(min=1, max=AREAS_PER_EVENT)}
    )


@dataclass(frozen=True, kw_only=True)
class AreaChangedV1:
    """What an area is from today on: a change took effect, or a new area began.

    It is there from `since` (none: from ever) until before `until` (none: for ever); an area with
    `until` up to today is no more, and goes on in its successors.
    """

    area_code: str = field(metadata=_CODE_OR_CELL)
    name: str
    level: str = field(metadata=_WORD)
    """`province` to `community`, and `cell`: hearers pass over levels that they don't know."""
    parent_code: str | None
    since: date | None
    until: date | None
    successors: list[str]
    """The codes of the areas that it goes on in; those of a split, too, where it lives on."""
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class HoldingState:
    """Who holds an office of a post from a day until before another (none: for good)."""

    office: Literal["first", "direct", "coordinator"]
    person_id: UUID
    acting: bool
    """A deputy for an absence: on those days that one answers."""
    since: date
    until: date | None


@dataclass(frozen=True, kw_only=True)
class PostChangedV1:
    """A post that answers for cases: by place (territorial) or by subject (functional).

    Its two persons: the first-responsible and the directly responsible (plan rows G08, G09). It is
    said again on the day on which a planned change of holders takes effect.
    """

    post_id: UUID
    post_code: str
    name: str
    branch: Literal["territorial", "functional"]
    area_code: str = field(metadata=_CODE)
    case_classes: list[str]
    """What a functional post answers for; an empty list is everything."""
    first_responsible_id: UUID
    """Who answers today, a deputy perhaps; where nobody does, who did last."""
    directly_responsible_id: UUID
    active: bool
    version: int = field(metadata=_VERSION)
    kind: Literal["leading_group", "office", "department", "police", "territorial"] | None = None
    """What it is; the class of a leading group is `leadership`, of its office `coordination`."""
    duties: str | None = None
    holders: list[HoldingState] | None = None
    """Who holds its offices today and on days ahead."""
    assists: list[str] | None = None
    """Classes of others in which it takes part when several units are needed."""
    vacant: list[str] | None = None
    """Which of `first` and `direct` have nobody today."""


@dataclass(frozen=True, kw_only=True)
class MatrixActivatedV1:
    """A district's responsibility matrix was linted without an error and holds from a day on."""

    matrix_id: UUID
    district_code: str = field(metadata=_CODE)
    version: int = field(metadata=_VERSION)
    effective_on: date
    activated_by: UUID
    activated_at: datetime
    lines: int
    """How many pairs of an area and a class (or all) have a post in it."""
    posts: int
    cells: int
    """What it was linted for; a community without cells counts as one."""
    case_classes: list[str]


@dataclass(frozen=True, kw_only=True)
class PopulationRecordedV1:
    """How many live in a community, or in a compound of it, from a day on, as somebody approved it.

    Of several of one place that is in force which has the last day that has come; of one day that
    approved last. Aggregate numbers, never a person.
    """

    figure_id: UUID
    area_code: str = field(metadata=_CODE)
    compound_code: str | None
    """None: the whole community."""
    day: date
    residents: int = field(metadata=_COUNT)
    """常住人口."""
    registered: int = field(metadata=_COUNT)
    """户籍人口."""
    households: int = field(metadata=_COUNT)
    """户数."""
    source_kind: str = field(metadata=_WORD)
    """`census`, `police`, `community_survey`, and those that come."""
    source: str
    recorded_by: UUID
    recorded_at: datetime
    approved_by: UUID
    """Another person."""
    approved_at: datetime
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class CompoundPlaceState:
    """Where a compound lies from a day until before another (none: for ever)."""

    area_code: str = field(metadata=_CODE)
    cell_code: str | None = field(metadata=_CELL)
    """The cell that takes care of it directly; none where a joint committee does."""
    since: date
    until: date | None


@dataclass(frozen=True, kw_only=True)
class CompoundChangedV1:
    """A compound (小区) as it is on the day `on`, with all its places past and ahead.

    Said again on the day when something that was recorded ahead begins to hold.
    """

    compound_id: UUID
    compound_code: str
    name: str
    area_code: str = field(metadata=_CODE)
    """The community."""
    cell_code: str | None = field(metadata=_CELL)
    kind: str = field(metadata=_WORD)
    households: int = field(metadata=_COUNT)
    size_class: str = field(metadata=_WORD)
    floor_area_m2: int = field(metadata=_COUNT)
    buildings_count: int = field(metadata=_COUNT)
    renewal_state: str = field(metadata=_WORD)
    renewal_year: int | None
    management: str = field(metadata=_WORD)
    main_entrances: int = field(metadata=_COUNT)
    guarded_main_entrances: int = field(metadata=_COUNT)
    """Main entrances with a safety post (plan row G30)."""
    lights_total: int | None
    lights_installed: int | None
    """None where nobody counted (plan row G31)."""
    active: bool
    on: date
    places: list[CompoundPlaceState] = field(metadata={"validate": validate.Length(min=1)})
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class MemberState:
    """A community or compound, by code, in a group from a day until before another."""

    code: str
    since: date
    until: date | None


@dataclass(frozen=True, kw_only=True)
class ZoneChangedV1:
    """A zone (管区) as it is on the day `on`: communities of one street.

    `communities` are those of the day, `periods` all past and ahead. Said again on the day when
    something that was recorded ahead begins to hold.
    """

    group_id: UUID
    group_code: str
    name: str
    area_code: str = field(metadata=_CODE)
    """The street."""
    communities: list[str]
    leader_id: UUID | None
    active: bool
    on: date
    periods: list[MemberState]
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class GroupChangedV1:
    """A joint committee (联工委), resident group or sector (片区) as it is on the day `on`.

    `members` are codes of compounds on the day, `periods` all past and ahead. Said again on the
    day when something that was recorded ahead begins to hold.
    """

    group_id: UUID
    group_code: str
    kind: str = field(metadata=_WORD)
    name: str
    area_code: str = field(metadata=_CODE)
    """The community."""
    members: list[str]
    cell_code: str | None = field(metadata=_CELL)
    """The cell that takes care of a joint committee's compounds (包保)."""
    leader_id: UUID | None
    active: bool
    on: date
    periods: list[MemberState]
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class OwnerState:
    """A post that owns a case, and its two persons as of the day of dispatch."""

    post_id: UUID
    post_code: str
    post_name: str
    first_responsible_id: UUID
    directly_responsible_id: UUID


@dataclass(frozen=True, kw_only=True)
class CaseReportedV1:
    """Somebody reported a problem; nobody has verified or filed it yet. Says not who."""

    case_id: UUID
    kind: str = field(metadata=_WORD)
    case_class: str = field(metadata=_CLASS)
    area_code: str = field(metadata=_CODE)
    title: str
    reported_at: datetime
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class CaseRefusedV1:
    """A reported problem was not filed; the reason is told to whoever follows it."""

    case_id: UUID
    area_code: str = field(metadata=_CODE)
    reason: str
    refused_at: datetime
    refused_by: UUID
    version: int = field(metadata=_VERSION)


@dataclass(frozen=True, kw_only=True)
class CaseStateV1:
    """What every event about a case carries: the whole state that others may know."""

    case_id: UUID
    case_number: str
    kind: str = field(metadata=_WORD)
    """`rectification`, `street_problem`, and those that come: hearers pass over unknown ones."""
    case_class: str = field(metadata=_CLASS)
    """What is wrong, as the responsibility matrix knows it: `corridor-clear`, `litter`."""
    area_code: str = field(metadata=_CODE)
    title: str
    severity: int = field(metadata=_SEVERITY)
    """1 (cosmetic) to 5 (danger to life)."""
    finding_id: UUID | None
    deadline: datetime
    filed_at: datetime
    version: int = field(metadata=_VERSION)
    territorial: OwnerState | None = None
    """The owner by place (块); none until the case is dispatched."""
    functional: OwnerState | None = None
    """The owner by subject (条); none until the case is dispatched."""


@dataclass(frozen=True, kw_only=True)
class CaseFiledV1(CaseStateV1):
    """A case was opened and has its number, its area and its deadline."""


@dataclass(frozen=True, kw_only=True)
class CaseDispatchedV1(CaseStateV1):
    """The case has its two owners: `territorial` and `functional` are set (plan row G07)."""

    dispatched_at: datetime
    dispatched_by: UUID | None
    """None where the responsibility matrix did it."""


@dataclass(frozen=True, kw_only=True)
class CaseReopenedV1(CaseStateV1):
    """A closed case has to be worked on again: a re-inspection found it not mended."""

    reopened_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class CaseResolvedV1(CaseStateV1):
    """The handler reports the problem as mended; it still has to be checked on the spot."""

    resolved_at: datetime
    resolved_by: UUID


@dataclass(frozen=True, kw_only=True)
class CaseReturnedV1(CaseStateV1):
    """The check on the spot found the problem not mended; the handler has it again."""

    returned_at: datetime
    returned_by: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class CaseClosedV1(CaseStateV1):
    """The problem was checked on the spot and is gone."""

    resolved_at: datetime
    closed_at: datetime
    closed_by: UUID
    overdue: bool
    resolved_by: UUID | None = None
    """Who mended it; the re-inspection is another person's."""
