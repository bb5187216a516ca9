"""Owns who is told of what: RULES, a table by the class of the event.

An event without a row is heard and passed over. No personal data is among the facts: a person is
an id, and ids of persons stay in the columns that say whom a message is for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from shared.auth.roles import Role
from shared.contracts import grid, inspections, volunteers

Told = Literal["named", "role", "concerned"]
As = Literal[
    "owner_first", "owner_direct", "resolver", "checker", "inspector", "organiser", "volunteer"
]
Fact = str | int | bool | None
SUBJECTS = ("case_id", "finding_id", "activity_id")
"""What a message can be about."""


@dataclass(frozen=True)
class Concern:
    """Whom an event names as having a part in a subject; what closes the subject is told them."""

    subject: str
    person: str
    concerned_as: As


@dataclass(frozen=True)
class Tell:
    """What is told of an event. All names are attributes of it, dotted where they lie deeper.

    `at` is when it was; `about` are its subjects; `facts` is what the template may say. To whom:
    `persons` that the event names, or `roles` in its area, or else everyone concerned with one of
    the subjects. `excluded` persons don't see what a role is told. `unless` is an attribute that
    keeps it from being told when it is set.
    """

    template: str
    at: str
    about: tuple[str, ...]
    facts: tuple[str, ...]
    persons: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    excluded: str = ""
    unless: str = ""

    @property
    def told(self) -> Told:
        """How those who are told are found."""
        if self.persons:
            return "named"
        return "role" if self.roles else "concerned"


@dataclass(frozen=True)
class Rule:
    """What one kind of event means here."""

    concerns: tuple[Concern, ...] = ()
    tell: Tell | None = None


@dataclass(frozen=True)
class Concerned:
    """A person with a part in a subject."""

    subject_id: UUID
    person_id: UUID
    concerned_as: As


@dataclass(frozen=True)
class Announcement:
    """What is to be told of one event, and to whom."""

    template: str
    told: Told
    area_code: str
    occurred_at: datetime
    subject_ids: tuple[UUID, ...]
    facts: dict[str, Fact]
    persons: tuple[UUID, ...]
    roles: tuple[Role, ...]
    excluded: tuple[UUID, ...]


_OWNERS = (
    Concern("case_id", "territorial.first_responsible_id", "owner_first"),
    Concern("case_id", "territorial.directly_responsible_id", "owner_direct"),
    Concern("case_id", "functional.first_responsible_id", "owner_first"),
    Concern("case_id", "functional.directly_responsible_id", "owner_direct"),
)
_ALL_OWNERS = tuple(owner.person for owner in _OWNERS)
_CASE = ("case_number", "kind", "title", "deadline")
_CASE_ID = ("case_id", "finding_id")
_ACTIVITY = ("title", "place", "starts_at", "ends_at")

RULES: dict[type, Rule] = {
    grid.CaseReportedV1: Rule(
        tell=Tell(
            "case_reported",
            "reported_at",
            ("case_id",),
            ("kind", "title"),
            roles=("grid_officer", "community_secretary"),
        )
    ),
    grid.CaseFiledV1: Rule(_OWNERS),
    grid.CaseDispatchedV1: Rule(
        _OWNERS,
        Tell(
            "case_dispatched",
            "dispatched_at",
            _CASE_ID,
            (*_CASE, "territorial.post_name", "functional.post_name"),
            persons=_ALL_OWNERS,
        ),
    ),
    grid.CaseResolvedV1: Rule(
        (*_OWNERS, Concern("case_id", "resolved_by", "resolver")),
        Tell(
            "case_resolved",
            "resolved_at",
            _CASE_ID,
            _CASE,
            persons=("territorial.directly_responsible_id",),
        ),
    ),
    grid.CaseReturnedV1: Rule(
        (*_OWNERS, Concern("case_id", "returned_by", "checker")),
        Tell("case_returned", "returned_at", _CASE_ID, (*_CASE, "reason"), persons=_ALL_OWNERS),
    ),
    grid.CaseReopenedV1: Rule(
        _OWNERS,
        Tell("case_reopened", "reopened_at", _CASE_ID, (*_CASE, "reason"), persons=_ALL_OWNERS),
    ),
    # of a case that an inspection caused, finding_closed tells the end
    grid.CaseClosedV1: Rule(
        (*_OWNERS, Concern("case_id", "closed_by", "checker")),
        Tell("case_closed", "closed_at", ("case_id",), (*_CASE, "overdue"), unless="finding_id"),
    ),
    inspections.FindingRaisedV1: Rule((Concern("finding_id", "inspector_id", "inspector"),)),
    inspections.FindingClosedV1: Rule(
        (Concern("finding_id", "reinspected_by", "inspector"),),
        Tell("finding_closed", "closed_at", ("finding_id", "case_id"), ("title", "overdue")),
    ),
    inspections.ReinspectionOpenedV1: Rule(
        tell=Tell(
            "reinspection_opened",
            "opened_at",
            ("finding_id", "case_id"),
            ("title",),
            roles=("inspector",),
            excluded="excluded_ids",
        )
    ),
    inspections.ReinspectionPassedV1: Rule((Concern("finding_id", "inspector_id", "inspector"),)),
    inspections.ReinspectionFailedV1: Rule((Concern("finding_id", "inspector_id", "inspector"),)),
    volunteers.ActivityPublishedV1: Rule(
        (Concern("case_id", "organiser_id", "organiser"),),
        Tell(
            "activity_published",
            "published_at",
            ("activity_id", "case_id"),
            (*_ACTIVITY, "places"),
            roles=("volunteer",),
        ),
    ),
    volunteers.ActivityCancelledV1: Rule(
        tell=Tell(
            "activity_cancelled",
            "cancelled_at",
            ("activity_id", "case_id"),
            (*_ACTIVITY, "reason"),
            persons=("volunteer_ids",),
        )
    ),
    volunteers.HoursRecordedV1: Rule(
        (Concern("case_id", "volunteer_id", "volunteer"),),
        Tell(
            "hours_recorded",
            "recorded_at",
            ("activity_id", "case_id"),
            ("activity_title", "minutes", "started_at", "ended_at"),
            persons=("volunteer_id",),
        ),
    ),
}


def concerned_by(rule: Rule, event: Any) -> list[Concerned]:
    """Return who has a part in what the event is about; who or what isn't named, has none."""
    found = []
    for concern in rule.concerns:
        subject, person = value_of(event, concern.subject), value_of(event, concern.person)
        if subject is not None and person is not None:
            found.append(Concerned(subject, person, concern.concerned_as))
    return list(dict.fromkeys(found))


def announced_by(rule: Rule, event: Any) -> Announcement | None:
    """Return what is to be told of the event, or None when nothing is."""
    tell = rule.tell
    if tell is None or (tell.unless and value_of(event, tell.unless) is not None):
        return None
    subjects = {name: value_of(event, name) for name in tell.about}
    said: dict[str, Fact] = {fact_name(path): _plain(value_of(event, path)) for path in tell.facts}
    said |= {name: str(subject) for name, subject in subjects.items() if subject is not None}
    return Announcement(
        template=tell.template,
        told=tell.told,
        area_code=event.area_code,
        occurred_at=value_of(event, tell.at),
        subject_ids=tuple(subject for subject in subjects.values() if subject is not None),
        facts=said,
        persons=_persons(event, tell.persons),
        roles=tell.roles,
        excluded=_persons(event, (tell.excluded,) if tell.excluded else ()),
    )


def fact_name(path: str) -> str:
    """Return what a template calls a fact: `territorial_post_name`."""
    return path.replace(".", "_")


def value_of(event: Any, path: str) -> Any:
    """Return the value at a dotted path, None where the way ends."""
    for step in path.split("."):
        event = getattr(event, step) if event is not None else None
    return event


def _persons(event: Any, paths: tuple[str, ...]) -> tuple[UUID, ...]:
    """Return each person once, in the order of ids."""
    found: set[UUID] = set()
    for path in paths:
        value = value_of(event, path)
        found |= set(value) if isinstance(value, list) else {value}
    return tuple(sorted(found - {None}))


def _plain(value: Any) -> Fact:
    return value.isoformat() if isinstance(value, datetime) else cast(Fact, value)
